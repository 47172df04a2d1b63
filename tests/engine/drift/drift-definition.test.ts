/** Definitions of real machines that somebody changed or removed by hand: seen, planned, repaired, and right again. */
import { afterAll, beforeAll, expect, it } from "vitest";
import { type Drifting, openDrifting, said, virsh } from "./drifting.ts";

let d: Drifting;
let worker: string;
beforeAll(async () => {
  d = await openDrifting("bent");
  worker = `${d.prefix}-w1`;
});
afterAll(async () => d?.rig.close());

it("defines a machine again whose size was changed for its next start", async () => {
  await virsh("setmaxmem", worker, "160M", "--config");
  expect(said(await d.findDrift())).toEqual(["machine-memory:w1 128 → 160"]);
  expect(await d.repaired()).toContain("replace w1 (restart)");
});

it("makes an undefined machine again on its own disk", async () => {
  await virsh("destroy", worker);
  await virsh("undefine", worker);
  expect(said(await d.findDrift())).toEqual(["machine-missing:w1 running → absent"]);
  const plan = await d.repaired();
  expect(plan).toContain("create w1");
  expect(plan.filter((row) => row.includes("-disk") || row.includes("-seed"))).toEqual([]);
});
