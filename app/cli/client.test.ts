import { createServer, type IncomingMessage } from "node:http";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { afterEach, expect, it } from "vitest";
import { createClient } from "./client.ts";
import type { Login } from "./commands/login.ts";

let close: (() => void) | null = null;
afterEach(() => close?.());

/** A portal that knows one token; answers with the method and the idempotency key that it was sent. */
async function portalThatKnows(token: () => string) {
  const seen: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    seen.push(request);
    const known = request.headers.authorization === `Bearer ${token()}`;
    response
      .writeHead(known ? 200 : 401, { "content-type": "application/json" })
      .end(JSON.stringify(known ? { ok: true } : { detail: "sign in" }));
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  close = () => server.close();
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, seen };
}

it("reads its login again when the portal was restarted and knows another local token", async () => {
  const { url } = await portalThatKnows(() => "second");
  const logins: Login[] = [
    { url, token: "first" },
    { url, token: "second" },
  ];
  const client = createClient(() => logins.shift() ?? { url, token: "second" });
  expect(await client.get("/me")).toEqual({ ok: true });
  expect(await client.post("/clusters", {})).toEqual({ ok: true });
});

it("asks once where the token stays the same", async () => {
  const { url, seen } = await portalThatKnows(() => "another");
  await expect(createClient(() => ({ url, token: "first" })).get("/me")).rejects.toThrow("sign in");
  expect(seen).toHaveLength(1);
});

it("asks once more with a new token, and no further where that is refused, too", async () => {
  const { url, seen } = await portalThatKnows(() => "another");
  const logins: Login[] = [
    { url, token: "first" },
    { url, token: "second" },
  ];
  await expect(createClient(() => logins.shift() ?? { url, token: "third" }).get("/me")).rejects.toThrow("sign in");
  expect(seen.map((request) => request.headers.authorization)).toEqual(["Bearer first", "Bearer second"]);
});

it("sends a token that belongs to another portal nowhere", async () => {
  const { url, seen } = await portalThatKnows(() => "second");
  const logins: Login[] = [
    { url, token: "first" },
    { url: "http://127.0.0.1:9", token: "second" },
  ];
  await expect(createClient(() => logins.shift() ?? { url, token: null }).get("/me")).rejects.toThrow("sign in");
  expect(seen).toHaveLength(1);
});
