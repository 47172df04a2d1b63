import { reported } from "#app/domain/message/message.ts";
import { once } from "node:events";
import { createConnection } from "node:net";
import { afterEach, expect, test, vi } from "vitest";
import { WebSocket } from "ws";
import type { JournalEntry, OperationEvent } from "#app/domain/operation/event.ts";
import { closeCodes, type StreamFrame } from "#app/domain/operation/stream.ts";
import { makeCluster, type Rig, type Someone, startRig } from "./rig.ts";

let rig: Rig;
afterEach(() => rig.close());

interface Watched {
  readonly entries: readonly JournalEntry[];
  readonly frames: readonly string[];
  readonly closed: Promise<number>;
  reach(seq: number): Promise<void>;
  drop(): void;
}

function watch(who: Someone, id: string, after = 0, headers: Record<string, string> = { Cookie: who.cookie, Origin: rig.url }): Watched {
  const entries: JournalEntry[] = [];
  const frames: string[] = [];
  const ws = new WebSocket(`${rig.url.replace("http", "ws")}/ws/operations/${id}?after=${after}`, { headers });
  const closed = new Promise<number>((resolve) => ws.once("close", (code) => resolve(code)));
  ws.on("error", () => undefined);
  let onFrame: () => void = () => undefined;
  ws.on("message", (data) => {
    frames.push(String(data));
    entries.push(...(JSON.parse(String(data)) as StreamFrame).entries);
    onFrame();
  });
  const reach = (seq: number) =>
    new Promise<void>((resolve) => {
      onFrame = () => {
        if ((entries.at(-1)?.seq ?? 0) >= seq) resolve();
      };
      onFrame();
    });
  return { entries, frames, closed, reach, drop: () => ws.terminate() };
}

/** Status with which an upgrade was refused. */
async function refused(path: string, headers: Record<string, string>): Promise<number | undefined> {
  const ws = new WebSocket(`${rig.url.replace("http", "ws")}${path}`, { headers });
  ws.on("error", () => undefined);
  const [, response] = (await once(ws, "unexpected-response")) as [unknown, { statusCode?: number }];
  return response.statusCode;
}

const line = (n: number): OperationEvent => ({ kind: "output", source: "command", machine: null, step: null, lines: [`line ${n}`] });
const seqs = (w: Watched) => w.entries.map((e) => e.seq);
const upTo = (n: number) => Array.from({ length: n }, (_, i) => i + 1);

test("only the operation's own path, from the portal's own pages, by somebody who may see it", async () => {
  rig = await startRig();
  const [ada, bob] = [await rig.person("ada"), await rig.person("bob")];
  const id = await makeCluster(rig, ada, "demo");
  const own = { Cookie: ada.cookie, Origin: rig.url };
  const path = `/ws/operations/${id}`;
  expect(await refused("/ws/other", own)).toBe(404);
  expect(await refused("/", own)).toBe(404);
  expect(await refused(path, { Cookie: ada.cookie })).toBe(403);
  expect(await refused(path, { ...own, Origin: "https://evil.example" })).toBe(403);
  expect(await refused(path, { Origin: rig.url })).toBe(401);
  expect(await refused(path, { ...own, Cookie: bob.cookie })).toBe(404);
  expect(await refused("/ws/operations/none", own)).toBe(404);
  expect(await refused(`${path}?after=-1`, own)).toBe(400);
  const byToken = watch(ada, id, 0, { Authorization: `Bearer ${ada.token}` });
  await byToken.reach(1);
});

test("ten viewers see the same, in order, without gaps, until it is over", async () => {
  rig = await startRig();
  const ada = await rig.person("ada");
  const id = await makeCluster(rig, ada, "demo");
  const viewers = Array.from({ length: 10 }, () => watch(ada, id));
  const claim = await rig.claim();
  for (let n = 1; n <= 300; n += 1) await rig.append(claim, line(n), line(n));
  await rig.stores.operations.finish(claim, "succeeded", [], null, Date.now());
  const codes = await Promise.all(viewers.map((v) => v.closed));
  expect(new Set(codes)).toEqual(new Set([closeCodes.over]));
  const head = await rig.stores.journal.head(id);
  for (const v of viewers) expect(seqs(v)).toEqual(upTo(head));
});

test("a viewer that comes back with its cursor misses nothing and sees nothing twice", async () => {
  rig = await startRig();
  const ada = await rig.person("ada");
  const id = await makeCluster(rig, ada, "demo");
  const claim = await rig.claim();
  const writing = (async () => {
    for (let n = 1; n <= 200; n += 1) await rig.append(claim, line(n));
    await rig.stores.operations.finish(claim, "failed", [], null, Date.now());
  })();
  const seen: number[] = [];
  for (let code = 0; code !== closeCodes.over; ) {
    const viewer = watch(ada, id, seen.at(-1) ?? 0);
    const wanted = (seen.at(-1) ?? 0) + 25;
    await Promise.race([viewer.reach(wanted), viewer.closed]);
    viewer.drop();
    code = await viewer.closed;
    seen.push(...seqs(viewer));
    if (seen.length >= (await rig.stores.journal.head(id)) && seen.length > 200) break;
  }
  await writing;
  const last = watch(ada, id, seen.at(-1) ?? 0);
  expect(await last.closed).toBe(closeCodes.over);
  expect([...seen, ...seqs(last)]).toEqual(upTo(await rig.stores.journal.head(id)));
});

test("a viewer that does not read holds nobody up and is cut off in the end", async () => {
  rig = await startRig({ sockets: { highWater: 500_000, stallMs: 3_000 } });
  const ada = await rig.person("ada");
  const id = await makeCluster(rig, ada, "demo");
  const claim = await rig.claim();
  const { hostname, port } = new URL(rig.url);
  const deaf = createConnection({ host: hostname, port: Number(port) });
  deaf.on("error", () => undefined);
  deaf.write(
    `GET /ws/operations/${id} HTTP/1.1\r\nHost: ${hostname}:${port}\r\nOrigin: ${rig.url}\r\nCookie: ${ada.cookie}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n`,
  );
  await once(deaf, "readable");
  deaf.pause();
  const quick = watch(ada, id);
  const long = "x".repeat(32_000);
  for (let n = 1; n <= 1000; n += 1) await rig.append(claim, { kind: "notice", level: "note", machine: null, message: reported(long) });
  const head = await rig.stores.journal.head(id);
  await quick.reach(head);
  expect(seqs(quick)).toEqual(upTo(head));
  await vi.waitFor(() => expect(rig.openSockets()).toBe(1), { timeout: 10_000 });
  deaf.destroy();
});

test("the end of a session and the loss of a right close the socket", async () => {
  rig = await startRig({ sockets: { recheckMs: 50 } });
  const [ada] = [await rig.person("ada"), await rig.person("bob")];
  const id = await makeCluster(rig, ada, "demo");
  const viewer = watch(ada, id);
  await viewer.reach(1);
  await rig.sessions.signOut(ada.session);
  expect(await viewer.closed).toBe(closeCodes.ended);
});

test("a stopping portal sends its viewers away to come back", async () => {
  rig = await startRig();
  const ada = await rig.person("ada");
  const id = await makeCluster(rig, ada, "demo");
  const viewer = watch(ada, id);
  await viewer.reach(1);
  await rig.close();
  expect(await viewer.closed).toBe(closeCodes.goingAway);
});

test("a connection on which nobody answers is found and closed", async () => {
  rig = await startRig({ sockets: { pingMs: 250 } });
  const ada = await rig.person("ada");
  const id = await makeCluster(rig, ada, "demo");
  const living = watch(ada, id);
  const dead = new WebSocket(`${rig.url.replace("http", "ws")}/ws/operations/${id}`, {
    headers: { Cookie: ada.cookie, Origin: rig.url },
    autoPong: false,
  });
  const closed = once(dead, "close");
  await living.reach(1);
  await closed;
  await vi.waitFor(() => expect(rig.openSockets()).toBe(1), 20_000);
  await rig.append(await rig.claim(), line(1));
  await living.reach(await rig.stores.journal.head(id));
});

test("one person has a bounded number of sockets, and who closes one may open another", async () => {
  rig = await startRig({ sockets: { perPerson: 2 } });
  const [ada, bob] = [await rig.person("ada"), await rig.person("bob")];
  const id = await makeCluster(rig, ada, "demo");
  const two = [watch(ada, id), watch(ada, id)];
  for (const viewer of two) await viewer.reach(1);
  const own = { Cookie: ada.cookie, Origin: rig.url };
  expect(await refused(`/ws/operations/${id}`, own)).toBe(429);
  const other = watch(bob, await makeCluster(rig, bob, "demo"), 0, { Cookie: bob.cookie, Origin: rig.url });
  await other.reach(1);
  two[0]?.drop();
  await vi.waitFor(() => expect(rig.openSockets()).toBe(2), 20_000);
  await watch(ada, id).reach(1);
});

test("a viewer that speaks is closed", async () => {
  rig = await startRig();
  const ada = await rig.person("ada");
  const id = await makeCluster(rig, ada, "demo");
  const ws = new WebSocket(`${rig.url.replace("http", "ws")}/ws/operations/${id}`, { headers: { Cookie: ada.cookie, Origin: rig.url } });
  await once(ws, "open");
  ws.send("hello");
  expect((await once(ws, "close"))[0]).toBe(1008);
});
