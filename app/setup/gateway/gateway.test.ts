import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { startConnector } from "./connector.ts";
import { type Gateway, startGateway } from "./gateway.ts";
import { publishedFile } from "./published-endpoints.ts";

let home: string;
let guest: Server;
let connector: Server;
let gateway: Gateway;
const said: string[] = [];
const socketPath = () => join(home, "run", "connector.sock");
const portOf = (server: Server) => (server.address() as AddressInfo).port;

/** A guest that answers in capitals, and only once the question is complete. */
async function startGuest(): Promise<Server> {
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    void text(socket).then((question) => socket.end(question.toUpperCase()));
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  return server;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const port = portOf(server);
  server.close();
  await once(server, "close");
  return port;
}

function publish(entries: readonly object[] | string): void {
  const file = publishedFile(home);
  writeFileSync(`${file}.new`, typeof entries === "string" ? entries : JSON.stringify(entries));
  renameSync(`${file}.new`, file);
}

async function ask(address: { port: number; host: string } | { path: string }, question: string): Promise<string> {
  const socket = connect({ ...address, allowHalfOpen: true });
  socket.end(question);
  return await text(socket);
}

beforeEach(async () => {
  home = mkdtempSync(join(tmpdir(), "berth-gateway-"));
  mkdirSync(join(home, "run"));
  said.length = 0;
  guest = await startGuest();
  connector = startConnector(socketPath(), publishedFile(home));
  gateway = await startGateway({ home, address: "127.0.0.1", connector: socketPath(), say: (line) => said.push(line) });
});

afterEach(async () => {
  await gateway.close();
  connector.close();
  guest.close();
  rmSync(home, { recursive: true });
});

describe("published endpoints", () => {
  it("carries a conversation to the guest and back, whole on both sides", async () => {
    const port = await freePort();
    publish([{ port, host: "127.0.0.1", targetPort: portOf(guest) }]);
    await vi.waitUntil(() => gateway.ports().includes(port), { timeout: 20_000 });
    const question = "x".repeat(300_000);
    expect(await ask({ host: "127.0.0.1", port }, question)).toBe(question.toUpperCase());
  });

  it("loses nothing when the guest is done long before a slow reader is", async () => {
    const port = await freePort();
    publish([{ port, host: "127.0.0.1", targetPort: portOf(guest) }]);
    await vi.waitUntil(() => gateway.ports().includes(port), { timeout: 20_000 });
    const question = "y".repeat(8_000_000);
    const socket = connect({ host: "127.0.0.1", port, allowHalfOpen: true });
    let [length, whenGuestWasDone] = [0, Number.POSITIVE_INFINITY];
    guest.once("connection", (inGuest: Socket) => inGuest.once("finish", () => (whenGuestWasDone = length)));
    socket.end(question);
    for await (const chunk of socket) {
      length += (chunk as Buffer).length;
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    expect(length).toBe(question.length);
    expect(whenGuestWasDone).toBeLessThan(length);
  });

  it("closes a port that is published no more", async () => {
    const port = await freePort();
    publish([{ port, host: "127.0.0.1", targetPort: portOf(guest) }]);
    await vi.waitUntil(() => gateway.ports().includes(port), { timeout: 20_000 });
    publish([]);
    await vi.waitUntil(() => gateway.ports().length === 0, { timeout: 20_000 });
    await expect(ask({ host: "127.0.0.1", port }, "hello")).rejects.toThrow("ECONNREFUSED");
  });

  it("says once that a port is taken and still publishes the others", async () => {
    const port = await freePort();
    const target = { host: "127.0.0.1", targetPort: portOf(guest) };
    publish([
      { port: portOf(guest), ...target },
      { port, ...target },
    ]);
    await vi.waitUntil(() => gateway.ports().includes(port), { timeout: 20_000 });
    publish([
      { port: portOf(guest), ...target },
      { port, ...target },
    ]);
    await vi.waitUntil(() => said.length > 0, { timeout: 20_000 });
    expect(said).toEqual([expect.stringContaining("another program listens there")]);
  });

  it("keeps what is published when the file is not readable", async () => {
    const port = await freePort();
    publish([{ port, host: "127.0.0.1", targetPort: portOf(guest) }]);
    await vi.waitUntil(() => gateway.ports().includes(port), { timeout: 20_000 });
    publish("{ half");
    await vi.waitUntil(() => said.length > 0, { timeout: 20_000 });
    expect(gateway.ports()).toEqual([port]);
  });
});

describe("the connector", () => {
  it("does not lead anywhere that is not published", async () => {
    publish([]);
    await expect(ask({ path: socketPath() }, `CONNECT 127.0.0.1:${portOf(guest)}\nhello`)).resolves.toBe("");
  });

  it("keeps what came together with the first line", async () => {
    publish([{ port: await freePort(), host: "127.0.0.1", targetPort: portOf(guest) }]);
    expect(await ask({ path: socketPath() }, `CONNECT 127.0.0.1:${portOf(guest)}\nhello`)).toBe("HELLO");
  });

  it.each(["GET / HTTP/1.1\r\n\r\n", "CONNECT\n", `CONNECT ${"a".repeat(500)}:1\n`])("closes on %j", async (words) => {
    await expect(ask({ path: socketPath() }, words).catch(() => "")).resolves.toBe("");
  });
});
