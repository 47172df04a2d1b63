/**
 * The launcher hands connections on over a Unix socket that only it can open. It writes a PROXY protocol line (version 1)
 * before the client's own bytes, so that the portal knows the client's address. Read before HTTP sees the connection.
 */
import type { Server } from "node:http";
import type { Socket } from "node:net";

const longestLine = 107;
const deadlineMs = 5_000;
const start = Buffer.from("PROXY ");

/** Call once, before the server listens. A connection that begins with something else passes as it is. */
export function readProxyHeaders(server: Server): void {
  const listeners = server.listeners("connection") as ((this: Server, socket: Socket) => void)[];
  server.removeAllListeners("connection");
  server.on("connection", (socket: Socket) => {
    readHeader(socket, () => {
      for (const listener of listeners) listener.call(server, socket);
    });
  });
}

function readHeader(socket: Socket, onRead: () => void): void {
  let held = Buffer.alloc(0);
  const timer = setTimeout(() => socket.destroy(), deadlineMs).unref();
  const onError = () => socket.destroy();
  const finish = (rest: Buffer) => {
    clearTimeout(timer);
    socket.off("data", onData).off("error", onError).off("end", onError).pause();
    onRead();
    if (rest.length > 0) socket.unshift(rest);
    socket.resume();
  };
  const onData = (bytes: Buffer) => {
    held = Buffer.concat([held, bytes]);
    const known = Math.min(held.length, start.length);
    if (held.compare(start, 0, known, 0, known) !== 0) return finish(held);
    const end = held.subarray(0, longestLine).indexOf("\r\n");
    if (end >= 0) {
      setAddress(socket, held.subarray(0, end).toString("latin1"));
      finish(held.subarray(end + 2));
    } else if (held.length >= longestLine) socket.destroy();
  };
  socket.on("data", onData).on("error", onError).on("end", onError);
}

/** `PROXY TCP4 <client> <server> <client port> <server port>`; `PROXY UNKNOWN` tells nothing. */
function setAddress(socket: Socket, line: string): void {
  const [, family, client] = line.split(" ");
  if (client === undefined || !/^TCP[46]$/.test(family ?? "")) return;
  Object.defineProperty(socket, "remoteAddress", { value: client, configurable: true });
}
