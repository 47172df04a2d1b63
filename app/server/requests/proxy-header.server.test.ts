import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { dialUnix, forward, type Listener } from "#app/setup/gateway/forwarder.ts";
import { freePort } from "#tests/faults/portal.ts";
import { readProxyHeaders } from "./proxy-header.server.ts";

let folder: string;
let server: Server;
const open: Listener[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "berth-proxy-"));
  server = createServer(async (req, res) => {
    let text = "";
    for await (const part of req) text += String(part);
    res.end(`${req.socket.remoteAddress} ${req.url} ${text}`);
  });
  readProxyHeaders(server);
  server.listen(join(folder, "s"));
  await once(server, "listening");
});

afterEach(async () => {
  for (const listener of open.splice(0)) await listener.close();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await rm(folder, { recursive: true });
});

/** Everything that comes back for these pieces, each sent by itself. */
async function sent(...pieces: readonly string[]): Promise<string> {
  const socket = connect(join(folder, "s"));
  let text = "";
  socket.on("data", (bytes) => (text += String(bytes)));
  await once(socket, "connect");
  for (const piece of pieces) await new Promise((resolve) => socket.write(piece, resolve));
  await once(socket, "close");
  return text;
}

const get = "GET /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";

test("through the launcher's forwarder the portal sees each client's address, on every request of a connection", async () => {
  const port = await freePort();
  open.push(await forward("127.0.0.1", port, dialUnix(join(folder, "s"))));
  const ask = async (body: string) => (await fetch(`http://127.0.0.1:${port}/x`, { method: "POST", body })).text();
  expect(await ask("one")).toBe("127.0.0.1 /x one");
  expect(await ask("two".repeat(50_000))).toBe(`127.0.0.1 /x ${"two".repeat(50_000)}`);
});

test.each([
  ["in one piece", [`PROXY TCP4 192.0.2.7 10.0.0.1 4711 80\r\n${get}`], "192.0.2.7 /x"],
  ["in pieces", ["PRO", "XY TCP6 2001:db8::7 ::1 4711 80\r", `\n${get}`], "2001:db8::7 /x"],
  ["with no address", [`PROXY UNKNOWN\r\n${get}`], "undefined /x"],
  ["without the line", [get], "undefined /x"],
])("the line %s", async (_how, pieces, expected) => {
  expect(await sent(...pieces)).toContain(expected);
});

test("a client cannot put a line of its own behind the launcher's", async () => {
  expect(await sent(`PROXY TCP4 192.0.2.7 10.0.0.1 4711 80\r\nPROXY TCP4 1.1.1.1 10.0.0.1 4711 80\r\n${get}`)).toMatch(/^HTTP\/1\.1 400/);
});

test("a line that does not end is cut off", async () => {
  expect(await sent(`PROXY ${"x".repeat(200)}`)).toBe("");
});
