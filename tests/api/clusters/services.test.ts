/** Services through the API, with a kind of the tests: chosen, added to and removed from a living cluster, refused with the reason. */
import { afterEach, beforeEach, expect, test } from "vitest";
import { addressOf, type ClusterSpec, machineNamed, servicesOf } from "#app/domain/cluster/spec.ts";
import { allClusters } from "#tests/contract/fixtures.ts";
import { nodeService, plainService } from "#tests/plain/service.ts";
import { ask, type Rig, type RigOptions, type Someone, startRig } from "#tests/api/rig.ts";

let rig: Rig;
let ada: Someone;
const start = async (options: RigOptions = {}) => {
  rig = await startRig({ serviceKinds: [nodeService], ...options });
  ada = await rig.person("ada");
};
const startAgain = async (options: RigOptions) => {
  await rig.close();
  await start(options);
};
beforeEach(() => start());
afterEach(() => rig.close());

const base = "/api/v1/tenants/ada/clusters";
const send = (method: "GET" | "POST" | "PUT", path: string, body?: unknown) =>
  ask(rig, method, path, { token: ada.token, ...(body === undefined ? {} : { body }) });
const only = async () => (await allClusters(rig.stores.clusters, null))[0] ?? expect.fail("no cluster");
const newest = async (): Promise<ClusterSpec> => {
  const cluster = await only();
  return (await rig.stores.clusters.spec(cluster.id, cluster.revision)) ?? expect.fail("no spec");
};
const alive = async () => {
  await rig.stores.operations.finish(await rig.claim(), "succeeded", [], null, Date.now());
  const cluster = await only();
  await rig.stores.clusters.setLiveRevision(cluster.id, cluster.revision);
  await rig.stores.clusters.setState(cluster.id, "ready", Date.now());
};
const create = async (body: object = {}) => {
  expect((await send("POST", base, { name: "demo", workers: 1, ...body })).status).toBe(201);
  await alive();
};
const issuesIn = (answer: { json: Record<string, unknown> }) =>
  answer.json.issues as readonly { field: string; code: string; message: string }[] | undefined;
const names = ({ machines }: ClusterSpec) => machines.map((m) => m.name);
const hostKeys = async (): Promise<readonly string[]> =>
  Object.keys((await rig.stores.secrets.clusterSecrets((await only()).tenantId, (await only()).id))?.hostKeys ?? {});

test("a cluster is created with a service, whose machine the answer lists beside the nodes", async () => {
  await create({ services: ["store"] });
  const { nodes, serviceMachines, spec, summary } = (await send("GET", `${base}/demo`)).json as {
    nodes: { name: string; role: string }[];
    serviceMachines: object[];
    spec: ClusterSpec;
    summary: object;
  };
  expect(nodes.map(({ name, role }) => [name, role])).toEqual([
    ["cp0", "control-plane"],
    ["w1", "worker"],
  ]);
  expect(serviceMachines).toEqual([expect.objectContaining({ name: "store0", service: "store", memoryMiB: 2048, diskGiB: 30 })]);
  expect([spec.services, names(spec)]).toEqual([
    [{ kind: "store", machines: ["store0"], settings: { text: "kept" } }],
    ["cp0", "w1", "store0"],
  ]);
  expect(summary).toMatchObject({ controlPlanes: 1, workers: 1, memoryMiB: 6144 });
  expect(await hostKeys()).toContain("store0");
});

test("a cluster without services has no such property, in its spec and in the answer", async () => {
  await create();
  expect(await newest()).not.toHaveProperty("services");
  expect((await send("GET", `${base}/demo`)).json).not.toHaveProperty("serviceMachines");
});

test("a service is added to and removed from a living cluster, and stays when a change says nothing of it", async () => {
  await create();
  const before = await newest();
  expect((await send("PUT", `${base}/demo`, { services: ["store"] })).status).toBe(201);
  expect(names(await newest())).toEqual(["cp0", "w1", "store0"]);
  await alive();
  const { changes } = (await send("GET", `${base}/demo/revisions/2`)).json;
  expect(changes).toContainEqual({ about: "service", name: "store", field: "machines", before: null, after: "store0" });
  expect((await send("PUT", `${base}/demo`, { workers: 2 })).status).toBe(201);
  expect(names(await newest())).toEqual(["cp0", "w1", "w2", "store0"]);
  await alive();
  expect((await send("PUT", `${base}/demo`, { services: ["store"] })).json.type).toBe("urn:berth:problem:nothing-changed");
  expect((await send("PUT", `${base}/demo`, { services: [], workers: 1 })).status).toBe(201);
  expect((await newest()).machines).toEqual(before.machines);
});

test("a draft that is decided again keeps its service and the key of its machine", async () => {
  expect((await send("POST", base, { name: "demo", workers: 1, services: ["store"] })).status).toBe(201);
  await rig.stores.operations.finish(await rig.claim(), "succeeded", [], null, Date.now());
  const first = await newest();
  expect((await send("PUT", `${base}/demo`, { workers: 2 })).status).toBe(201);
  const second = await newest();
  expect(servicesOf(second)).toEqual(servicesOf(first));
  expect([machineNamed(second, "store0").sshHostKey, addressOf(machineNamed(second, "store0"))]).toEqual([
    machineNamed(first, "store0").sshHostKey,
    addressOf(machineNamed(first, "store0")),
  ]);
});

test("a service that does not exist is refused by its id, in a new cluster and in a change", async () => {
  const refused = await send("POST", base, { name: "demo", services: ["storage"] });
  expect([refused.status, issuesIn(refused)]).toEqual([
    422,
    [expect.objectContaining({ field: "services", code: "service.unknown", message: "Services: there is no service “storage”." })],
  ]);
  await create();
  expect(issuesIn(await send("PUT", `${base}/demo`, { services: ["storage"] }))).toMatchObject([
    { field: "services", code: "service.unknown" },
  ]);
});

test("more machines than there are addresses for are refused with the limit", async () => {
  await startAgain({ serviceKinds: [{ ...nodeService, machines: 9 }] });
  expect(issuesIn(await send("POST", base, { name: "demo", services: ["store"] }))).toMatchObject([
    { code: "service.many", message: "Services: at most 8 machines for all services together." },
  ]);
});

test("a service whose image is not there waits for set-up", async () => {
  await startAgain({ serviceKinds: [plainService] });
  expect((await send("POST", base, { name: "demo", services: ["store"] })).json.type).toBe("urn:berth:problem:not-ready");
});

test("without a registered kind, as in this version, none can be asked for", async () => {
  await startAgain({ serviceKinds: [] });
  expect(issuesIn(await send("POST", base, { name: "demo", services: ["nfs"] }))).toMatchObject([
    { field: "services", code: "service.unknown" },
  ]);
  await create({ services: [] });
  expect(await newest()).not.toHaveProperty("services");
});

test("a plan names the machines whose disk goes, and no node of which only labels are taken away", async () => {
  await create({ services: ["store"] });
  const row = { type: "t", phase: "disks", impact: "none", on: null, changed: [], change: "delete" } as const;
  const rows = [
    { ...row, urn: "urn:1", name: "store0-disk", step: "disk", machine: "store0" },
    { ...row, urn: "urn:2", name: "w1-labels", step: "labels", machine: "w1" },
  ] as const;
  const { number } = await rig.plan("demo", "ada", { rows });
  expect((await send("GET", `${base}/demo/plans/${number}`)).json.losesData).toEqual(["store0"]);
});
