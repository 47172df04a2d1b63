/** Saving a cluster and waking it, over HTTP. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { localHost } from "#app/domain/host/libvirt-host.ts";
import { ask, makeCluster, type Rig, type Someone, startRig } from "#tests/api/rig.ts";

let rig: Rig;
let ada: Someone;

beforeAll(async () => {
  rig = await startRig();
  ada = await rig.person("ada");
});
afterAll(() => rig.close());

const path = (name: string, tail = "") => `/api/v1/tenants/ada/clusters/${name}${tail}`;
const setPower = (name: string, power: string, who = ada, key?: string) =>
  ask(rig, "POST", path(name, "/power"), {
    token: who.token,
    body: { power },
    ...(key === undefined ? {} : { headers: { "Idempotency-Key": key } }),
  });
const put = (name: string, body: unknown) => ask(rig, "PUT", path(name), { token: ada.token, body });
const view = async (name: string) => (await ask(rig, "GET", path(name), { token: ada.token })).json as unknown as View;

const refused = (code: string) => ({ type: expect.stringContaining(code) as string });

interface View {
  readonly summary: { readonly power: string; readonly revision: number };
  readonly spec: { readonly revision: number; readonly power?: string; readonly wokenFrom?: number };
  readonly may: { readonly save: boolean; readonly wake: boolean };
}

async function idOf(name: string): Promise<string> {
  const tenant = await rig.stores.people.tenantBySlug("ada");
  return (await rig.stores.clusters.byName(tenant?.id ?? "", name))?.id ?? expect.fail("it is not there");
}

async function ended(operationId: string): Promise<void> {
  const claim = await rig.claim();
  expect(claim.operationId).toBe(operationId);
  await rig.stores.operations.finish(claim, "succeeded", [], null, Date.now());
}

/** As a run leaves the cluster that brought its newest revision to life. */
async function live(name: string): Promise<void> {
  const id = await idOf(name);
  await rig.stores.clusters.setLiveRevision(id, (await rig.stores.clusters.get(id))?.revision ?? 1);
  await rig.stores.clusters.setState(id, "ready", Date.now());
}

async function living(name: string): Promise<string> {
  await ended(await makeCluster(rig, ada, name));
  await live(name);
  return await idOf(name);
}

async function saved(name: string): Promise<string> {
  const id = await living(name);
  await ended(String((await setPower(name, "saved")).json.id));
  await live(name);
  return id;
}

test("a cluster is saved and woken by revisions, each with a preview; lists and page show which it is", async () => {
  await living("demo");
  expect(await view("demo")).toMatchObject({ summary: { power: "on" }, may: { save: true, wake: false } });
  const save = await setPower("demo", "saved");
  expect([save.status, save.json]).toEqual([202, expect.objectContaining({ kind: "preview", specRevision: 2 })]);
  await ended(String(save.json.id));
  // Nothing is saved before the plan was carried out.
  expect(await view("demo")).toMatchObject({ summary: { power: "on" }, spec: { power: "saved" } });
  await live("demo");
  expect(await view("demo")).toMatchObject({ summary: { power: "saved" }, may: { save: false, wake: true } });
  const listed = await rig.services.clusters.list(ada.actor, { tenant: "ada" });
  expect(listed.clusters.find((c) => c.name === "demo")?.power).toBe("saved");
  await ended(String((await setPower("demo", "on")).json.id));
  await live("demo");
  const awake = await view("demo");
  expect(awake).toMatchObject({ summary: { power: "on" }, spec: { revision: 3, wokenFrom: 2 }, may: { save: true, wake: false } });
  expect(awake.spec).not.toHaveProperty("power");
});

test("what is so already is refused, a waiting revision is previewed again, and a repeated request is answered once", async () => {
  const id = await living("twice");
  expect(await setPower("twice", "on")).toMatchObject({ status: 409, json: refused("nothing-changed") });
  const first = await setPower("twice", "saved", ada, "key-1");
  expect((await setPower("twice", "saved", ada, "key-1")).json.id).toBe(first.json.id);
  await ended(String(first.json.id));
  await ended(String((await setPower("twice", "saved")).json.id));
  expect((await rig.stores.clusters.get(id))?.revision).toBe(2);
  await live("twice");
  expect((await setPower("twice", "saved")).json).toMatchObject(refused("nothing-changed"));
});

test("a change that waits for its approval is decided first, and a draft has nothing to save", async () => {
  await living("waits");
  await ended(((await put("waits", { workers: 2 })).json.operation as { id: string }).id);
  expect((await setPower("waits", "saved")).json).toMatchObject({ ...refused("wrong-state"), state: "newer-revision" });
  await ended(await makeCluster(rig, ada, "draft"));
  expect((await setPower("draft", "saved")).json).toMatchObject({ ...refused("wrong-state"), state: "never-live" });
  expect((await view("draft")).may).toMatchObject({ save: false, wake: false });
});

test("a change of a saved cluster wakes it in the same revision, and a new name alone does not", async () => {
  const id = await saved("asleep");
  await ended(((await put("asleep", { name: "dozing" })).json.operation as { id: string }).id);
  expect(await rig.stores.clusters.spec(id, 3)).toMatchObject({ name: "dozing", power: "saved" });
  await live("dozing");
  await ended(((await put("dozing", { workers: 2 })).json.operation as { id: string }).id);
  const grown = await rig.stores.clusters.spec(id, 4);
  expect([grown?.power, grown?.wokenFrom]).toEqual([undefined, 3]);
});

test("a save that failed can be asked for again, and so can the way back", async () => {
  const id = await living("half");
  await ended(String((await setPower("half", "saved")).json.id));
  await rig.stores.clusters.setState(id, "degraded", Date.now());
  expect((await view("half")).may).toMatchObject({ save: true, wake: true });
  await ended(String((await setPower("half", "on")).json.id));
  expect(await rig.stores.clusters.spec(id, 3)).toMatchObject({ wokenFrom: 2 });
});

test("a saved cluster reserves disk in place of memory and processors, and takes them again when it is approved to wake", async () => {
  const before = await rig.stores.clusters.reserved(localHost);
  const id = await saved("counted");
  const spec = (await rig.stores.clusters.spec(id, 2)) ?? expect.fail();
  const memoryMiB = spec.machines.reduce((sum, m) => sum + m.memoryMiB, 0);
  const diskGiB = spec.machines.reduce((sum, m) => sum + (m.disks[0]?.gib ?? 0), 0);
  const operationFor = async (specRevision: number) => {
    const { operation } = await rig.stores.operations.submit({
      id: crypto.randomUUID(),
      tenantId: spec.tenantId,
      clusterId: id,
      kind: "update",
      planKind: "update",
      specRevision,
      planId: null,
      drift: null,
      requestedBy: ada.actor.personId,
      requestedByName: "ada",
      requestedAt: Date.now(),
      idempotencyKey: null,
    });
    const claim = await rig.claim();
    await rig.stores.clusters.setState(id, "ready", Date.now(), claim);
    return operation.id === claim.operationId ? claim : expect.fail();
  };
  const taken = async () => {
    const now = await rig.stores.clusters.reserved(localHost);
    return { memoryMiB: now.memoryMiB - before.memoryMiB, diskGiB: now.diskGiB - before.diskGiB };
  };
  await rig.stores.operations.finish(await operationFor(2), "succeeded", [], null, Date.now());
  expect(await taken()).toEqual({ memoryMiB: 0, diskGiB: diskGiB + Math.ceil(memoryMiB / 1024) });
  await ended(String((await setPower("counted", "on")).json.id));
  const claim = await operationFor(3);
  expect((await taken()).memoryMiB).toBe(memoryMiB);
  await rig.stores.clusters.setLiveRevision(id, 3, claim);
  await rig.stores.operations.finish(claim, "succeeded", [], null, Date.now());
  expect(await taken()).toEqual({ memoryMiB, diskGiB });
});

const setHours = (name: string, hours: string | null) =>
  ask(rig, "POST", path(name, "/power-hours"), { token: ada.token, body: { hours } });

test("hours are a part of the spec, remember who set them, and say when the power changes next", async () => {
  const id = await living("office");
  const set = await setHours("office", "mon-fri 08:00-19:00 Europe/Berlin");
  expect([set.status, set.json.specRevision]).toEqual([202, 2]);
  await ended(String(set.json.id));
  await live("office");
  expect((await rig.stores.clusters.spec(id, 2))?.powerHours).toEqual({
    timeZone: "Europe/Berlin",
    on: [{ days: ["mon", "tue", "wed", "thu", "fri"], from: 480, to: 1140 }],
    setBy: ada.actor.personId,
  });
  const shown = (await ask(rig, "GET", path("office"), { token: ada.token })).json as {
    nextPower: { at: number; power: string };
    spec: { powerHours: object };
  };
  expect(shown.nextPower.at).toBeGreaterThan(Date.now());
  expect(shown.spec.powerHours).not.toHaveProperty("setBy");
  expect((await setHours("office", "mon-fri 08:00-19:00 Europe/Berlin")).json).toMatchObject(refused("nothing-changed"));
  await ended(String((await setPower("office", "saved")).json.id));
  expect(await rig.stores.clusters.spec(id, 3)).toMatchObject({ power: "saved", powerHours: { timeZone: "Europe/Berlin" } });
  await live("office");
  await ended(String((await setHours("office", null)).json.id));
  const without = await rig.stores.clusters.spec(id, 4);
  expect([without?.power, without?.powerHours]).toEqual(["saved", undefined]);
});

test.each([
  ["mon-fri Europe/Berlin", "hours.form"],
  ["mon-fri 08:00-19:00 Europe/Atlantis", "hours.zone"],
])("hours that say nothing are refused by the field: %s", async (hours, rule) => {
  if (rule === "hours.form") await living("refused");
  const answer = await setHours("refused", hours);
  expect([answer.status, answer.text]).toEqual([422, expect.stringContaining(rule)]);
});

test("who may only look cannot save, for strangers there is nothing, and another word is no power", async () => {
  const id = await living("shown");
  const [eve, mallory] = [await rig.person("eve"), await rig.person("mallory")];
  const { tenantId } = (await rig.stores.clusters.get(id)) ?? expect.fail();
  await rig.stores.people.addMember(tenantId, eve.actor.personId, "viewer");
  expect([(await setPower("shown", "saved", eve)).status, (await setPower("shown", "saved", mallory)).status]).toEqual([403, 404]);
  expect((await setPower("shown", "off")).status).toBe(422);
  expect((await rig.stores.clusters.get(id))?.revision).toBe(1);
});
