/** `npm run dev`: pages from the sources over the fixture, and word to the browser when a source changes. Without a browser. */
import { utimesSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { WebSocket } from "ws";
import { type DevPortal, startDevPortal } from "./dev-portal.ts";

let portal: DevPortal;
beforeAll(async () => {
  // As `npm run dev` has it: what Vite prepared for another value it would prepare again.
  process.env["NODE_ENV"] = "development";
  portal = await startDevPortal(0);
});
afterAll(() => portal.close());

const page = async (path: string, cookie = ""): Promise<string> =>
  await (await fetch(portal.url + path, { headers: { Cookie: cookie } })).text();

test("a page is rendered from the sources, with its styles", async () => {
  const html = await page("/");
  expect(html).toContain('href="/tenants/harbour/clusters/demo"');
  expect(html).toContain("/app/entry.client.tsx");
  expect(html).toContain("/* /app/ui/berth.css */");
});

test("each state of a page has a link that chooses its scenario", async () => {
  expect(await page("/fixture")).toContain('href="/fixture/dashboard-viewer"');
  const answer = await fetch(`${portal.url}/fixture/dashboard-viewer`, { redirect: "manual" });
  expect([answer.status, answer.headers.get("location"), answer.headers.get("set-cookie")]).toEqual([302, "/", "scenario=viewer; Path=/"]);
  expect((await fetch(`${portal.url}/fixture/nowhere`)).status).toBe(404);
});

const connect = (path: string, protocol?: string): WebSocket => new WebSocket(portal.url.replace("http", "ws") + path, protocol);
/** Resolves with the first message that has the text in it. */
const messageWith = (socket: WebSocket, text: string): Promise<string> =>
  new Promise((resolve, reject) =>
    socket.on("error", reject).on("message", (data) => void (String(data).includes(text) && resolve(String(data)))),
  );

test("an operation's socket sends its journal after the cursor", async () => {
  const socket = connect("/ws/operations/op-running?after=1");
  expect(JSON.parse(await messageWith(socket, "entries"))).toMatchObject({
    entries: expect.arrayContaining([expect.objectContaining({ seq: 2 })]),
  });
  socket.terminate();
});

test("a change of the fixture reloads the page", async () => {
  const socket = connect("/", "vite-hmr");
  await messageWith(socket, "connected");
  const reload = messageWith(socket, "full-reload");
  const now = new Date();
  utimesSync(new URL("fixture-request.ts", import.meta.url), now, now);
  await reload;
  socket.terminate();
});
