/** A service machine of real machines: made beside the nodes, set up, changed with them, and removed with its disk alone. */
import { afterAll, beforeAll, expect, it } from "vitest";
import { impactByMachine, losesData, serviceMachinesIn } from "#app/domain/plan/rows.ts";
import type { Plan } from "#app/domain/plan/plan.ts";
import { plainService } from "#tests/plain/service.ts";
import { openRig, type Rig } from "./rig.ts";

const changes = (plan: Plan) =>
  plan.rows
    .filter((r) => r.change !== "same")
    .map((r) => `${r.change} ${r.name}`)
    .sort();

let rig: Rig;
let id: string;
beforeAll(async () => {
  rig = await openRig({ serviceKinds: [plainService] });
  rig.startWorker();
  id = (await rig.newCluster("served", 1)).id;
  expect((await rig.update(id)).failure).toBeNull();
});
afterAll(async () => {
  await rig.close();
});

/** Previews, approves, demands that nothing is left to do, and returns the plan and what the service machine said. */
async function carriedOut(): Promise<{ readonly plan: Plan; readonly said: readonly string[] }> {
  const plan = await rig.preview(id);
  const over = await rig.settled((await rig.submit(id, "update", plan.id)).id);
  expect([over.state, over.failure]).toEqual(["succeeded", null]);
  expect(changes(await rig.preview(id))).toEqual([]);
  const events = (await rig.entries(over.id)).map(({ event }) => event);
  const said = events.flatMap((e) =>
    e.kind === "output" && e.source === "command" ? e.lines.filter((line) => line.includes("store0")) : [],
  );
  return { plan, said };
}

const machines = async () =>
  (await rig.hypervisor.inventory((await rig.spec(id)).prefix)).machines
    .map(({ name, state }) => `${name.split("-").at(-1)} ${state}`)
    .sort();
const volumes = async () =>
  (await rig.hypervisor.inventory((await rig.spec(id)).prefix)).volumes.map(({ name }) => name).filter((name) => name.includes("store0"));

it("is added to a living cluster: set up and checked, while no node notices", async () => {
  await rig.revise(id, (before) => ({ ...before, services: ["store"] }));
  const { plan, said } = await carriedOut();
  expect(changes(plan)).toEqual([
    "create store0",
    "create store0-check",
    "create store0-disk",
    "create store0-off",
    "create store0-ready",
    "create store0-seed",
    "create store0-setup",
  ]);
  expect([...impactByMachine(plan.rows)]).toEqual([]);
  expect(said).toEqual(expect.arrayContaining(["store0 keeps: kept for cp0 w1", "store is set up on store0", "store works on store0"]));
  expect(await machines()).toEqual(["cp0 running", "store0 running", "w1 running"]);
});

it("is set up again in place, and checked, when the nodes are others", async () => {
  await rig.scale(id, 2);
  const { plan, said } = await carriedOut();
  expect(changes(plan).filter((line) => line.includes("store0"))).toEqual(["replace store0-check", "update store0-setup"]);
  expect(losesData(plan.rows)).toEqual([]);
  expect(said).toContain("store0 keeps: kept for cp0 w1 w2");
});

it("is removed with its disk, as the plan says, and nothing else is touched", async () => {
  await rig.revise(id, (before) => ({ ...before, services: [] }));
  const { plan } = await carriedOut();
  expect(changes(plan).filter((line) => !line.includes("store0"))).toEqual([]);
  expect([losesData(plan.rows), [...serviceMachinesIn(plan.rows)]]).toEqual([["store0"], ["store0"]]);
  expect([await machines(), await volumes()]).toEqual([["cp0 running", "w1 running", "w2 running"], []]);
});
