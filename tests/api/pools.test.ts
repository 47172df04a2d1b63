/** Node pools through the API: several of them, what may change, which node goes, and a new name for the cluster. */
import { afterEach, beforeEach, expect, test } from "vitest";
import { addressOf, type ClusterSpec, machineNamed, poolsOf, rootDiskOf } from "#app/domain/cluster/spec.ts";
import { driftId } from "#app/domain/drift/drift.ts";
import { ask, newestSpec, onlyCluster, type Rig, type Someone, startRig } from "./rig.ts";

let rig: Rig;
let ada: Someone;
beforeEach(async () => {
  rig = await startRig();
  ada = await rig.person("ada");
});
afterEach(() => rig.close());

const base = "/api/v1/tenants/ada/clusters";
const send = (method: "GET" | "POST" | "PUT", path: string, body?: unknown) =>
  ask(rig, method, path, { token: ada.token, ...(body === undefined ? {} : { body }) });
const only = () => onlyCluster(rig);
const newest = () => newestSpec(rig);
/** Ends the preview; with `alive`, the newest revision is the live one. */
const settle = async (alive = true) => {
  await rig.stores.operations.finish(await rig.claim(), "succeeded", [], null, Date.now());
  if (!alive) return;
  const cluster = await only();
  await rig.stores.clusters.setLiveRevision(cluster.id, cluster.revision);
  await rig.stores.clusters.setState(cluster.id, "ready", Date.now());
};
const gpu = {
  name: "gpu",
  count: 2,
  vcpus: 4,
  memoryMiB: 4096,
  diskGiB: 50,
  labels: { accelerator: "nvidia" },
  taints: [{ key: "gpu", value: "yes", effect: "NoSchedule" }],
};
const twoPools = async () => {
  expect((await send("POST", base, { name: "demo", pools: [{ name: "workers", count: 2 }, gpu] })).status).toBe(201);
  await settle();
};
const change = async (body: unknown) => {
  const answer = await send("PUT", `${base}/demo`, body);
  expect([answer.status, answer.json.issues]).toEqual([201, undefined]);
  return newest();
};
const nodes = (spec: ClusterSpec) => Object.fromEntries(poolsOf(spec).map((pool) => [pool.name, pool.nodes]));
const fieldsIn = (answer: { json: Record<string, unknown> }) =>
  (answer.json.issues as { field: string; code: string }[] | undefined)?.map((i) => `${i.field} ${i.code}`);

test("a cluster is created with several pools, each with its own size, disk, labels and taints", async () => {
  await twoPools();
  const spec = await newest();
  expect(nodes(spec)).toEqual({ workers: ["w1", "w2"], gpu: ["w3", "w4"] });
  expect(machineNamed(spec, "w3")).toMatchObject({ pool: "gpu", vcpus: 4, memoryMiB: 4096, disks: [{ gib: 50 }] });
  expect(poolsOf(spec)[1]).toMatchObject({ labels: gpu.labels, taints: gpu.taints });
  expect((await send("GET", `${base}/demo`)).json.summary).toMatchObject({ workers: 4, vcpus: 2 + 4 + 8, diskGiB: 60 + 100 });
});

test("a pool's fields that are left out keep their value, and a pool that is left out goes with its machines", async () => {
  await twoPools();
  const grown = await change({ pools: [{ name: "workers" }, { name: "gpu", count: 3 }, { name: "cache", count: 1, diskGiB: 30 }] });
  expect(nodes(grown)).toEqual({ workers: ["w1", "w2"], gpu: ["w3", "w4", "w5"], cache: ["w6"] });
  expect(poolsOf(grown)[1]).toMatchObject({ vcpus: 4, labels: gpu.labels, taints: gpu.taints });
  expect(["w5", "w6"].map((name) => rootDiskOf(machineNamed(grown, name)).gib)).toEqual([50, 30]);
  await settle();
  expect(nodes(await change({ pools: [{ name: "gpu" }] }))).toEqual({ gpu: ["w3", "w4", "w5"] });
});

test("labels and taints change alone: every machine stays as it is", async () => {
  await twoPools();
  const before = await newest();
  const after = await change({
    pools: [
      { name: "workers", labels: "disk=ssd" },
      { name: "gpu", taints: [] },
    ],
  });
  expect(after.machines).toEqual(before.machines);
  expect(poolsOf(after).map(({ labels, taints }) => [labels, taints])).toEqual([
    [{ disk: "ssd" }, []],
    [gpu.labels, []],
  ]);
});

test("the fields without a list still describe the pool `workers`, and leave other pools alone", async () => {
  await twoPools();
  expect(nodes(await change({ workers: 3 }))).toEqual({ workers: ["w1", "w2", "w5"], gpu: ["w3", "w4"] });
  await settle();
  expect(nodes(await change({ workers: 2, pools: [{ name: "workers", remove: ["w5"] }, { name: "gpu" }] }))).toEqual({
    workers: ["w1", "w2"],
    gpu: ["w3", "w4"],
  });
  await settle();
  const beside = await change({ workers: 1, pools: [{ name: "gpu" }] });
  expect(nodes(beside)).toEqual({ gpu: ["w3", "w4"], workers: ["w1"] });
});

test.each([
  [{ pools: [{ name: "workers" }, { name: "gpu", diskGiB: 80 }] }, ["pools[1].diskGiB field.added"]],
  [{ pools: [{ name: "workers", count: 1, remove: ["w3"] }, { name: "gpu" }] }, ["pools[0].remove pool.noNode"]],
  [{ pools: [{ name: "workers", remove: ["w1"] }, { name: "gpu" }] }, ["pools[0].remove pool.removeMany"]],
  [{ pools: [{ name: "workers", count: 1, remove: ["w1", "w2"] }, { name: "gpu" }] }, ["pools[0].remove pool.removeMany"]],
  [{ pools: [{ name: "workers", nodes: ["w1"] }] }, ["pools[0].nodes field.unknown"]],
  [{ pools: [{ name: "workers", size: "small", vcpus: 8 }] }, ["pools[0].vcpus field.custom"]],
  [{ workers: 3, diskGiB: 30, pools: [{ name: "workers", count: 2 }] }, ["workers pool.listed"]],
  [{ pools: [] }, ["pools pool.none"]],
  [{ pools: [{ name: "GPU" }] }, ["pools[0].name name.label"]],
  [{ podCidr: "10.200.0.0/16", pools: [{ name: "workers", labels: "x" }] }, ["pools[0].labels pool.label.form"]],
])("a change %j is refused, and each refusal names the pool's field", async (body, fields) => {
  await twoPools();
  const refused = await send("PUT", `${base}/demo`, body);
  expect([refused.status, fieldsIn(refused)]).toEqual([422, fields]);
  expect((await only()).revision).toBe(1);
});

test("a new cluster names no node, and a draft may change every pool", async () => {
  expect(fieldsIn(await send("POST", base, { name: "demo", pools: [{ name: "gpu", remove: ["w1"] }] }))).toEqual([
    "pools[0].remove pool.noNode",
  ]);
  expect((await send("POST", base, { name: "demo", pools: [gpu] })).status).toBe(201);
  await settle(false);
  const redrafted = await change({ pools: [{ name: "gpu", diskGiB: 80 }, { name: "cache" }] });
  expect(redrafted.machines.map((m) => rootDiskOf(m).gib)).toEqual([20, 80, 80, 20]);
});

const trouble = async (kind: "node-not-ready" | "node-cordoned", machine: string) => {
  const cluster = await only();
  const row = {
    id: driftId(kind, machine),
    kind,
    subject: machine,
    machine,
    expected: "",
    found: "",
    impact: "none",
    repair: "plan",
    adopt: false,
    since: 0,
    ignored: null,
  } as const;
  await rig.stores.drift.change(cluster.id, (record) => ({
    ...record,
    at: Date.now(),
    revision: cluster.liveRevision,
    rows: [...record.rows, row],
  }));
};

test("the node that goes is the worst of its own pool, or the one that a person names, and the answer of the edit says the order", async () => {
  await twoPools();
  await trouble("node-cordoned", "w1");
  await trouble("node-not-ready", "w3");
  const { removal } = (await send("GET", `${base}/demo/edit`)).json;
  expect(removal).toEqual([
    { name: "w3", pool: "gpu", trouble: "out" },
    { name: "w1", pool: "workers", trouble: "cordoned" },
    { name: "w4", pool: "gpu", trouble: null },
    { name: "w2", pool: "workers", trouble: null },
  ]);
  expect(
    nodes(
      await change({
        pools: [
          { name: "workers", count: 1 },
          { name: "gpu", count: 1 },
        ],
      }),
    ),
  ).toEqual({ workers: ["w2"], gpu: ["w4"] });
  await settle(false);
  const named = await change({
    pools: [
      { name: "workers", count: 1, remove: ["w2"] },
      { name: "gpu", count: 1, remove: ["w4"] },
    ],
  });
  expect(nodes(named)).toEqual({ workers: ["w1"], gpu: ["w3"] });
  const { changes } = (await send("GET", `${base}/demo/revisions/3`)).json;
  expect((changes as { about: string; name: string }[]).filter((row) => row.about === "machine").map((row) => row.name)).toEqual(
    expect.arrayContaining(["w1", "w2", "w3", "w4"]),
  );
});

test("a living cluster is renamed by a revision that touches no machine, and going back gives the old name", async () => {
  await twoPools();
  const before = await newest();
  const renamed = await send("PUT", `${base}/demo`, { name: "harbour" });
  expect([renamed.status, (renamed.json.cluster as { name: string }).name]).toEqual([201, "harbour"]);
  const { name, revision, ...rest } = await newest();
  expect([name, revision, { ...rest, name: "demo", revision: 1 }]).toEqual(["harbour", 2, before]);
  const { changes } = (await send("GET", `${base}/harbour/revisions/2`)).json;
  expect(changes).toEqual([{ about: "cluster", name: "", field: "name", before: "demo", after: "harbour" }]);
  await settle(false);
  expect((await send("GET", `${base}/demo`)).status).toBe(404);
  expect((await send("POST", `${base}/harbour/discard`)).json.name).toBe("demo");
});

test("a rename is refused for a name that is taken or reserved, and going back when the old name is another cluster's by now", async () => {
  await twoPools();
  expect((await send("PUT", `${base}/demo`, { name: "kubernetes" })).json.issues).toMatchObject([
    { field: "name", code: "reserved.kubernetes" },
  ]);
  expect((await send("PUT", `${base}/demo`, { name: "harbour" })).status).toBe(201);
  await settle(false);
  expect((await send("POST", base, { name: "demo" })).status).toBe(201);
  expect(fieldsIn(await send("PUT", `${base}/harbour`, { name: "demo" }))).toEqual(["name name.taken"]);
  expect((await send("POST", `${base}/harbour/discard`)).json.type).toBe("urn:berth:problem:name-taken");
});

test("the same request with the same key gives the first answer, also for unlike pools", async () => {
  await twoPools();
  const body = {
    pools: [
      { name: "gpu", count: 1, remove: ["w3"] },
      { name: "workers", count: 4, diskGiB: 35 },
    ],
  };
  const put = () => ask(rig, "PUT", `${base}/demo`, { token: ada.token, body, headers: { "Idempotency-Key": "k-1" } });
  const [first, second] = [await put(), await put()];
  expect([first.status, second.json]).toEqual([201, first.json]);
  const spec = await newest();
  expect([nodes(spec), addressOf(machineNamed(spec, "w5"))]).toEqual([
    { gpu: ["w4"], workers: ["w1", "w2", "w5", "w6"] },
    expect.stringMatching(/\.25$/),
  ]);
});

test("OpenAPI describes the pools, and how each field may change", async () => {
  const { json } = await send("GET", "/api/v1/openapi.json");
  const text = JSON.stringify((json.paths as Record<string, { post: unknown }>)["/tenants/{tenant}/clusters"]?.post);
  for (const part of [
    "pools",
    "taints",
    "remove",
    "A change restarts the machines, one after the other.",
    "Cannot change in a live cluster.",
  ])
    expect(text).toContain(part);
});
