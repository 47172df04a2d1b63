/** A portal with two libvirt hosts: each has its own figures, addresses and ports, and a cluster is placed on one of them. */
import { afterEach, beforeEach, expect, test } from "vitest";
import { addressOf, controlPlaneOf, networkOf, publishedApiPort } from "#app/domain/cluster/spec.ts";
import { localHost } from "#app/domain/host/libvirt-host.ts";
import { publish } from "#app/services/hosts/published-ports.ts";
import { byHost } from "#app/services/hosts/known-hosts.ts";
import type { PublishedPort } from "#app/ports/published-ports.ts";
import { ask, calmHypervisor, makeCluster, type Rig, type Someone, startRig } from "#tests/api/rig.ts";
import { registration } from "#tests/contract/fixtures.ts";

/** MiB of memory of each host; null: its libvirt does not answer. */
let memory: Record<string, number | null>;
let rig: Rig;
let ada: Someone;
beforeEach(async () => {
  memory = { [localHost]: 8_192, attic: 16_384 };
  const capacityOf = async (id: string) => {
    const memoryMiB = memory[id] ?? null;
    if (memoryMiB === null) throw new Error("no answer");
    return { hostName: `kvm-${id}`, cpus: 16, memoryMiB, freeMemoryMiB: memoryMiB, diskGiB: 500, freeDiskGiB: 500 };
  };
  rig = await startRig({ hypervisors: { of: (id) => ({ ...calmHypervisor, capacity: () => capacityOf(id) }) } });
  ada = await rig.person("ada");
});
afterEach(() => rig.close());

const addAttic = () =>
  rig.stores.hosts.register(
    registration({ id: "attic", name: "attic", networkRange: "10.93.0.0/16", portBase: 40_000, publishedHost: "attic.test" }),
  );
const send = (method: string, path: string, body?: unknown) =>
  ask(rig, method, path, { token: ada.token, ...(body === undefined ? {} : { body }) });
const made = async (name: string) => {
  const tenant = await rig.stores.people.tenantBySlug("ada");
  const cluster = tenant && (await rig.stores.clusters.byName(tenant.id, name));
  const spec = cluster && (await rig.stores.clusters.spec(cluster.id, cluster.revision));
  return { cluster: cluster ?? expect.fail(), spec: spec ?? expect.fail() };
};

test("a cluster is on the host with the most memory left, with that host's addresses, ports and name", async () => {
  await addAttic();
  await makeCluster(rig, ada, "demo");
  const { cluster, spec } = await made("demo");
  expect([cluster.hostId, spec.hostId]).toEqual(["attic", "attic"]);
  expect([networkOf(spec).cidr, publishedApiPort(spec)]).toEqual(["10.93.0.0/24", 40_000]);
  expect(spec.kubernetes[0]?.serverNames).toContain("attic.test");
  const form = (await send("GET", "/api/v1/tenants/ada/clusters/demo/edit")).json.form;
  expect(form).toMatchObject({
    room: { hostId: "attic", hostName: "kvm-attic" },
    networkRange: "10.93.0.0/16",
    nextNetwork: "10.93.1.0/24",
  });
});

test("the dashboard shows each host with what is reserved of it alone", async () => {
  await addAttic();
  await makeCluster(rig, ada, "demo", { workers: 1 });
  await rig.stores.operations.finish(await rig.claim(), "succeeded", [], null, Date.now());
  const plan = await rig.plan("demo", "ada");
  expect((await send("POST", `/api/v1/tenants/ada/clusters/demo/plans/${plan.number}/approve`, { hash: plan.hash })).status).toBe(202);
  const { hosts } = (await send("GET", "/api/v1/")).json as { hosts: unknown[] };
  expect(hosts).toMatchObject([
    {
      hostId: "attic",
      name: "attic",
      hostName: "kvm-attic",
      state: "open",
      memoryMiB: { total: 16_384, committed: 4_096 },
      networks: { committed: 1 },
      heldBy: { clusters: [{ cluster: "demo" }] },
    },
    {
      hostId: localHost,
      hostName: "kvm-local",
      memoryMiB: { total: 8_192 - 1_024, committed: 0 },
      networks: { committed: 0 },
      heldBy: { clusters: [] },
    },
  ]);
});

test("a host that does not answer takes nothing, and keeps no cluster from the other", async () => {
  await addAttic();
  memory.attic = null;
  await makeCluster(rig, ada, "demo");
  expect((await made("demo")).spec.hostId).toBe(localHost);
  expect((await send("GET", "/api/v1/")).json).toMatchObject({
    hosts: [
      { hostId: "attic", reachable: false },
      { hostId: localHost, reachable: true },
    ],
  });
});

test("where the cluster fits on no host the request is refused, each host with its reason, and no draft is left", async () => {
  await addAttic();
  memory = { [localHost]: 2_048, attic: null };
  const refused = await send("POST", "/api/v1/tenants/ada/clusters", { name: "demo" });
  expect(refused.status).toBe(409);
  expect(refused.json).toMatchObject({
    type: "urn:berth:problem:no-host",
    hosts: [
      { hostId: "attic", reason: "silent" },
      { hostId: localHost, reason: "memory" },
    ],
    detail: expect.stringMatching(/libvirt does not answer.*does not have enough memory/s) as string,
  });
  expect((await send("GET", "/api/v1/tenants/ada/clusters")).json).toMatchObject({ clusters: [] });
});

test("the only host is taken whatever it has left, also while its libvirt does not answer", async () => {
  memory[localHost] = null;
  await makeCluster(rig, ada, "demo");
  expect((await made("demo")).spec.hostId).toBe(localHost);
});

test("each host's gateway gets the ports of its own clusters", async () => {
  await addAttic();
  await makeCluster(rig, ada, "upstairs", { workers: 1 });
  memory.attic = null;
  await rig.stores.hosts.register(registration({ memoryReserveMiB: 0 }));
  const later = await startRig({
    stores: rig.stores,
    hypervisors: {
      of: (id) => ({ ...calmHypervisor, ...(id === "attic" ? { capacity: () => Promise.reject(new Error("no answer")) } : {}) }),
    },
  });
  await makeCluster(later, ada, "downstairs", { workers: 1 });
  await later.close();
  for (const name of ["upstairs", "downstairs"]) await rig.stores.clusters.setState((await made(name)).cluster.id, "ready", Date.now());
  const lists = new Map<string, readonly PublishedPort[]>();
  const file = (id: string) => ({ replace: async (ports: readonly PublishedPort[]) => void lists.set(id, ports) });
  await publish(rig.stores.clusters, rig.stores.hosts, byHost({ [localHost]: file(localHost), attic: file("attic") }));
  const apiOf = async (name: string) => {
    const { spec } = await made(name);
    return { port: publishedApiPort(spec), host: addressOf(controlPlaneOf(spec)), targetPort: 6443 };
  };
  expect(lists.get("attic")).toContainEqual(await apiOf("upstairs"));
  expect(lists.get(localHost)).toContainEqual(await apiOf("downstairs"));
  expect([lists.get("attic")?.length, lists.get(localHost)?.length]).toEqual([3, 3]);
});
