import { EventEmitter } from "node:events";
import { createServer } from "node:http";
import { expect, it } from "vitest";
import { limitConnections } from "./connection-limit.server.ts";

class FakeSocket extends EventEmitter {
  destroyed = false;
  readonly remoteAddress: string;
  constructor(remoteAddress: string) {
    super();
    this.remoteAddress = remoteAddress;
  }
  destroy(): void {
    this.destroyed = true;
  }
}

it("bounds open connections of one address; a closed one makes place, and other addresses, loopback and proxies are not concerned", () => {
  const server = createServer();
  server.removeAllListeners("connection");
  limitConnections(server, ["198.51.100.0/24"], 2);
  const connect = (address: string): FakeSocket => {
    const socket = new FakeSocket(address);
    server.emit("connection", socket);
    return socket;
  };
  const [first, second, third] = ["203.0.113.9", "203.0.113.9", "203.0.113.9"].map(connect);
  expect([first, second, third].map((socket) => socket?.destroyed)).toEqual([false, false, true]);
  expect(connect("203.0.113.10").destroyed).toBe(false);
  expect(
    ["127.0.0.1", "127.0.0.1", "127.0.0.1", "198.51.100.7", "198.51.100.7", "198.51.100.7"].map(connect).some((socket) => socket.destroyed),
  ).toBe(false);
  first?.emit("close");
  expect(connect("203.0.113.9").destroyed).toBe(false);
  expect(connect("203.0.113.9").destroyed).toBe(true);
});
