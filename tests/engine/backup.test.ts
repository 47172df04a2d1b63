/**
 * A backup of a living cluster: restored after database, keys and state were lost, every stack's preview is empty; of one
 * that has grown since, nothing but a teardown begins; and where nothing of it is left, everything is made again.
 */
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { Plan } from "#app/domain/plan/plan.ts";
import { readConfig } from "#app/foundation/config.server.ts";
import { makeBackup } from "#app/server/backup/make-backup.ts";
import { restoreBackup } from "#app/server/backup/restore-backup.ts";
import { openRig, type Rig } from "./rig.ts";

const passphrase = "a long enough passphrase";
const changes = (plan: Plan) => plan.rows.filter((r) => r.change !== "same").map((r) => `${r.change} ${r.name} ${r.changed.join(",")}`);

let folder: string;
let rig: Rig;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "berth-backup-engine-"));
  rig = await openRig();
  rig.startWorker();
});
afterAll(async () => {
  await rig.close();
  await rm(folder, { recursive: true });
});

const configNow = () => readConfig({ BERTH_HOME: rig.home, BERTH_CACHE: folder }, 0);

/** Everything but the disks is lost, and comes from the backup. */
async function restored(source: string): Promise<void> {
  const left = await rig.leave();
  for (const name of await readdir(left.home))
    if (name !== "pools" && name !== "consoles") await rm(join(left.home, name), { recursive: true });
  await restoreBackup({ config: configNow(), source, passphrase, now: Date.now });
  rig = await openRig({ existing: left });
  rig.startWorker();
}

async function livingWithBackup(name: string): Promise<{ readonly id: string; readonly prefix: string; readonly target: string }> {
  const { id } = await rig.newCluster(name, 0);
  expect((await rig.update(id)).failure).toBeNull();
  const target = join(folder, name);
  await makeBackup({ config: configNow(), target, passphrase, now: Date.now });
  return { id, prefix: (await rig.spec(id)).prefix, target };
}

it("is made while the worker runs, and restored after everything but the disks is gone", async () => {
  const ids = [(await rig.newCluster("kept", 0)).id, (await rig.newCluster("beside", 0)).id];
  for (const id of ids) expect((await rig.update(id)).failure).toBeNull();
  const target = join(folder, "backup");
  const made = await makeBackup({ config: configNow(), target, passphrase, now: Date.now });
  expect(made.stacks.map((s) => [s.cluster, s.underWay, s.whole]).sort()).toEqual([
    ["beside", null, true],
    ["kept", null, true],
  ]);

  await restored(target);
  for (const id of ids) {
    expect((await rig.stores.clusters.get(id))?.state).toBe("ready");
    expect(changes(await rig.preview(id))).toEqual([]);
  }
  // What was restored is good for more than looking at.
  for (const id of ids) expect((await rig.destroy(id)).failure).toBeNull();
  for (const id of ids) expect((await rig.stores.clusters.receipt(id))?.rows.filter((r) => !r.gone)).toEqual([]);
});

it("leaves machines alone that were made after it: no update is planned, and a teardown takes them along", async () => {
  const { id, prefix, target } = await livingWithBackup("grown");
  await rig.scale(id, 1);
  expect((await rig.update(id)).failure).toBeNull();

  await restored(target);
  const { failure } = await rig.settled((await rig.submit(id, "preview")).id);
  expect(failure).toMatchObject({ cause: "state-torn", reasons: [{ code: "state-outdated", params: { names: [`${prefix}-w1`] } }] });
  expect((await rig.hypervisor.inventory(prefix)).machines).toHaveLength(2);
  expect((await rig.destroy(id)).failure).toBeNull();
  expect((await rig.stores.clusters.receipt(id))?.rows.filter((r) => !r.gone)).toEqual([]);
});

it("makes everything again on a host that has nothing of it", async () => {
  const { id, prefix, target } = await livingWithBackup("moved");
  expect((await rig.destroy(id)).failure).toBeNull();

  await restored(target);
  expect((await rig.stores.clusters.get(id))?.state).toBe("ready");
  const planned = changes(await rig.preview(id));
  expect(planned).toContainEqual(expect.stringMatching(/^create cp0 /));
  expect((await rig.update(id)).failure).toBeNull();
  expect(changes(await rig.preview(id))).toEqual([]);
  expect((await rig.hypervisor.inventory(prefix)).machines).toHaveLength(1);
  expect((await rig.destroy(id)).failure).toBeNull();
  expect((await rig.stores.clusters.receipt(id))?.rows.filter((r) => !r.gone)).toEqual([]);
});
