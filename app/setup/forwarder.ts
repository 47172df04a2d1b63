/** A TCP listener outside of the namespaces whose connections go to a unix socket (unix sockets cross namespaces). */
import { connect, createServer, type Server, type Socket } from "node:net";
import { listenProblem } from "./port-taken.ts";
import { splice } from "./splice.ts";

export interface Listener {
  /** Stops listening and ends the connections. */
  readonly close: () => Promise<void>;
}

export type Dial = () => Socket;

export const dialUnix = (path: string): Dial => () => connect({ path, allowHalfOpen: true });

/** Resolves once it listens; rejects with a sentence when the address is taken. */
export async function forward(host: string, port: number, dial: Dial): Promise<Listener> {
  const open = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (inbound) => {
    open.add(inbound);
    inbound.once("close", () => open.delete(inbound));
    splice(inbound, dial());
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
