/** Pages with lists are told that something changed: of what the viewer may read, and of changes alone. */
import { once } from "node:events";
import { afterEach, expect, test } from "vitest";
import { WebSocket } from "ws";
import { closeCodes } from "#app/domain/operation/stream.ts";
import { makeCluster, type Rig, type Someone, startRig } from "./rig.ts";

let rig: Rig;
const opened: WebSocket[] = [];

afterEach(async () => {
  for (const socket of opened.splice(0)) socket.terminate();
  await rig.close();
});

interface Watching {
  readonly hints: string[];
  readonly socket: WebSocket;
  next(): Promise<string>;
}

async function watchLists(who: Someone, headers: Record<string, string> = { Cookie: who.cookie, Origin: rig.url }): Promise<Watching> {
  const socket = new WebSocket(`${rig.url.replace("http", "ws")}/ws/changes`, { headers });
  opened.push(socket);
  const hints: string[] = [];
  socket.on("message", (data) => hints.push(String(data)));
  await once(socket, "open");
  return { hints, socket, next: async () => String(((await once(socket, "message")) as [Buffer])[0]) };
}

async function refused(headers: Record<string, string>): Promise<number | undefined> {
  const socket = new WebSocket(`${rig.url.replace("http", "ws")}/ws/changes`, { headers });
  socket.on("error", () => undefined);
  const [, response] = (await once(socket, "unexpected-response")) as [unknown, { statusCode?: number }];
  return response.statusCode;
}

test("a preview that is started elsewhere is hinted to whoever may read it, and to nobody else", async () => {
  rig = await startRig();
  const [ada, bob] = [await rig.person("ada"), await rig.person("bob")];
  const [own, foreign] = [await watchLists(ada), await watchLists(bob)];
  const told = own.next();
  await makeCluster(rig, ada, "demo");
  expect(await told).toBe('{"changed":true}');
  const toldToBob = foreign.next();
  await makeCluster(rig, bob, "theirs");
  await toldToBob;
  expect(foreign.hints).toHaveLength(1);
});

test("an operation that begins and ends is hinted; what it prints is not", async () => {
  rig = await startRig();
  const ada = await rig.person("ada");
  const lists = await watchLists(ada);
  const queued = lists.next();
  await makeCluster(rig, ada, "demo");
  await queued;
  const began = lists.next();
  const claim = await rig.claim();
  await rig.append(claim, { kind: "output", source: "engine", machine: null, step: null, lines: ["first"] });
  await began;
  const before = lists.hints.length;
  for (let n = 0; n < 20; n += 1)
    await rig.append(claim, { kind: "output", source: "engine", machine: null, step: null, lines: [`line ${n}`] });
  const again = lists.next();
  await makeCluster(rig, ada, "second");
  await again;
  expect(lists.hints.length).toBe(before + 1);
});

test("only signed-in people from the portal's own pages get hints, and only while their session lasts", async () => {
  rig = await startRig({ sockets: { recheckMs: 20 } });
  const ada = await rig.person("ada");
  expect(await refused({ Origin: rig.url })).toBe(401);
  expect(await refused({ Cookie: ada.cookie, Origin: "http://elsewhere.example" })).toBe(403);
  const { socket } = await watchLists(ada);
  const closed = once(socket, "close");
  await rig.sessions.signOut(ada.session);
  expect(((await closed) as [number])[0]).toBe(closeCodes.ended);
});
