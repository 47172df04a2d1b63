/**
 * Homes of versions with spec schema 1: one from a backup, on a host that has nothing of it, and one whose machines run.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, it } from "vitest";
import { localHost } from "#app/domain/host/libvirt-host.ts";
import type { Plan } from "#app/domain/plan/plan.ts";
import { makeFormerHome } from "#tests/fixtures/schema-1-home/previous-release.ts";
import { harbor, namesInState, restoreHome } from "#tests/fixtures/schema-1-home/restored-home.ts";
import { openRig, type Rig } from "./rig.ts";

const kubernetesProgram = fileURLToPath(new URL("../../programs/cluster/program.ts", import.meta.url));
const changes = (plan: Plan) => plan.rows.filter((r) => r.change !== "same").map((r) => `${r.change} ${r.name} ${r.changed.join(",")}`);

let folder: string;
let rig: Rig | undefined;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "berth-schema-1-"));
});
afterEach(async () => {
  await rig?.close();
  rig = undefined;
  await rm(folder, { recursive: true, force: true });
});

it("a restored home opens, and its preview on an empty host creates exactly what the cluster had, under the names of then", async () => {
  const { home } = await restoreHome(join(folder, "home"), folder);
  const expected = await namesInState(home);
  rig = await openRig({
    existing: { home, tenantId: harbor.tenantId, prefixes: [harbor.prefix] },
    engine: { programModule: kubernetesProgram },
  });
  rig.startWorker();
  expect(await rig.stores.clusters.get(harbor.clusterId)).toMatchObject({
    name: "harbor",
    hostId: localHost,
    state: "ready",
    revision: 3,
    liveRevision: 3,
  });
  const plan = await rig.preview(harbor.clusterId);
  expect(expected).toContain("harbor-cp0-disk");
  expect([...new Set(plan.rows.map((r) => r.change))]).toEqual(["create"]);
  expect([...new Set(plan.rows.map((r) => r.name))].sort()).toEqual(expected);
});

it("a cluster that the previous release made is taken over: an empty preview, a worker more, and a teardown with a whole receipt", async () => {
  const { clusterId: id, ...existing } = await makeFormerHome(join(folder, "release"), "former", 1);
  rig = await openRig({ existing });
  rig.startWorker();
  const before = await rig.spec(id);
  expect([before.schema, before.hostId, before.machines.map((m) => m.name)]).toEqual([2, localHost, ["former-cp0", "former-w1"]]);
  expect((await rig.hypervisor.inventory(before.prefix)).machines.map((m) => m.state)).toEqual(["running", "running"]);
  expect(changes(await rig.preview(id))).toEqual([]);

  await rig.scale(id, 2);
  const planned = changes(await rig.preview(id));
  expect(planned).toContainEqual(expect.stringMatching(/^create w2 /));
  expect(planned.filter((row) => /^\w+ former-(cp0|w1)(-disk|-seed)? /.test(row))).toEqual([]);
  expect((await rig.update(id)).failure).toBeNull();
  expect(changes(await rig.preview(id))).toEqual([]);
  expect((await rig.hypervisor.inventory(before.prefix)).machines).toHaveLength(3);

  expect((await rig.destroy(id)).failure).toBeNull();
  expect((await rig.stores.clusters.receipt(id))?.rows.filter((r) => !r.gone)).toEqual([]);
});
