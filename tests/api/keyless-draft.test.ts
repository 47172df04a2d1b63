/** A portal that ends between writing a revision and keeping its keys leaves something that anybody's next step makes whole. */
import { afterEach, beforeEach, expect, test } from "vitest";
import { createKeyMaker } from "#app/adapters/keys/key-maker.ts";
import { kubernetesOf } from "#app/domain/cluster/spec.ts";
import { buildRunRequest } from "#app/services/run/build-run-request.ts";
import type { RunPorts } from "#app/services/run/run-parts.ts";
import { allClusters } from "#tests/contract/fixtures.ts";
import { ask, type Rig, type Someone, startRig } from "./rig.ts";

let rig: Rig;
let ada: Someone;
beforeEach(async () => {
  rig = await startRig();
  ada = await rig.person("ada");
});
afterEach(() => rig.close());

const base = "/api/v1/tenants/ada/clusters";
const body = { name: "demo", workers: 2 };
const send = (method: "POST" | "PUT", path: string, key: string | null, body: unknown) =>
  ask(rig, method, path, { token: ada.token, body, ...(key === null ? {} : { headers: { "Idempotency-Key": key } }) });

/** The first portal writes the row and ends before the keys are kept. */
async function cutOff(key: string | null): Promise<void> {
  const { secrets } = rig.stores;
  const { putClusterSecrets, keepClusterSecrets } = secrets;
  const ended = async (): Promise<never> => {
    throw new Error("the portal ended");
  };
  Object.assign(secrets, { putClusterSecrets: ended, keepClusterSecrets: ended });
  expect((await send("POST", base, key, body)).status).toBe(500);
  Object.assign(secrets, { putClusterSecrets, keepClusterSecrets });
  const cluster = await only();
  expect([cluster.state, await secrets.clusterSecrets(cluster.tenantId, cluster.id)]).toEqual(["draft", null]);
}

async function only() {
  const [cluster, ...more] = await allClusters(rig.stores.clusters, null);
  expect(more).toEqual([]);
  return cluster ?? expect.fail("no cluster");
}

/** What a worker would hand to the engine for the queued operation: its keys open what its spec says. */
async function fits(): Promise<void> {
  const { operationId } = await rig.claim();
  const operation = (await rig.stores.operations.get(operationId)) ?? expect.fail("no operation");
  const { clusters, secrets } = rig.stores;
  const ports = { clusters, secrets, machineHost: async () => ({ imagePlanned: false }) } as unknown as RunPorts;
  const order = await buildRunRequest(ports, operation);
  const { publics } = await createKeyMaker().extend(order.secrets, []);
  expect([order.spec.portalKey, kubernetesOf(order.spec).caCertHash]).toEqual([publics.portalKey, publics.caCertHash]);
  expect(order.spec.machines.map((m) => m.sshHostKey)).toEqual(order.spec.machines.map((m) => publics.hostKeys[m.name]));
}

test("the same request again makes the keys that are missing, and queues the preview it was about", async () => {
  await cutOff("once");
  const again = await send("POST", base, "once", body);
  expect(again.status).toBe(201);
  const { operation } = again.json as { operation: { id: string } };
  expect((await send("POST", base, "once", body)).json).toMatchObject({ operation: { id: operation.id } });
  await only();
  await fits();
});

test("whoever opens the draft and presses Preview gets one, without any key of the first request", async () => {
  await cutOff(null);
  expect((await send("POST", `${base}/demo/preview`, null, { kind: "update" })).status).toBe(202);
  await fits();
});

test("a change of the draft, also one that adds machines, finishes it too and is not taken for out of date", async () => {
  await cutOff(null);
  expect((await send("PUT", `${base}/demo?basedOn=1`, null, { workers: 4 })).status).toBe(201);
  await fits();
  expect((await ask(rig, "GET", `${base}/demo`, { token: ada.token })).json).toMatchObject({ summary: { workers: 4 } });
});

test("keys that are there are never replaced, and the revision stays", async () => {
  await send("POST", base, "once", body);
  const { id, tenantId } = await only();
  const kept = await rig.stores.secrets.clusterSecrets(tenantId, id);
  await rig.stores.operations.finish(await rig.claim(), "failed", [], null, Date.now());
  await send("POST", `${base}/demo/preview`, null, { kind: "update" });
  expect(await rig.stores.secrets.clusterSecrets(tenantId, id)).toEqual(kept);
  expect((await only()).revision).toBe(1);
});

test("a first portal that was only slow takes the keys that were kept meanwhile", async () => {
  const { secrets } = rig.stores;
  const { keepClusterSecrets } = secrets;
  const others = (await createKeyMaker().make(["cp0", "w1", "w2"], Date.now())).secrets;
  secrets.keepClusterSecrets = async (tenantId, clusterId, own) => {
    await keepClusterSecrets(tenantId, clusterId, others);
    return keepClusterSecrets(tenantId, clusterId, own);
  };
  expect((await send("POST", base, "once", body)).status).toBe(201);
  const { id, tenantId } = await only();
  expect(await secrets.clusterSecrets(tenantId, id)).toEqual(others);
  await fits();
});

test("what was ever built gets no new keys: its machines would not know them", async () => {
  await send("POST", base, null, body);
  const cluster = await only();
  await rig.stores.operations.finish(await rig.claim(), "succeeded", [], null, Date.now());
  await rig.stores.clusters.setState(cluster.id, "degraded", Date.now());
  await rig.stores.secrets.removeCluster(cluster.id);
  await send("POST", `${base}/demo/preview`, null, { kind: "update" });
  expect(await rig.stores.secrets.clusterSecrets(cluster.tenantId, cluster.id)).toBeNull();
  expect((await only()).revision).toBe(1);
});

test("a change of what was built that ended before it kept its new machines' keys is finished by the next preview", async () => {
  const built = { workers: 1, controlPlaneSize: "small", workerSize: "small", diskGiB: 10 };
  await send("POST", base, null, { ...built, name: "demo" });
  const { id, tenantId } = await only();
  await rig.stores.operations.finish(await rig.claim(), "succeeded", [], null, Date.now());
  await rig.stores.clusters.setLiveRevision(id, 1);
  await rig.stores.clusters.setState(id, "ready", Date.now());
  const { secrets } = rig.stores;
  const [{ putClusterSecrets }, kept] = [secrets, await secrets.clusterSecrets(tenantId, id)];
  secrets.putClusterSecrets = async () => {
    throw new Error("the portal ended");
  };
  expect((await send("PUT", `${base}/demo?basedOn=1`, null, { ...built, workers: 2 })).status).toBe(500);
  Object.assign(secrets, { putClusterSecrets });
  expect([(await only()).revision, await secrets.clusterSecrets(tenantId, id)]).toEqual([2, kept]);

  expect((await send("POST", `${base}/demo/preview`, null, { kind: "update" })).status).toBe(202);
  await fits();
  expect(await secrets.clusterSecrets(tenantId, id)).toMatchObject(kept ?? expect.fail("no keys"));
  expect((await only()).revision).toBe(3);
});
