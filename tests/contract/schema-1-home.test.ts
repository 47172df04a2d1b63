/**
 * The home of an earlier version, restored and opened without machines: its cluster is on the host `local`, the portal
 * shows it, and the program makes of its spec what its state has, under the same names. The preview itself is asked of the
 * engine in tests/engine/schema-1-home.test.ts.
 */
import { rm } from "node:fs/promises";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type ClusterSpec, kubernetesOf, networkOf, poolsOf } from "#app/domain/cluster/spec.ts";
import { localHost } from "#app/domain/host/libvirt-host.ts";
import type { Config } from "#app/foundation/config.server.ts";
import { startRig, type Rig } from "#tests/api/rig.ts";
import { harbor, namesInState, restoreHome } from "#tests/fixtures/schema-1-home/restored-home.ts";
import { openSqlStores, type SqlStoreSet, tempFolder } from "./open-stores.ts";

const made: { readonly type: string; readonly name: string }[] = [];
const operator = { personId: harbor.personId, name: "ops", operator: true, memberships: { [harbor.tenantId]: "owner" } } as const;

let folder: string;
let config: Config;
let stores: SqlStoreSet;
let rig: Rig;
beforeAll(async () => {
  folder = await tempFolder();
  config = await restoreHome(join(folder, "home"), folder);
  stores = await openSqlStores(config.database, config.home);
  rig = await startRig({ stores });
});
afterAll(async () => {
  await rig.close();
  await stores.close();
  await rm(folder, { recursive: true });
});

const specNow = async (): Promise<ClusterSpec> => (await stores.clusters.spec(harbor.clusterId, 3)) ?? expect.fail();

test("its cluster and every revision read as they are written today, on the only host there was", async () => {
  expect(await stores.clusters.get(harbor.clusterId)).toMatchObject({
    name: "harbor",
    hostId: localHost,
    state: "ready",
    revision: 3,
    liveRevision: 3,
    networkIndex: 0,
  });
  const specs = await stores.clusters.specs([1, 2, 3].map((revision) => ({ clusterId: harbor.clusterId, revision })));
  expect(specs.map((s) => [s.schema, s.hostId, s.prefix, s.stackName])).toEqual(
    specs.map(() => [2, localHost, harbor.prefix, harbor.prefix]),
  );
  const spec = await specNow();
  expect([networkOf(spec).key, kubernetesOf(spec).key, kubernetesOf(spec).distribution]).toEqual(["harbor", "harbor", "kubeadm"]);
  expect(poolsOf(spec).map((pool) => [pool.name, pool.nodes])).toEqual([["workers", ["harbor-w1"]]]);
});

test("what it holds is counted on its host, and the next cluster gets another network there", async () => {
  expect(await stores.clusters.reserved(localHost)).toMatchObject({ clusters: 1, vcpus: 4 });
  expect(await stores.clusters.nextNetwork(localHost, 250)).not.toBe(0);
});

test("its keys are read with the passphrase of the backup", async () => {
  const secrets = await stores.secrets.clusterSecrets(harbor.tenantId, harbor.clusterId);
  expect(secrets?.portalPrivateKey).toContain("PRIVATE KEY");
});

test("the portal shows it, and takes the preview of its newest revision", async () => {
  const ref = { tenant: "ops", cluster: "harbor" };
  const view = await rig.services.clusters.get(operator, ref);
  expect(view.summary).toMatchObject({ name: "harbor", state: "ready", workers: 1, controlPlanes: 1 });
  expect(view.nodes.map((n) => [n.name, n.machine])).toEqual([
    ["harbor-cp0", "absent"],
    ["harbor-w1", "absent"],
  ]);
  expect((await rig.services.dashboard(operator)).hosts).toMatchObject([{ hostId: localHost, networks: { committed: 1 } }]);
  expect(await rig.services.clusters.preview(operator, ref, "update", null)).toMatchObject({
    kind: "preview",
    state: "queued",
    specRevision: 3,
  });
});

test("the program makes everything that its state has, by the names of then, and nothing else", async () => {
  await pulumi.runtime.setMocks(
    {
      newResource: ({ type, name, inputs, id }) => {
        made.push({ type, name });
        return { id: id || `${name}-id`, state: { ...inputs, stdout: "", stderr: "" } };
      },
      call: ({ inputs }) => inputs,
    },
    "berth",
    harbor.prefix,
    false,
  );
  const { clusterProgram } = await import("#programs/cluster/program.ts");
  const secrets = (await stores.secrets.clusterSecrets(harbor.tenantId, harbor.clusterId)) ?? expect.fail();
  const host = {
    libvirtUri: "qemu:///system",
    imageFolder: "/images/x",
    imagePool: "images",
    poolRoot: "/pools",
    consoleFolder: "/consoles",
  };
  await clusterProgram(await specNow(), secrets, host, "/seeds")();
  await pulumi.runtime.disconnect();
  const own = made.filter(({ type }) => !type.startsWith("berth:") && !type.startsWith("pulumi:"));
  const expected = await namesInState(config.home);
  expect(expected).toHaveLength(22);
  expect([...new Set(own.map((r) => r.name))].sort()).toEqual(expected);
});
