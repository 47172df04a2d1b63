/** A backup of a living cluster: restored after database, keys and state were lost, every stack's preview is empty. */
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { Plan } from "#app/domain/plan/plan.ts";
import { readConfig } from "#app/server/config.server.ts";
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

it("is made while the worker runs, and restored after everything but the disks is gone", async () => {
  const ids = [(await rig.newCluster("kept", 0)).id, (await rig.newCluster("beside", 0)).id];
  for (const id of ids) expect((await rig.update(id)).failure).toBeNull();
  const config = readConfig({ BERTH_HOME: rig.home, BERTH_CACHE: folder }, 0);
  const target = join(folder, "backup");
  const made = await makeBackup({ config, target, passphrase, now: Date.now });
  expect(made.stacks.map((s) => [s.cluster, s.underWay, s.whole]).sort()).toEqual([["beside", null, true], ["kept", null, true]]);

  const left = await rig.leave();
  for (const name of await readdir(left.home)) if (name !== "pools" && name !== "consoles") await rm(join(left.home, name), { recursive: true });
  await restoreBackup({ config, source: target, passphrase, now: Date.now });
  rig = await openRig({ existing: left });
  rig.startWorker();
  for (const id of ids) {
    expect((await rig.stores.clusters.get(id))?.state).toBe("ready");
    expect(changes(await rig.preview(id))).toEqual([]);
  }
  // What was restored is good for more than looking at.
  for (const id of ids) expect((await rig.destroy(id)).failure).toBeNull();
  for (const id of ids) expect((await rig.stores.clusters.receipt(id))?.rows.filter((r) => !r.gone)).toEqual([]);
});
