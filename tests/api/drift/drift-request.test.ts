/** A request about drift is stored with the operation that a person asked for: nothing else changes it, and it changes nothing else. */
import { reported } from "#app/domain/message/message.ts";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { RevisionConflict } from "#app/ports/cluster-store.ts";
import { type DriftFinding, driftId } from "#app/domain/drift/drift.ts";
import { afterCheck } from "#app/domain/drift/record.ts";
import type { Operation } from "#app/domain/operation/operation.ts";
import { newOperation } from "#tests/contract/fixtures.ts";
import { ask, makeCluster, type Rig, type Someone, startRig } from "#tests/api/rig.ts";

let rig: Rig;
let ada: Someone;
beforeAll(async () => {
  rig = await startRig();
  ada = await rig.person("ada");
});
afterAll(() => rig.close());

const found = (kind: DriftFinding["kind"], subject: string, more: Partial<DriftFinding> = {}): DriftFinding => ({
  ...{
    id: driftId(kind, subject),
    kind,
    subject,
    machine: subject,
    expected: "",
    found: "",
    impact: "restart",
    repair: "plan",
    adopt: false,
  },
  ...more,
});
const memory = (subject: string) => found("machine-memory", subject, { expected: "2048", found: "4096", adopt: true });

/** A cluster that lives, without anything queued, and what a check found about it. */
async function living(name: string, findings: readonly DriftFinding[]): Promise<string> {
  await makeCluster(rig, ada, name);
  const { clusterId } = await endNext();
  await rig.stores.clusters.setLiveRevision(clusterId, 1);
  await rig.stores.clusters.setState(clusterId, "ready", Date.now());
  await seen(clusterId, findings);
  return clusterId;
}

const seen = (id: string, findings: readonly DriftFinding[], revision = 1) =>
  rig.stores.drift.change(id, (record) =>
    afterCheck(record, { at: Date.now(), revision, sources: { host: "seen", engine: "seen", nodes: "absent" }, trouble: null, findings }),
  );

/** The next operation as its run gets it; then it is over. */
async function endNext(): Promise<Operation> {
  const claim = await rig.claim();
  return await rig.stores.operations.finish(claim, "succeeded", [], null, Date.now());
}

const post = (name: string, rest: string, body: unknown, key?: string) =>
  ask(rig, "POST", `/api/v1/tenants/ada/clusters/${name}/${rest}`, {
    token: ada.token,
    body,
    headers: key === undefined ? {} : { "Idempotency-Key": key },
  });
const repair = (name: string, ids: readonly string[] | null, key?: string) => post(name, "drift/repair", { ids }, key);
const adopt = (name: string, id: string, key?: string) => post(name, "drift/adopt", { id }, key);
const codeOf = (answer: { readonly status: number; readonly json: Record<string, unknown> }) => [answer.status, answer.json.type];
const reused = [422, "urn:berth:problem:key-reused"];
const stale = [409, "urn:berth:problem:drift-stale"];

test("a second repair that is refused leaves the first's request as it was", async () => {
  const [cp, worker] = [found("machine-stopped", "cp0"), found("machine-stopped", "w1")];
  await living("two", [cp, worker]);
  const first = await repair("two", [cp.id]);
  expect(codeOf(await repair("two", [worker.id]))).toEqual([409, "urn:berth:problem:cluster-busy"]);
  expect(await endNext()).toMatchObject({ id: first.json.id, drift: { wish: "repair", ids: [cp.id], all: false } });
});

test("a key that asked for other rows is refused, and the first's request stays", async () => {
  const [cp, worker] = [found("machine-stopped", "cp0"), memory("w1")];
  const id = await living("keys", [cp, worker]);
  const first = await repair("keys", [worker.id, cp.id], "keys");
  expect((await repair("keys", [cp.id, worker.id], "keys")).json.id).toBe(first.json.id);
  for (const other of [
    await repair("keys", [worker.id], "keys"),
    await repair("keys", null, "keys"),
    await adopt("keys", worker.id, "keys"),
  ])
    expect(codeOf(other)).toEqual(reused);
  expect(await endNext()).toMatchObject({ id: first.json.id, drift: { ids: [worker.id, cp.id] } });
  expect((await rig.stores.clusters.get(id))?.revision).toBe(1);
});

test("the same request gives the same operation when it is over and its rows are gone", async () => {
  const row = memory("cp0");
  const id = await living("again", [row, found("machine-stopped", "w1")]);
  const all = await repair("again", null, "all");
  expect((await endNext()).drift).toEqual({ wish: "repair", ids: [row.id, "machine-stopped:w1"], all: true });
  const adopted = await adopt("again", row.id, "one");
  expect((await endNext()).drift).toEqual({ wish: "adopt", id: row.id, found: "4096" });
  await rig.stores.clusters.setLiveRevision(id, 2);
  await seen(id, [], 2);
  expect([(await repair("again", null, "all")).json.id, (await adopt("again", row.id, "one")).json.id]).toEqual([
    all.json.id,
    adopted.json.id,
  ]);
  expect(codeOf(await adopt("again", "machine-memory:w1", "one"))).toEqual(reused);
  expect((await rig.stores.clusters.get(id))?.revision).toBe(2);
});

test("one key cannot be an ordinary preview and a repair", async () => {
  const row = found("machine-stopped", "cp0");
  await living("mixed", [row]);
  await post("mixed", "preview", {}, "preview-first");
  expect(codeOf(await repair("mixed", null, "preview-first"))).toEqual(reused);
  expect((await endNext()).drift).toBeNull();
  await repair("mixed", [row.id], "repair-first");
  expect(codeOf(await post("mixed", "preview", {}, "repair-first"))).toEqual(reused);
  expect((await endNext()).drift).not.toBeNull();
});

test("a repair that was cancelled before it ran leaves nothing to the next preview", async () => {
  await living("calm", [found("machine-stopped", "cp0")]);
  const first = await repair("calm", null);
  expect((await ask(rig, "POST", `/api/v1/operations/${String(first.json.id)}/cancel`, { token: ada.token, body: {} })).json.state).toBe(
    "cancelled",
  );
  await post("calm", "preview", {});
  expect((await endNext()).drift).toBeNull();
});

test("adopting a row again after it came alive is refused: the record speaks of an older revision", async () => {
  const gone = found("machine-missing", "w1", { found: "absent", adopt: true });
  const id = await living("twice", [gone]);
  expect((await adopt("twice", gone.id)).json.specRevision).toBe(2);
  await endNext();
  await rig.stores.clusters.setLiveRevision(id, 2);
  const view = await ask(rig, "GET", "/api/v1/tenants/ada/clusters/twice/drift", { token: ada.token });
  expect(view.json).toMatchObject({ stale: true, may: { adopt: false, repair: true } });
  const again = await adopt("twice", gone.id);
  expect(codeOf(again)).toEqual(stale);
  expect(again.json.detail).toContain("Check again");
  expect((await rig.stores.clusters.get(id))?.revision).toBe(2);
});

test("nothing is adopted after an operation that the check did not see, nor for a machine that the spec does not know", async () => {
  const row = memory("cp0");
  const id = await living("after", [row, memory("w9")]);
  expect(codeOf(await adopt("after", "machine-memory:w9"))).toEqual(stale);
  const cluster = (await rig.stores.clusters.get(id)) ?? expect.fail();
  await rig.stores.operations.submit(newOperation({ personId: "p", tenantId: cluster.tenantId, cluster }));
  const claim = await rig.claim();
  await rig.stores.operations.finish(claim, "failed", [reported("no")], null, Date.now() + 1);
  expect(codeOf(await adopt("after", row.id))).toEqual(stale);
  expect((await rig.stores.clusters.get(id))?.revision).toBe(1);
});

test("of people who adopt at once one does, and the other is told to look again", async () => {
  const row = memory("cp0");
  const id = await living("rush", [row]);
  vi.spyOn(rig.stores.clusters, "addRevision").mockRejectedValueOnce(new RevisionConflict("somebody else was faster"));
  expect(codeOf(await adopt("rush", row.id))).toEqual(stale);
  expect((await adopt("rush", row.id)).status).toBe(202);
  expect((await rig.stores.clusters.get(id))?.revision).toBe(2);
  await endNext();
});
