/** A new size: the worker is drained and shut down, its machine replaced, its disk kept; nobody else is touched. */
import { afterAll, beforeAll, expect, it } from "vitest";
import { impactByMachine } from "#app/domain/plan/rows.ts";
import type { Plan } from "#app/domain/plan/plan.ts";
import { openRig, type Rig } from "./rig.ts";

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
  id = (await rig.newCluster("size", 1)).id;
  expect((await rig.update(id)).failure).toBeNull();
});
afterAll(async () => {
  await rig.close();
});

const said = async (operation: string): Promise<readonly string[]> =>
  (await rig.entries(operation)).flatMap(({ event: e }) => (e.kind === "output" && e.source === "command" ? e.lines : []));

/** Previews, approves, and gives the command lines of the run that tell the order. */
async function resized(): Promise<readonly string[]> {
  const plan = await rig.preview(id);
  const over = await rig.settled((await rig.submit(id, "update", plan.id)).id);
  expect(over.failure).toBeNull();
  expect(changes(await rig.preview(id))).toEqual([]);
  return (await said(over.id)).filter((line) => /rests|is asked to shut down|is back/.test(line));
}

it("restarts the worker in order, as the plan says, and keeps its disk", async () => {
  await rig.scale(id, 1, { worker: { vcpus: 1, memoryMiB: 192 } });
  const plan = await rig.preview(id);
  expect([...impactByMachine(plan.rows)]).toEqual([["w1", "restart"]]);
  expect(changes(plan)).toEqual(["replace w1", "replace w1-off", "replace w1-ready", "replace w1-rest"]);
  const { prefix } = await rig.spec(id);
  expect(await resized()).toEqual(["w1 rests", `${prefix}-w1 is asked to shut down`, "w1 is back"]);
  const machine = (await rig.hypervisor.inventory(prefix)).machines.find((m) => m.name === `${prefix}-w1`);
  expect(machine).toMatchObject({ memoryMiB: 192, state: "running" });
});

it("shuts the control plane down too, without touching the worker", async () => {
  await rig.scale(id, 1, { controlPlane: { vcpus: 1, memoryMiB: 192 } });
  const { prefix } = await rig.spec(id);
  expect([...impactByMachine((await rig.preview(id)).rows)]).toEqual([["cp0", "restart"]]);
  expect(await resized()).toEqual([`${prefix}-cp0 is asked to shut down`]);
});

it("shuts nobody down where the disks go too", async () => {
  await rig.scale(id, 0);
  expect((await resized()).filter((line) => line.includes("shut down"))).toEqual([]);
  const destroyed = await rig.destroy(id);
  expect(destroyed.failure).toBeNull();
  expect((await said(destroyed.id)).filter((line) => line.includes("shut down"))).toEqual([]);
});
