/** What a change of a cluster may ask for: nothing is answered 201 and then not done. */
import { afterEach, beforeEach, expect, test } from "vitest";
import { type ClusterSpec, controlPlaneOf, kubernetesOf, rootDiskOf } from "#app/domain/cluster/spec.ts";
import { ask, newestSpec, onlyCluster, type Rig, type Someone, startRig } from "./rig.ts";

let rig: Rig;
let ada: Someone;
beforeEach(async () => {
  rig = await startRig();
  ada = await rig.person("ada");
});
afterEach(() => rig.close());

const base = "/api/v1/tenants/ada/clusters";
const send = (method: "POST" | "PUT", path: string, body: unknown) => ask(rig, method, path, { token: ada.token, body });
const endOne = async () => rig.stores.operations.finish(await rig.claim(), "succeeded", [], null, Date.now());
const only = () => onlyCluster(rig);
const newest = () => newestSpec(rig);
const draft = async (body: Record<string, unknown> = {}) => {
  expect((await send("POST", base, { name: "demo", workers: 1, ...body })).status).toBe(201);
  await endOne();
};
const alive = async () => {
  const cluster = await only();
  await rig.stores.clusters.setLiveRevision(cluster.id, cluster.revision);
  await rig.stores.clusters.setState(cluster.id, "ready", Date.now());
};
const key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ3qzT5T4w1k9s6p8kW2s2vY4m2s0f7XyS1d5YV7v6bq ada@example.org";
const fieldsIn = (answer: { json: Record<string, unknown> }) =>
  (answer.json.issues as { field: string; code: string }[] | undefined)?.map((i) => `${i.field} ${i.code}`);

test.each([
  [{ podCidr: "10.200.0.0/16" }, ["podCidr field.fixed"]],
  [{ serviceCidr: "10.112.0.0/12" }, ["serviceCidr field.fixed"]],
  [{ controlPlaneDiskGiB: 40 }, ["controlPlaneDiskGiB field.fixed"]],
  [{ kubernetesVersion: "1.34.1" }, ["kubernetesVersion kubernetesVersion.unknown"]],
  [{ image: "some-image" }, ["image field.fixed"]],
  [{ sshKeyMode: "generate" }, ["sshKeyMode field.fixed"]],
  [{ sshKeyMode: "paste", sshKey: key }, ["sshKeyMode field.fixed", "sshKey field.fixed"]],
  [{ sshKey: key }, ["sshKeyMode field.fixed", "sshKey field.fixed"]],
  [{ blueprint: "machines" }, ["blueprint field.fixed"]],
  [{ controlPlanes: 3 }, ["controlPlanes controlPlanes.endpoint"]],
  [{ controlPlanes: 0 }, ["controlPlanes controlPlanes.range"]],
  [{ diskGiB: 40 }, ["diskGiB field.added"]],
  [{ workers: 3, podCidr: "10.200.0.0/16", name: "x" }, ["podCidr field.fixed"]],
])("a living cluster refuses %j and names the field", async (body, fields) => {
  await draft();
  await alive();
  const refused = await send("PUT", `${base}/demo`, body);
  expect([refused.status, fieldsIn(refused)]).toEqual([422, fields]);
  expect((await only()).revision).toBe(1);
});

test("equal values are fine, and what may change is changed", async () => {
  await draft({ sshKeyMode: "paste", sshKey: key });
  await alive();
  const spec = await newest();
  const [{ version: kubernetesVersion }, { image }] = [kubernetesOf(spec), controlPlaneOf(spec)];
  const same = {
    name: "demo",
    podCidr: "10.244.0.0/16",
    serviceCidr: "10.96.0.0/12",
    kubernetesVersion,
    image: image.name,
    sshKeyMode: "paste",
    sshKey: key,
    diskGiB: 20,
  };
  expect((await send("PUT", `${base}/demo`, same)).json.type).toBe("urn:berth:problem:nothing-changed");
  expect((await send("PUT", `${base}/demo`, { ...same, workers: 2, workerVcpus: 3 })).status).toBe(201);
  expect((await newest()).machines.map((m) => [m.vcpus, m.memoryMiB])).toEqual([
    [2, 2048],
    [3, 2048],
    [3, 2048],
  ]);
});

test("a new worker gets the asked disk, else that of the worker added last", async () => {
  await draft();
  await alive();
  expect((await send("PUT", `${base}/demo`, { workers: 2, diskGiB: 40 })).status).toBe(201);
  await endOne();
  await alive();
  expect((await send("PUT", `${base}/demo`, { workers: 3 })).status).toBe(201);
  await endOne();
  await alive();
  expect((await send("PUT", `${base}/demo`, { workers: 4, diskGiB: 25 })).status).toBe(201);
  expect((await newest()).machines.map((m) => rootDiskOf(m).gib)).toEqual([20, 20, 40, 40, 25]);
});

test.each([
  [{ diskGiB: 40 }, (s: ClusterSpec) => s.machines.map((m) => rootDiskOf(m).gib), [40, 40]],
  [{ podCidr: "10.200.0.0/16" }, (s: ClusterSpec) => kubernetesOf(s).podCidr, "10.200.0.0/16"],
  [{ serviceCidr: "10.112.0.0/12" }, (s: ClusterSpec) => kubernetesOf(s).serviceCidr, "10.112.0.0/12"],
  [{ sshKey: key }, (s: ClusterSpec) => s.authorizedKeys, [key]],
  [{ controlPlaneSize: "large", workers: 0 }, (s: ClusterSpec) => s.machines.map((m) => m.vcpus), [4]],
])("a draft changes as a whole: %j", async (body, look, value) => {
  await draft();
  expect((await send("PUT", `${base}/demo`, body)).status).toBe(201);
  expect(look(await newest())).toEqual(value);
});

test("a draft can be renamed, to a name that is free", async () => {
  await draft();
  expect((await send("POST", base, { name: "taken" })).status).toBe(201);
  await endOne();
  expect(fieldsIn(await send("PUT", `${base}/demo`, { name: "taken" }))).toEqual(["name name.taken"]);
  const before = await rig.stores.clusters.byName((await only()).tenantId, "demo");
  expect((await send("PUT", `${base}/demo`, { name: "fresh", workers: 2 })).status).toBe(201);
  const after = await rig.stores.clusters.byName((await only()).tenantId, "fresh");
  expect(after?.id).toBe(before?.id);
  const spec = await rig.stores.clusters.spec(after?.id ?? "", 2);
  expect(spec?.machines.map((m) => m.name)).toEqual(["cp0", "w1", "w2"]);
  expect((await ask(rig, "GET", `${base}/demo`, { token: ada.token })).status).toBe(404);
  const secrets = await rig.stores.secrets.clusterSecrets(after?.tenantId ?? "", after?.id ?? "");
  expect(Object.keys(secrets?.hostKeys ?? {})).toEqual(expect.arrayContaining(["cp0", "w1", "w2"]));
});

test.each([
  [{ name: "c", workerVcpus: 4, workerMemoryMiB: 3000 }, 201, undefined],
  [{ name: "c", workerVcpus: 4 }, 422, ["workerMemoryMiB memoryMiB.required"]],
  [{ name: "c", workerSize: "small", workerVcpus: 4 }, 422, ["workerVcpus field.custom"]],
  [{ name: "c", workerSize: "small", workerVcpus: 2 }, 201, undefined],
  [{ name: "c", sshKeyMode: "none", sshKey: key }, 422, ["sshKey field.paste"]],
  [{ name: "c", sshKeyMode: "generate", sshKey: key }, 422, ["sshKey field.paste"]],
])("a new cluster takes no value that would be ignored: %j", async (body, status, fields) => {
  const answer = await send("POST", base, body);
  expect([answer.status, fieldsIn(answer)]).toEqual([status, fields]);
  if ("workerMemoryMiB" in body) expect((await newest()).machines[1]).toMatchObject({ vcpus: 4, memoryMiB: 3000 });
});
