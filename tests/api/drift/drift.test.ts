/** Drift over the API: what is shown, who may decide, and that a decision leads to a preview of exactly what was asked. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type DriftFinding, driftId } from "#app/domain/drift/drift.ts";
import { afterCheck } from "#app/domain/drift/record.ts";
import { newOperation } from "#tests/contract/fixtures.ts";
import { ask, makeCluster, type Rig, type Someone, startRig } from "#tests/api/rig.ts";

let rig: Rig;
let ada: Someone;
let bob: Someone;
beforeAll(async () => {
  rig = await startRig();
  ada = await rig.person("ada");
  bob = await rig.person("bob");
});
afterAll(() => rig.close());

const found = (kind: DriftFinding["kind"], subject: string, more: Partial<DriftFinding> = {}): DriftFinding => ({
  id: driftId(kind, subject),
  kind,
  subject,
  machine: subject,
  expected: "",
  found: "",
  impact: "restart",
  repair: "plan",
  adopt: false,
  ...more,
});

/** A cluster that lives, without anything queued, and what a check found about it. */
async function living(name: string, findings: readonly DriftFinding[] = [], workers = 1): Promise<string> {
  await makeCluster(rig, ada, name, { workers });
  const claim = await rig.claim();
  await rig.stores.operations.finish(claim, "succeeded", [], null, Date.now());
  await rig.stores.clusters.setLiveRevision(claim.clusterId, 1);
  await rig.stores.clusters.setState(claim.clusterId, "ready", Date.now());
  if (findings.length > 0) await seen(claim.clusterId, findings);
  return claim.clusterId;
}

const seen = (id: string, findings: readonly DriftFinding[]) =>
  rig.stores.drift.change(id, (record) =>
    afterCheck(record, {
      at: Date.now(),
      revision: 1,
      sources: { host: "seen", engine: "seen", nodes: "absent" },
      trouble: null,
      findings,
    }),
  );

const at = (name: string, rest = "") => `/api/v1/tenants/ada/clusters/${name}/drift${rest}`;
const get = async (name: string) =>
  (await ask(rig, "GET", at(name), { token: ada.token })).json as {
    rows: Record<string, unknown>[];
    looking: boolean;
    cluster: { differs: number };
    may: Record<string, boolean>;
    at: number | null;
  };
const post = (name: string, verb: string, body: unknown, who = ada, headers = {}) =>
  ask(rig, "POST", at(name, `/${verb}`), { token: who.token, body, headers });

test("a living cluster without a check shows it, and a check can be asked for once", async () => {
  const id = await living("fresh");
  expect(await get("fresh")).toMatchObject({
    at: null,
    rows: [],
    looking: false,
    may: { look: true, repair: true, adopt: true, ignore: true },
  });
  expect((await post("fresh", "look", {})).status).toBe(202);
  const first = (await rig.stores.drift.get(id))?.wantedAt;
  await post("fresh", "look", {});
  expect((await rig.stores.drift.get(id))?.wantedAt).toBe(first);
  expect((await get("fresh")).looking).toBe(true);
});

test("a draft has nothing to compare, and nobody can ask for it", async () => {
  await makeCluster(rig, ada, "draft");
  await rig.stores.operations.finish(await rig.claim(), "succeeded", [], null, Date.now());
  expect(await get("draft")).toMatchObject({ rows: [], may: { look: false, repair: false } });
  expect((await post("draft", "look", {})).status).toBe(409);
  expect((await post("draft", "repair", {})).status).toBe(409);
});

test("repair queues one preview of what was asked; the same key gives the same one", async () => {
  await living("off", [found("machine-stopped", "cp0"), found("orphan-machine", "stray", { repair: "none", machine: null })]);
  const key = { "Idempotency-Key": "repair-1" };
  const first = await post("off", "repair", {}, ada, key);
  expect([first.status, first.json.kind, first.json.planKind]).toEqual([202, "preview", "update"]);
  expect((await post("off", "repair", {}, ada, key)).json.id).toBe(first.json.id);
  expect((await rig.stores.operations.get(String(first.json.id)))?.drift).toEqual({
    wish: "repair",
    ids: ["machine-stopped:cp0"],
    all: true,
  });
  expect((await post("off", "repair", {})).status).toBe(409);
  await rig.stores.operations.finish(await rig.claim(), "succeeded", [], null, Date.now());
  expect((await post("off", "repair", { ids: ["orphan-machine:stray"] })).status).toBe(404);
});

test("a repair of a busy cluster is refused, and the operation under way is as it was", async () => {
  await living("busy", [found("machine-stopped", "cp0")]);
  const first = await ask(rig, "POST", "/api/v1/tenants/ada/clusters/busy/preview", { token: ada.token, body: {} });
  expect((await post("busy", "repair", {})).json.type).toBe("urn:berth:problem:cluster-busy");
  expect((await rig.stores.operations.get(String(first.json.id)))?.drift).toBeNull();
  await rig.stores.operations.finish(await rig.claim(), "succeeded", [], null, Date.now());
});

test("adopt writes a revision with what is there, once", async () => {
  const id = await living("bigger", [found("machine-memory", "cp0", { expected: "2048", found: "4096", adopt: true })]);
  const key = { "Idempotency-Key": "adopt-1" };
  const adopted = await post("bigger", "adopt", { id: "machine-memory:cp0" }, ada, key);
  expect([adopted.status, adopted.json.specRevision]).toEqual([202, 2]);
  expect((await rig.stores.clusters.spec(id, 2))?.machines[0]?.memoryMiB).toBe(4096);
  expect((await post("bigger", "adopt", { id: "machine-memory:cp0" }, ada, key)).json.id).toBe(adopted.json.id);
  expect((await rig.stores.clusters.get(id))?.revision).toBe(2);
  await rig.stores.operations.finish(await rig.claim(), "succeeded", [], null, Date.now());
});

test("what the spec has no words for cannot be adopted", async () => {
  await living("off2", [found("machine-stopped", "cp0")]);
  expect((await post("off2", "adopt", { id: "machine-stopped:cp0" })).status).toBe(404);
});

test("an ignored row does not count, and is back as soon as it says something else", async () => {
  const row = found("machine-memory", "cp0", { expected: "2048", found: "3072" });
  const id = await living("quiet", [row]);
  expect((await get("quiet")).cluster.differs).toBe(1);
  expect((await post("quiet", "ignore", { id: row.id, days: 7 })).json).toMatchObject({ rows: [{ open: false, ignored: { by: "ada" } }] });
  await seen(id, [row]);
  expect(await get("quiet")).toMatchObject({ cluster: { differs: 0 }, rows: [{ open: false }] });
  await seen(id, [{ ...row, found: "4096" }]);
  expect(await get("quiet")).toMatchObject({ cluster: { differs: 1 }, rows: [{ open: true, ignored: null }] });
  expect((await post("quiet", "ignore", { id: row.id, days: 999 })).status).toBe(422);
});

test("a viewer reads and decides nothing; a stranger finds nothing", async () => {
  await living("shared", [found("machine-stopped", "cp0")]);
  const { tenantId } = { tenantId: Object.keys(ada.actor.memberships)[0] ?? "" };
  expect((await post("shared", "repair", {}, bob)).status).toBe(404);
  const viewer = { ...ada.actor, memberships: { [tenantId]: "viewer" as const } };
  const view = await rig.services.drift.get(viewer, { tenant: "ada", cluster: "shared" });
  expect(view.may).toEqual({ look: false, repair: false, adopt: false, ignore: false });
  await expect(rig.services.drift.repair(viewer, { tenant: "ada", cluster: "shared" }, null, null)).rejects.toThrow("not-allowed");
});

describe("which worker goes when a cluster is to have one less", () => {
  const inTrouble = found("node-not-ready", "w1");
  const workersAfterPut = async (name: string) => {
    const answer = await ask(rig, "PUT", `/api/v1/tenants/ada/clusters/${name}`, { token: ada.token, body: { workers: 1 } });
    expect(answer.status).toBe(201);
    const claim = await rig.claim();
    await rig.stores.operations.finish(claim, "succeeded", [], null, Date.now());
    const { revision = 0 } = (await rig.stores.clusters.get(claim.clusterId)) ?? {};
    return (await rig.stores.clusters.spec(claim.clusterId, revision))?.machines.map((m) => m.name).filter((n) => n.startsWith("w"));
  };
  const updated = async (id: string, endedAt: number) => {
    const { tenantId = "" } = (await rig.stores.clusters.get(id)) ?? {};
    await rig.stores.operations.submit(
      newOperation({ personId: ada.actor.personId, tenantId, cluster: { id } }, { requestedAt: Date.now() }),
    );
    await rig.stores.operations.finish(await rig.claim(), "succeeded", [], null, endedAt);
  };

  test("is the one that the last check found in trouble", async () => {
    await living("less", [inTrouble], 2);
    expect(await workersAfterPut("less")).toEqual(["w2"]);
  });

  test("is the youngest when the check was made before the cluster was last changed", async () => {
    const id = await living("changed", [inTrouble], 2);
    await updated(id, Date.now() + 1_000);
    expect(await workersAfterPut("changed")).toEqual(["w1"]);
  });

  test("is the youngest when the check was about another revision", async () => {
    const id = await living("former", [inTrouble], 2);
    const spec = (await rig.stores.clusters.spec(id, 1)) ?? expect.fail();
    await rig.stores.clusters.addRevision({ ...spec, revision: 2 }, Date.now());
    await rig.stores.clusters.setLiveRevision(id, 2);
    expect(await workersAfterPut("former")).toEqual(["w1"]);
  });
});
