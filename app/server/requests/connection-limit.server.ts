/**
 * Open connections, in all and per address. Loopback and trusted proxies stand for everybody behind them and are counted
 * in all only.
 */
import type { Server } from "node:http";
import type { Socket } from "node:net";
import { clientAddressBehind, countedAddress, proxyCheck } from "./client-address.server.ts";

const altogether = 16_000;
const perAddress = 2_000;

export function limitConnections(server: Server, trusted: readonly string[], limit = perAddress): void {
  const open = new Map<string, number>();
  const direct = clientAddressBehind([]);
  const isProxy = proxyCheck(trusted);
  server.maxConnections = altogether;
  server.on("connection", (socket: Socket) => {
    const address = countedAddress(direct({ headers: {}, socket }));
    if (address === null || isProxy(socket.remoteAddress)) return;
    const count = (open.get(address) ?? 0) + 1;
    if (count > limit) return void socket.destroy();
    open.set(address, count);
    socket.once("close", () => {
      const left = (open.get(address) ?? 1) - 1;
      if (left > 0) open.set(address, left);
      else open.delete(address);
    });
  });
}
