/** Drafts as callers meet them: they take nothing from anybody, they are bounded, and every page has one answer about capacity. */
import { afterEach, beforeEach, expect, test } from "vitest";
import { addressOf, networkOf, publishedSshPort } from "#app/domain/cluster/spec.ts";
import { discardExpiredDrafts } from "#app/services/clusters/drafts.ts";
import { allClusters } from "#tests/contract/fixtures.ts";
import { calmHypervisor, type Rig, type Someone, ask, startRig } from "./rig.ts";

let rig: Rig;
let ada: Someone;
let ben: Someone;
/** 16 processors, 64 GiB of memory of which 1 is kept back, 500 GiB of disk. */
const host = { hostName: "kvm-1", cpus: 16, memoryMiB: 65_536, freeMemoryMiB: 60_000, diskGiB: 500, freeDiskGiB: 400 };
let capacity = host;
beforeEach(async () => {
  capacity = host;
  rig = await startRig({ hypervisor: { ...calmHypervisor, capacity: async () => capacity } });
  ada = await rig.person("ada");
  ben = await rig.person("ben");
});
afterEach(() => rig.close());

const clusters = (who: Someone) => `/api/v1/tenants/${who.actor.name}/clusters`;
const send = (who: Someone, method: string, path: string, body?: unknown) => ask(rig, method, path, { token: who.token, body });
const create = (who: Someone, name: string, more: object = {}) => send(who, "POST", clusters(who), { name, workers: 1, ...more });

/** As if its preview had run. */
async function planned(who: Someone, name: string): Promise<{ readonly number: number; readonly hash: string }> {
  await rig.stores.operations.finish(await rig.claim(), "succeeded", [], null, Date.now());
  return rig.plan(name, who.actor.name);
}
const approve = (who: Someone, name: string, { number, hash }: { number: number; hash: string }) =>
  send(who, "POST", `${clusters(who)}/${name}/plans/${number}/approve`, { hash });
const planOf = async (who: Someone, name: string, number: number) =>
  (await send(who, "GET", `${clusters(who)}/${name}/plans/${number}`)).json;

test.each([
  { workers: 50, workerSize: "custom", workerVcpus: 32, workerMemoryMiB: 131_072, diskGiB: 2000 },
  { workers: 3, workerSize: "custom", workerVcpus: 2, workerMemoryMiB: 20_480, diskGiB: 20 },
  { workers: 1, diskGiB: 250 },
])("a draft of one tenant, however large, takes nothing from another: %j", async (large) => {
  await create(ada, "huge", large);
  await planned(ada, "huge");
  expect((await send(ben, "GET", "/api/v1/")).json).toMatchObject({
    hosts: [{ memoryMiB: { committed: 0 }, diskGiB: { committed: 0 }, networks: { committed: 0 } }],
  });
  await create(ben, "demo");
  expect((await approve(ben, "demo", await planned(ben, "demo"))).status).toBe(202);
});

test("a tenant has twenty drafts; the next one is refused with the rule and the way out, and another tenant is not concerned", async () => {
  for (let i = 0; i < 20; i++) expect((await create(ada, `c${i}`)).status).toBe(201);
  const refused = await create(ada, "more");
  expect(refused.status).toBe(409);
  expect(refused.json).toMatchObject({
    type: expect.stringContaining("too-many-drafts"),
    detail: expect.stringMatching(/20 drafts.*BERTH_MAX_DRAFTS_PER_TENANT.*discard/),
  });
  expect((await create(ben, "demo")).status).toBe(201);
  await rig.stores.operations.finish(await rig.claim(), "succeeded", [], null, Date.now());
  const idle = (await Promise.all(Array.from({ length: 20 }, (_, i) => send(ada, "POST", `${clusters(ada)}/c${i}/discard`)))).filter(
    (a) => a.status === 200,
  );
  expect(idle).toHaveLength(1);
  expect((await create(ada, "more")).status).toBe(201);
});

test("of two approved plans that want the last memory, the second is refused with the numbers", async () => {
  const half = { workers: 1, workerSize: "custom", workerVcpus: 2, workerMemoryMiB: 40_960 };
  await create(ada, "one", half);
  const first = await planned(ada, "one");
  await create(ben, "two", half);
  const second = await planned(ben, "two");
  expect((await approve(ada, "one", first)).status).toBe(202);
  const refused = await approve(ben, "two", second);
  expect(refused.status).toBe(409);
  expect(refused.json).toMatchObject({ type: expect.stringContaining("plan-refused"), detail: expect.stringContaining(`available`) });
  expect(await planOf(ben, "two", second.number)).toMatchObject({
    mayApprove: false,
    refusals: [{ code: "memory", needed: 43_008, available: 21_504, unit: "MiB" }],
  });
});

test("a refused plan names who holds the capacity: own clusters by name, those of others only as a sum", async () => {
  const half = { workers: 1, workerSize: "custom", workerVcpus: 2, workerMemoryMiB: 20_480 };
  for (const [who, name] of [
    [ada, "secret"],
    [ben, "mine"],
  ] as const) {
    await create(who, name, half);
    await approve(who, name, await planned(who, name));
    await rig.stores.operations.finish(await rig.claim(), "interrupted", [], null, Date.now());
  }
  await create(ben, "large", half);
  const { number } = await planned(ben, "large");
  const taken = { vcpus: 4, memoryMiB: 22_528, diskGiB: 40 };
  const view = await send(ben, "GET", `${clusters(ben)}/large/plans/${number}`);
  expect(view.json).toMatchObject({
    heldBy: { clusters: [{ tenant: "ben", cluster: "mine", ...taken }], others: { clusters: 1, ...taken } },
  });
  expect(view.text).not.toContain("secret");
});

test("the form, the form of a draft, the plan and the dashboard agree about capacity", async () => {
  await create(ada, "demo", { workers: 1 });
  await approve(ada, "demo", await planned(ada, "demo"));
  await rig.claim();
  await create(ben, "draft");
  const capacities = [
    ((await send(ben, "GET", "/api/v1/")).json as { hosts: unknown[] }).hosts[0],
    (await send(ben, "GET", `${clusters(ben)}/new`)).json["room"],
    ((await send(ben, "GET", `${clusters(ben)}/draft/edit`)).json as { form: Record<string, unknown> }).form["room"],
  ] as { memoryMiB: unknown }[];
  for (const capacity of capacities)
    expect(capacity).toMatchObject({ memoryMiB: { total: 64_512, committed: 4_096, left: 64_512 - 4_096 } });
  expect((await send(ben, "GET", `${clusters(ben)}/draft/edit`)).json).toMatchObject({ reserved: null });
});

test("a draft whose network another one took is stale, and previewing again takes a free one, if there is any", async () => {
  await rig.close();
  rig = await startRig({ networkRange: "10.91.0.0/23" });
  [ada, ben] = [await rig.person("ada"), await rig.person("ben")];
  for (const name of ["one", "two"]) await create(ada, name);
  await create(ben, "three");
  await rig.stores.operations.finish(await rig.claim(), "succeeded", [], null, Date.now());
  await rig.stores.operations.finish(await rig.claim(), "succeeded", [], null, Date.now());
  const plan = await planned(ben, "three");
  const cidr = async (revision: number) => (await rig.stores.clusters.spec((await draft()).id, revision))?.networks[0]?.cidr;
  const draft = async () => (await allClusters(rig.stores.clusters, null)).find((c) => c.name === "three") ?? expect.fail("no cluster");
  expect(await cidr(1)).toBe("10.91.0.0/24");
  expect((await approve(ada, "one", await rig.plan("one", "ada"))).status).toBe(202);
  await rig.claim();
  expect(await planOf(ben, "three", plan.number)).toMatchObject({ moved: ["network"], mayApprove: false, mayPreview: true });
  const form = (await send(ben, "GET", `${clusters(ben)}/three/edit`)).json;
  expect(form).toMatchObject({ keptNetwork: null, form: { nextNetwork: "10.91.1.0/24" } });
  expect((await send(ada, "GET", `${clusters(ada)}/one/edit`)).json).toMatchObject({ keptNetwork: "10.91.0.0/24" });
  expect((await send(ada, "GET", `${clusters(ada)}/two/edit`)).json).toMatchObject({ keptNetwork: "10.91.1.0/24" });
  const eve = await rig.person("eve");
  await rig.stores.people.addMember((await draft()).tenantId, eve.actor.personId, "viewer");
  expect((await send(eve, "GET", `${clusters(ben)}/three/plans/${plan.number}`)).json).toMatchObject({
    moved: ["network"],
    mayPreview: false,
  });
  const refused = await approve(ben, "three", plan);
  expect([refused.status, refused.json]).toMatchObject([
    409,
    { type: expect.stringContaining("plan-stale"), detail: expect.stringContaining("another cluster has reserved its network") },
  ]);
  expect((await send(ben, "POST", `${clusters(ben)}/three/preview`, {})).status).toBe(202);
  const moved = (await rig.stores.clusters.spec((await draft()).id, 2)) ?? expect.fail("no second revision");
  expect(networkOf(moved)).toMatchObject({ cidr: "10.91.1.0/24", bridge: "berth1" });
  expect(moved.machines.map((m) => [addressOf(m), publishedSshPort(moved, m.name)])).toEqual([
    ["10.91.1.10", 20_065],
    ["10.91.1.21", 20_066],
  ]);
  expect((await approve(ben, "three", await planned(ben, "three"))).status).toBe(202);
  expect((await send(ada, "GET", `${clusters(ada)}/two/edit`)).json).toMatchObject({ keptNetwork: null, form: { nextNetwork: null } });
  expect((await send(ada, "POST", `${clusters(ada)}/two/preview`, {})).json).toMatchObject({
    type: expect.stringContaining("range-exhausted"),
  });
});

test("the form of what never lived says how long creations took, that of what lives how long changes did", async () => {
  for (const name of ["young", "grown"]) await create(ada, name);
  Object.assign(rig.stores.operations, { durations: async ({ first }: { first?: boolean }) => (first === true ? [600] : [60]) });
  const grown = (await allClusters(rig.stores.clusters, null)).find((c) => c.name === "grown") ?? expect.fail("no cluster");
  await rig.stores.clusters.setLiveRevision(grown.id, 1);
  await rig.stores.clusters.setState(grown.id, "ready", 1);
  const of = async (path: string) => (await send(ada, "GET", `${clusters(ada)}/${path}`)).json;
  expect(await of("young/edit")).toMatchObject({ form: { durations: { 2: [600] } } });
  expect(await of("grown/edit")).toMatchObject({ form: { durations: { 2: [60] } } });
});

test("a draft says when it ends, is discarded then with its keys, and an edit or a preview puts that off", async () => {
  await create(ada, "old");
  await rig.stores.operations.finish(await rig.claim(), "succeeded", [], null, Date.now());
  await create(ada, "busy");
  const day = 86_400_000;
  const expiresAt = async (name: string) =>
    ((await send(ada, "GET", `${clusters(ada)}/${name}`)).json as { summary: { expiresAt: number | null } }).summary.expiresAt;
  const ends = (await expiresAt("old")) ?? expect.fail("it has no end");
  expect(Math.round((ends - Date.now()) / day)).toBe(14);
  const [old] = (await allClusters(rig.stores.clusters, null)).filter((c) => c.name === "old");
  const { id = "", tenantId = "" } = old ?? {};
  const ports = (now: number) => ({ clusters: rig.stores.clusters, secretStore: rig.stores.secrets, now: () => now });
  const settings = { maxPerTenant: 20, days: 14 };
  expect(await discardExpiredDrafts(ports(ends - 1), settings)).toEqual([]);
  expect(await discardExpiredDrafts(ports(ends + day), { ...settings, days: 0 })).toEqual([]);
  expect((await discardExpiredDrafts(ports(ends + day), settings)).map((c) => c.name)).toEqual(["old"]);
  expect(await rig.stores.clusters.get(id)).toMatchObject({ state: "gone" });
  expect(await rig.stores.secrets.clusterSecrets(tenantId, id)).toBeNull();
  // Its preview is still queued: what somebody waits for is not taken away.
  expect(await expiresAt("busy")).not.toBeNull();
});

test.each(["preview", "approve"] as const)(
  "a draft that is discarded while its %s is queued answers that it is gone, and nothing is queued",
  async (what) => {
    await create(ada, "demo");
    const plan = await planned(ada, "demo");
    const { id } = (await allClusters(rig.stores.clusters, null))[0] ?? expect.fail("no cluster");
    const before = await rig.stores.operations.count({ clusterId: id });
    const operations = rig.stores.operations as { submit: typeof rig.stores.operations.submit };
    const submit = operations.submit;
    operations.submit = async (...asked) => {
      await rig.stores.clusters.discardDraft(id, Date.now());
      return submit(...asked);
    };
    const answer = what === "preview" ? await send(ada, "POST", `${clusters(ada)}/demo/preview`, {}) : await approve(ada, "demo", plan);
    expect([answer.status, answer.json]).toMatchObject([
      409,
      { type: expect.stringContaining(what === "preview" ? "wrong-state" : "plan-stale") },
    ]);
    expect(answer.json.detail).toMatch(/gone/i);
    expect(await rig.stores.operations.count({ clusterId: id })).toBe(before);
  },
);
