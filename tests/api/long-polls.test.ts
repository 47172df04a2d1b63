import { afterEach, expect, test } from "vitest";
import { type Answer, ask, makeCluster, type Rig, type Someone, startRig } from "./rig.ts";

let rig: Rig;
afterEach(() => rig.close());

/** A long poll that waits at the end of the journal. */
async function waiting(who: Someone, id: string, headers: Record<string, string> = {}) {
  const head = await rig.stores.journal.head(id);
  return ask(rig, "GET", `/api/v1/operations/${id}/entries?after=${head}&wait=30`, { token: who.token, headers });
}

const subscribed = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 100));

test("a long poll answers with the rights that hold when it answers", async () => {
  rig = await startRig();
  const [root, ada] = [await rig.person("root", true), await rig.person("ada")];
  const id = await makeCluster(rig, ada, "demo");
  const poll = waiting(ada, id);
  await subscribed();
  expect((await ask(rig, "POST", `/api/v1/people/${ada.actor.personId}/disable`, { token: root.token })).status).toBe(204);
  await rig.append(await rig.claim(), { kind: "output", source: "command", machine: null, step: null, lines: ["not for ada any more"] });
  const answer = await poll;
  expect([answer.status, answer.text.includes("not for ada")]).toEqual([401, false]);
});

test("how many long polls a person holds is bounded; others and shorter requests are not in the way", async () => {
  rig = await startRig();
  const [ada, bob] = [await rig.person("ada"), await rig.person("bob")];
  const [own, other] = [await makeCluster(rig, ada, "demo"), await makeCluster(rig, bob, "demo")];
  const bobs = waiting(bob, other).then(
    ({ status }) => status,
    () => null,
  );
  const refused: Answer[] = [];
  const eight = Promise.withResolvers<void>();
  const polls = Array.from({ length: 40 }, () => waiting(ada, own));
  for (const poll of polls) void poll.then((answer) => answer.status === 429 && refused.push(answer) === 8 && eight.resolve());
  await eight.promise;
  expect(refused[0]?.json).toMatchObject({ type: "urn:berth:problem:too-many-requests", retryAfterSeconds: 5 });
  expect((await ask(rig, "GET", `/api/v1/operations/${own}/entries`, { token: ada.token })).status).toBe(200);
  const claim = await rig.claim();
  const output = { kind: "output", source: "command", machine: null, step: null, lines: ["x"] } as const;
  await rig.append(claim, output);
  const statuses = (await Promise.all(polls)).map(({ status }) => status);
  expect([statuses.filter((s) => s === 200).length, statuses.filter((s) => s === 429).length]).toEqual([32, 8]);
  // The places are free again.
  const again = waiting(ada, own);
  await subscribed();
  await rig.append(claim, output);
  expect((await again).status).toBe(200);
  expect(await Promise.race([bobs, subscribed().then(() => "waits")])).toBe("waits");
});
