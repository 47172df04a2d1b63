/** A living cluster of an earlier version, whose state holds what its machine wrote. */
import { afterAll, beforeAll, expect, it } from "vitest";
import { ofEarlierVersion, openRig, type Rig } from "./rig.ts";

let rig: Rig;
beforeAll(async () => {
  rig = await openRig({ program: "former-kubeconfig.ts" });
  rig.startWorker();
});
afterAll(() => rig.close());

it("previews empty with this version, and what the machine wrote comes out nowhere", async () => {
  const { id } = await rig.newCluster("former", 0, ofEarlierVersion);
  const made = await rig.update(id);
  expect(made.state).toBe("succeeded");
  await rig.stores.clusters.addRevision({ ...(await rig.spec(id)), revision: 2 }, Date.now());
  const plan = await rig.preview(id);
  expect(plan.rows.map((row) => row.name)).toContain("main-kubeconfig");
  expect(plan.rows.filter((row) => row.change !== "same")).toEqual([]);
  const update = await rig.update(id);
  expect(update.state).toBe("succeeded");
  const journals = [...(await rig.entries(made.id)), ...(await rig.entries(update.id))];
  expect(JSON.stringify(journals)).not.toContain("planted-by-the-machine");
  expect((await rig.destroy(id)).state).toBe("succeeded");
});
