/** What on the libvirt host is in the way, as the API tells it. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { type ClusterSpec, publishedApiPort } from "#app/domain/cluster/spec.ts";
import type { Listener } from "#app/domain/plan/host-obstacles.ts";
import { allClusters } from "#tests/contract/fixtures.ts";
import { ask, makeCluster, type Rig, type Someone, startRig } from "./rig.ts";

let rig: Rig;
let ada: Someone;
let taken: readonly Listener[] = [];
let unheard: readonly number[] = [];

beforeAll(async () => {
  const survey = {
    addresses: [],
    routes: [],
    devices: [],
    listeners: [],
    published: [],
    storage: { folder: "/", freeMiB: 1e6, freeInodes: null },
    ipForwarding: true,
    forwardDrops: [],
    appArmorMissing: [],
  };
  rig = await startRig({
    hostCheck: {
      survey: () => Promise.resolve(survey),
      takenPorts: (ports) => Promise.resolve(taken.filter((l) => ports.includes(l.port))),
      silentPorts: (ports) => Promise.resolve(unheard.filter((port) => ports.includes(port))),
    },
  });
  ada = await rig.person("ada");
});
afterAll(() => rig.close());

const seen = async (name: string) =>
  (await ask(rig, "GET", `/api/v1/tenants/ada/clusters/${name}`, { token: ada.token })).json as {
    takenPorts: unknown;
    access: { apiServer: string | null; directApiServer: string };
    nodes: { sshCommand: string | null }[];
    spec: Pick<ClusterSpec, "published">;
  };

test("a plan that the host is in the way of names what, and cannot be approved", async () => {
  await makeCluster(rig, ada, "blocked");
  const params = { range: "10.91.0.0/24", found: "10.91.0.5/24", device: "br0" };
  const plan = await rig.plan("blocked", "ada", { refusals: [{ code: "address-conflict", params }] });
  const shown = await ask(rig, "GET", `/api/v1/tenants/ada/clusters/blocked/plans/${plan.number}`, { token: ada.token });
  expect(shown.status, shown.text).toBe(200);
  expect(shown.json.plan).toMatchObject({ refusals: [{ code: "address-conflict", params }] });
  expect(shown.json.mayApprove).toBe(false);
  const answer = await ask(rig, "POST", `/api/v1/tenants/ada/clusters/blocked/plans/${plan.number}/approve`, {
    token: ada.token,
    body: { hash: plan.hash, typedName: null },
  });
  expect(answer.json).toMatchObject({
    type: "urn:berth:problem:plan-refused",
    status: 409,
    detail: expect.stringContaining("br0 of the libvirt host has 10.91.0.5/24, which overlaps 10.91.0.0/24") as unknown,
  });
});

test("a published port that another program took is named, and no address leads there", async () => {
  const sshKey = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ3qzT5T4w1k9s6p8kW2s2vY4m2s0f7XyS1d5YV7v6bq ada@example.org";
  await makeCluster(rig, ada, "shadowed", { sshKeyMode: "paste", sshKey });
  const port = publishedApiPort((await seen("shadowed")).spec) ?? expect.fail("no port");
  taken = [port, port + 2].map((p) => ({ protocol: "tcp", address: "0.0.0.0", port: p, program: "nginx (process 12)" }));
  expect(await seen("shadowed")).toMatchObject({ takenPorts: [] });
  const cluster = (await allClusters(rig.stores.clusters, null)).find((c) => c.name === "shadowed");
  await rig.stores.clusters.setState(cluster?.id ?? "", "ready", Date.now());
  const { takenPorts, access, nodes } = await seen("shadowed");
  expect(takenPorts).toEqual([port, port + 2].map((p) => ({ port: p, holder: `nginx (process 12), tcp 0.0.0.0:${p}` })));
  expect([access.apiServer, nodes.map((n) => n.sshCommand === null)]).toEqual([null, [false, true]]);
  taken = [];
  expect((await seen("shadowed")).access.apiServer).toContain(String(port));
});

test("no kubeconfig is handed out that leads to another program, or to a port where nothing listens", async () => {
  await makeCluster(rig, ada, "unreached");
  const { id } = (await allClusters(rig.stores.clusters, null)).find((c) => c.name === "unreached") ?? expect.fail();
  await rig.stores.clusters.setLiveRevision(id, 1);
  await rig.stores.clusters.setState(id, "ready", Date.now());
  const port = publishedApiPort((await seen("unreached")).spec) ?? expect.fail("no port");
  const download = (use: string) => ask(rig, "GET", `/api/v1/tenants/ada/clusters/unreached/kubeconfig?use=${use}`, { token: ada.token });
  expect((await download("outside")).status).toBe(200);
  taken = [{ protocol: "tcp", address: "0.0.0.0", port, program: "nginx (process 12)" }];
  expect((await download("outside")).json).toMatchObject({
    type: "urn:berth:problem:port-not-published",
    status: 409,
    detail: `The API server's port ${port} is taken by nginx (process 12), tcp 0.0.0.0:${port}: a kubeconfig would lead there. Stop that program, or download with use=direct on the libvirt host.`,
  });
  expect((await download("direct")).status).toBe(200);
  [taken, unheard] = [[], [port]];
  expect((await download("outside")).json).toMatchObject({
    status: 409,
    detail: `Nothing listens on the API server's port ${port}, so it is not published: is Berth's launcher running? On the libvirt host, download with use=direct.`,
  });
  expect(await seen("unreached")).toMatchObject({ takenPorts: [{ port, holder: null }], access: { apiServer: null } });
  unheard = [];
  expect((await download("outside")).status).toBe(200);
});
