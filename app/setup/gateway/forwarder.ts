/** A TCP listener outside of the namespaces whose connections go to a unix socket (unix sockets cross namespaces). */
import { connect, createServer, type Server, type Socket } from "node:net";
import { listenProblem } from "#app/setup/gateway/port-taken.ts";
import { splice } from "./splice.ts";

export interface Listener {
  /** Stops listening and ends the connections. */
  readonly close: () => Promise<void>;
}

/** Opens the other connection for one that came in. */
export type Dial = (inbound: Socket) => Socket;

/** Before the client's own bytes, a PROXY protocol line says where they come from: a Unix socket has no addresses. */
export const dialUnix =
  (path: string): Dial =>
  (inbound) => {
    const outbound = connect({ path, allowHalfOpen: true });
    outbound.write(proxyLine(inbound));
    return outbound;
  };

function proxyLine({ remoteAddress, localAddress, remotePort, localPort }: Socket): string {
  if (remoteAddress === undefined || localAddress === undefined) return "PROXY UNKNOWN\r\n";
  return `PROXY ${remoteAddress.includes(":") ? "TCP6" : "TCP4"} ${remoteAddress} ${localAddress} ${remotePort} ${localPort}\r\n`;
}

/** Resolves once it listens; rejects with a sentence when the address is taken. */
export async function forward(host: string, port: number, dial: Dial): Promise<Listener> {
  const open = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (inbound) => {
    open.add(inbound);
    inbound.once("close", () => open.delete(inbound));
    splice(inbound, dial(inbound));
  });
  await listening(server, host, port);
  return {
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of open) socket.destroy();
      await closed;
    },
  };
}

async function listening(server: Server, host: string, port: number): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => reject(listenProblem(host, port, error)));
    server.listen({ host, port }, resolve);
  });
}
