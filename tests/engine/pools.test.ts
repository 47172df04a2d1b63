/** What changes while the machines run: labels and taints of a node pool are one step of each node, and a new name is none. */
import { afterAll, beforeAll, expect, it } from "vitest";
import type { PoolInput } from "#app/domain/cluster/spec-input.ts";
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
  id = (await rig.newCluster("pools", 1)).id;
  expect((await rig.update(id)).failure).toBeNull();
});
afterAll(async () => {
  await rig.close();
});

const withPool = (change: Partial<PoolInput>) =>
  rig.revise(id, (before) => ({ ...before, pools: before.pools.map((pool) => ({ ...pool, ...change })) }));

interface Run {
  readonly planned: readonly string[];
  /** Names of the resources that something was done to. */
  readonly did: readonly string[];
  readonly said: readonly string[];
}

/** Previews, approves, and demands that nothing is left to do and that no node was disturbed. */
async function carriedOut(): Promise<Run> {
  const plan = await rig.preview(id);
  expect([...impactByMachine(plan.rows)]).toEqual([]);
  const over = await rig.settled((await rig.submit(id, "update", plan.id)).id);
  expect([over.state, over.failure]).toEqual(["succeeded", null]);
  expect(changes(await rig.preview(id))).toEqual([]);
  const events = (await rig.entries(over.id)).map(({ event }) => event);
  return {
    planned: changes(plan),
    did: events.flatMap((e) => (e.kind === "step" && e.status === "done" && e.change !== "same" ? [e.step.name] : [])),
    said: events.flatMap((e) =>
      e.kind === "output" && e.source === "command" ? e.lines.filter((line) => line.startsWith("settings of")) : [],
    ),
  };
}

const machines = async () =>
  (await rig.hypervisor.inventory((await rig.spec(id)).prefix)).machines.map(({ name, state }) => `${name} ${state}`).sort();

it("labels and taints are set, changed and taken away while the machines run, each by the node's own step", async () => {
  const before = await machines();
  await withPool({ labels: { zone: "east", disk: "ssd" }, taints: [{ key: "gpu", value: "yes", effect: "NoSchedule" }] });
  expect(await carriedOut()).toEqual({
    planned: ["create w1-labels"],
    did: ["w1-labels"],
    said: ["settings of w1: disk=ssd zone=east gpu=yes:NoSchedule"],
  });
  await withPool({ labels: { zone: "west" }, taints: [] });
  expect(await carriedOut()).toEqual({ planned: ["update w1-labels"], did: ["w1-labels"], said: ["settings of w1: zone=west"] });
  await withPool({ labels: {} });
  expect(await carriedOut()).toEqual({ planned: ["delete w1-labels"], did: ["w1-labels"], said: ["settings of w1: none"] });
  expect(await machines()).toEqual(before);
});

it("another name changes nothing on the host", async () => {
  const [before, { prefix }] = [await machines(), await rig.spec(id)];
  await rig.revise(id, (spec) => ({ ...spec, name: "renamed" }));
  expect(await rig.spec(id)).toMatchObject({ name: "renamed", prefix });
  expect(await carriedOut()).toEqual({ planned: [], did: [], said: [] });
  expect(await machines()).toEqual(before);
});
