/** Several control planes, as the engine makes them of tiny machines: one after the other, and more of them later. */
import { afterAll, beforeAll, expect, it } from "vitest";
import type { Plan } from "#app/domain/plan/plan.ts";
import { openRig, type Rig } from "#tests/engine/rig.ts";

const changes = (plan: Plan) =>
  plan.rows
    .filter((r) => r.change !== "same")
    .map((r) => `${r.change} ${r.name}`)
    .sort();

let rig: Rig;
let id: string;
beforeAll(async () => {
  rig = await openRig();
  rig.startWorker();
  id = (await rig.newCluster("several", 0, undefined, 2)).id;
});
afterAll(async () => {
  await rig.close();
});

/** Steps of an operation in the order in which they began and ended. */
async function course(operation: string): Promise<readonly string[]> {
  return (await rig.entries(operation)).flatMap(({ event: e }) => (e.kind === "step" ? [`${e.step.name} ${e.status}`] : []));
}

it("makes the machine of a control plane when the one before it is a member", async () => {
  const update = await rig.update(id);
  expect(update.failure).toBeNull();
  const steps = await course(update.id);
  expect(steps.indexOf("main-init done")).toBeGreaterThan(-1);
  expect(steps.indexOf("cp1 running")).toBeGreaterThan(steps.indexOf("main-init done"));
  expect(changes(await rig.preview(id))).toEqual([]);
});

it("adds further ones in order, and touches none that is there", async () => {
  await rig.scale(id, 0, { controlPlanes: 4 });
  const plan = changes(await rig.preview(id));
  expect(plan.filter((row) => /^\w+ cp[01](-|$)/.test(row))).toEqual([]);
  expect(plan).toEqual(expect.arrayContaining(["create cp2", "create cp3"]));
  const update = await rig.update(id);
  expect(update.failure).toBeNull();
  const steps = await course(update.id);
  expect(steps.indexOf("cp2-member done")).toBeGreaterThan(-1);
  expect(steps.indexOf("cp3 running")).toBeGreaterThan(steps.indexOf("cp2-member done"));
  expect(changes(await rig.preview(id))).toEqual([]);
});

it("takes all of them down at once", async () => {
  const destroyed = await rig.destroy(id);
  expect(destroyed.failure).toBeNull();
  const { prefix } = await rig.spec(id);
  expect((await rig.hypervisor.inventory(prefix)).machines).toEqual([]);
});
