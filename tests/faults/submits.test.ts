/** Many at once: one stack, one plan, one request sent many times, through two portals on one database. */
import { randomUUID } from "node:crypto";
import { afterEach, expect, it } from "vitest";
import { allClusters } from "#tests/contract/fixtures.ts";
import { clusterName, finished, planned, standInHost } from "./journey.ts";
import { violationsOf } from "./oracle.ts";
import { Person, type Reply } from "./person.ts";
import { freePort } from "./portal.ts";
import { record } from "./report.ts";
import { openWorld, type World } from "./world.ts";

let world: World;
afterEach(async () => world.close());

/** The person at two portals. */
async function twoPortals(): Promise<readonly [Person, Person]> {
  world = await openWorld();
  await world.start();
  const port = await freePort();
  await world.start({ port });
  return [world.person, new Person(`http://127.0.0.1:${port}`, "mina", world.person.token)];
}

const idOf = (reply: Reply | null): unknown => (reply?.json.operation as { id?: string } | undefined)?.id ?? reply?.json.id;

/** Everything else must hold as well, once all is over. */
async function judge(what: string, where: string): Promise<void> {
  const violations = violationsOf(await world.evidence(await standInHost(world)));
  record({ kind: "fault", what, where, violations });
  expect(violations).toEqual([]);
}

it("50 people who want the same stack changed at once: one operation at a time, and everybody else is told which", async () => {
  const doors = await twoPortals();
  await finished(world, await planned(world, () => world.person.create(clusterName, 1), "update"));
  const path = `${world.person.clusters}/${clusterName}/preview`;
  const replies = await Promise.all(
    Array.from({ length: 50 }, (_, i) => doors[i % 2]?.tryOnce("POST", path, { kind: "update" }, randomUUID()) ?? null),
  );
  const queued = replies.filter((r) => r?.status === 202);
  const refused = replies.filter((r) => r?.status === 409);
  expect(queued.length + refused.length).toBe(50);
  const ids = queued.map((r) => String(idOf(r)));
  expect(ids).toEqual(expect.arrayContaining([...new Set(refused.map((r) => r?.json.operationId))]));
  for (const id of ids) await world.person.over(id);
  // A second one may get in when the first is over that fast. (It may have been asked for before, and have waited for the database.)
  const [first, ...later] = (await Promise.all(ids.map((id) => world.stores.operations.get(id)))).toSorted(
    (a, b) => (a?.startedAt ?? 0) - (b?.startedAt ?? 0),
  );
  later.reduce((before, next) => {
    expect(next?.startedAt).toBeGreaterThanOrEqual(before?.endedAt ?? Number.POSITIVE_INFINITY);
    return next;
  }, first);
  await judge("50 parallel updates of one stack", "preview, two portals");
});

it("50 approvals of one plan at once, each with a key of its own: one operation, given to all", async () => {
  const doors = await twoPortals();
  const { person } = world;
  const preview = await person.over(await person.create(clusterName, 1));
  const path = `${person.clusters}/${clusterName}/plans/${preview.planNumber}`;
  const { plan } = (await person.ask("GET", path)) as { plan: { hash: string } };
  const body = { hash: plan.hash, typedName: clusterName };
  const replies = await Promise.all(
    Array.from({ length: 50 }, (_, i) => doors[i % 2]?.tryOnce("POST", `${path}/approve`, body, randomUUID()) ?? null),
  );
  const answered = replies.filter((r) => r !== null && r.status < 300);
  expect(answered).toHaveLength(50);
  expect(new Set(answered.map(idOf)).size).toBe(1);
  expect((await world.stores.operations.list({ tenantId: world.tenantId, limit: 100 })).filter((o) => o.kind === "update")).toHaveLength(1);
  await finished(world, String(idOf(answered[0] ?? null)));
  await judge("50 parallel updates of one stack", "approval, two portals");
});

it("one request sent 20 times at once, through two doors, makes one cluster and one operation", async () => {
  const doors = await twoPortals();
  const key = randomUUID();
  const send = (i: number) => doors[i % 2]?.ask("POST", world.person.clusters, { name: clusterName, workers: 1 }, key);
  const answers = await Promise.all(Array.from({ length: 20 }, (_, i) => send(i)));
  const ids = answers.map((a) => (a?.operation as { id?: string } | undefined)?.id);
  expect(new Set(ids).size).toBe(1);
  expect(await allClusters(world.stores.clusters, world.tenantId)).toHaveLength(1);
  await world.person.over(String(ids[0]));
  await judge("double submit", "create, 20 times");
});
