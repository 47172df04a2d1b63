import { mkdtempSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer, get, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { brotliDecompressSync, gunzipSync } from "node:zlib";
import express from "express";
import { afterAll, beforeAll, expect, test } from "vitest";
import { browserFiles, compressedAnswers } from "./assets.server.ts";

const script = "export const words = 'the same words, again and again';\n".repeat(200);
const folder = mkdtempSync(join(tmpdir(), "berth-assets-"));
let server: Server;

beforeAll(async () => {
  mkdirSync(join(folder, "assets"));
  writeFileSync(join(folder, "assets", "words-a1b2.js"), script);
  const app = express();
  app.use(compressedAnswers, browserFiles(folder));
  app.get("/page", (_req, res) => void res.type("html").send(`<p>${script}</p>`));
  server = createServer(app);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
});

afterAll(() => {
  server.close();
  rmSync(folder, { recursive: true, force: true });
});

/** `fetch` would undo the compression. */
async function answer(path: string, accepted: string): Promise<{ readonly message: IncomingMessage; readonly body: Buffer }> {
  const message = await new Promise<IncomingMessage>((resolve, reject) => {
    get({ port: (server.address() as AddressInfo).port, path, headers: { "accept-encoding": accepted } }, resolve).on("error", reject);
  });
  const parts: Buffer[] = [];
  for await (const part of message) parts.push(part as Buffer);
  return { message, body: Buffer.concat(parts) };
}

test.each([
  ["gzip, deflate, br, zstd", "br", brotliDecompressSync],
  ["gzip, br;q=0", "gzip", gunzipSync],
  ["gzip", "gzip", gunzipSync],
] as const)("a browser that accepts %s gets a file as %s, to keep for ever", async (accepted, encoding, unpack) => {
  const { message, body } = await answer("/assets/words-a1b2.js", accepted);
  expect(message.headers["content-encoding"]).toBe(encoding);
  expect(message.headers["cache-control"]).toContain("immutable");
  expect(message.headers.vary).toContain("Accept-Encoding");
  expect(unpack(body).toString()).toBe(script);
});

test("a client that accepts no compression gets the file as it is", async () => {
  const { message, body } = await answer("/assets/words-a1b2.js", "identity");
  expect(message.headers["content-encoding"]).toBeUndefined();
  expect(body.toString()).toBe(script);
});

test("pages are compressed, too", async () => {
  const { message, body } = await answer("/page", "gzip, br");
  expect(message.headers["content-encoding"]).toBe("br");
  expect(brotliDecompressSync(body).toString()).toContain(script);
});

test.each(["/assets/none-a1b2.js", "/assets/..%2f..%2fetc%2fpasswd", "/assets/.."])(
  "%s is not there, whatever is accepted",
  async (path) => {
    const { message } = await answer(path, "br");
    expect(message.statusCode).toBeGreaterThanOrEqual(400);
    expect(message.headers["cache-control"] ?? "").not.toContain("immutable");
  },
);
