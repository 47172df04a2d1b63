/**
 * Runs inside Berth's namespaces: takes connections on a unix socket, reads one line `CONNECT <host>:<port>`, and joins
 * the connection to that guest. Only published endpoints are served; anything else is closed without a word.
 *
 *     node app/setup/gateway/connector.ts <socket> <published.json>
 */
import { chmodSync, rmSync } from "node:fs";
import { connect, createServer, type Server, type Socket } from "node:net";
import { readPublished } from "./published-endpoints.ts";
import { splice } from "./splice.ts";

const longestLine = 100;
const lineTimeoutMs = 5_000;

export function startConnector(socketPath: string, file: string): Server {
  rmSync(socketPath, { force: true });
  const server = createServer({ allowHalfOpen: true }, (inbound) => {
    inbound.on("error", () => inbound.destroy());
    serve(inbound, file).catch(() => inbound.destroy());
  });
  server.listen(socketPath, () => chmodSync(socketPath, 0o600));
  return server;
}

async function serve(inbound: Socket, file: string): Promise<void> {
  const target = /^CONNECT (\S+):(\d+)$/.exec(await firstLine(inbound));
  const allowed = (await readPublished(file)).some((e) => e.host === target?.[1] && e.targetPort === Number(target[2]));
  if (target?.[1] === undefined || !allowed) return void inbound.destroy();
  splice(inbound, connect({ host: target[1], port: Number(target[2]), allowHalfOpen: true }));
}

/** Reads up to the first newline and puts the rest back. */
function firstLine(socket: Socket): Promise<string> {
  return new Promise((resolve, reject) => {
    const give = (error: Error): void => {
      socket.destroy();
      reject(error);
    };
    let seen = Buffer.alloc(0);
    const timer = setTimeout(() => give(new Error("reading the first line: it did not come")), lineTimeoutMs);
    socket.once("close", () => clearTimeout(timer));
    const onData = (chunk: Buffer): void => {
      seen = Buffer.concat([seen, chunk]);
      const end = seen.indexOf("\n");
      if (end < 0 && seen.length <= longestLine) return;
      clearTimeout(timer);
      socket.off("data", onData).pause();
      if (end < 0 || end > longestLine) return give(new Error("reading the first line: it is too long"));
      if (end + 1 < seen.length) socket.unshift(seen.subarray(end + 1));
      resolve(seen.subarray(0, end).toString("latin1"));
    };
    socket.on("data", onData);
  });
}

if (import.meta.main) {
  const [socketPath, file] = process.argv.slice(2);
  if (socketPath === undefined || file === undefined) throw new Error("usage: connector <socket> <published.json>");
  const server = startConnector(socketPath, file);
  process.on("SIGTERM", () => {
    server.close();
    process.exit(0);
  });
}
