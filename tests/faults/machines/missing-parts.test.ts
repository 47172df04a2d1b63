/**
 * A teardown comes to its receipt whatever another hand has removed before: every part of a cluster, and every pair of
 * parts. Four of them run in `npm test`, all in `npm run faults -- missing-parts`.
 */
import { afterAll, beforeAll, expect, it } from "vitest";
import { chosen, held } from "#tests/faults/points.ts";
import { type Missing, pairs, removeParts, singles } from "./missing-parts.ts";
import { openRig, type Rig } from "#tests/engine/rig.ts";

let rig: Rig;
let tornDown = 0;
beforeAll(async () => {
  rig = await openRig({ program: "resting-machines.ts" });
  rig.startWorker();
});
afterAll(async () => {
  console.log(`torn down to a receipt with parts missing: ${tornDown}`);
  await rig.close();
});

const receiptOf = async (id: string) => (await rig.stores.clusters.receipt(id))?.rows ?? [];
let made = 0;

const cases: readonly (readonly [string, Missing])[] = chosen("missing parts", [...singles, ...pairs], 4).map((missing) => [
  missing.join(" and "),
  missing,
]);

it.each(cases)("comes to its receipt without %s", async (_, missing) => {
  const { id } = await rig.newCluster(`part${++made}`, 1);
  expect((await rig.update(id)).failure).toBeNull();
  const spec = await rig.spec(id);
  removeParts(rig, spec, missing);
  const { state, attempt, failure } = await rig.destroy(id);
  expect({ state, attempt, failure }).toEqual({ state: "succeeded", attempt: 1, failure: null });
  expect((await receiptOf(id)).filter((r) => !r.gone)).toEqual([]);
  // What was removed with everything that knew of it cannot be told from what never was.
  const knew = !missing.includes("state file");
  const proofs = (await receiptOf(id)).filter((r) => r.what === "machine").map((r) => r.proof.code);
  if (missing.includes("machines") && knew) expect(new Set(proofs)).toEqual(new Set(["gone-before"]));
  const { machines, networks, pools, volumes } = await rig.hypervisor.inventory(spec.prefix);
  expect([machines, networks, pools, volumes]).toEqual([[], [], [], []]);
  tornDown += 1;
  held("missing parts", missing);
});
