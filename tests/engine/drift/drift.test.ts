/** Real machines that somebody stopped or paused by hand: seen, planned, repaired, and running again. */
import { inEnglish } from "#app/messages/in-english.ts";
import { afterAll, beforeAll, expect, it } from "vitest";
import { changes, type Drifting, openDrifting, said, virsh } from "./drifting.ts";

let d: Drifting;
let worker: string;
beforeAll(async () => {
  d = await openDrifting("drift");
  worker = `${d.prefix}-w1`;
});
afterAll(async () => d?.rig.close());

it("finds nothing after an update, and writes nothing by looking", async () => {
  const before = await d.rig.stores.clusters.stateSerial(d.id);
  expect(said(await d.findDrift())).toEqual([]);
  expect((await d.rig.stores.drift.get(d.id))?.sources).toEqual({ host: "seen", engine: "seen", nodes: "absent" });
  expect(await d.rig.stores.clusters.stateSerial(d.id)).toBe(before);
});

it("starts a machine that was stopped; a plan that came too late is refused", async () => {
  await virsh("destroy", worker);
  expect(said(await d.findDrift())).toEqual(["machine-stopped:w1 running → stopped"]);
  const plan = await d.planned();
  await virsh("start", worker);
  const late = await d.run(plan);
  expect(late.failure).toMatchObject({ cause: "stale-plan", next: "preview-again" });
  expect(inEnglish(late.failure?.reasons ?? [])).toContain("No longer there: machine-stopped:w1");
  await virsh("destroy", worker);
  await d.findDrift();
  expect(await d.repaired()).toEqual(["update w1 running (restart)", "replace w1-ready", "replace main-smoke"]);
  expect(await virsh("domstate", worker)).toBe("running");
});

it("resumes a paused machine", async () => {
  await virsh("suspend", worker);
  expect(said(await d.findDrift())).toEqual(["machine-paused:w1 running → paused"]);
  expect(await d.repaired()).toEqual(["update w1 running", "replace w1-ready", "replace main-smoke"]);
  expect(await virsh("domstate", worker)).toBe("running");
});

it("leaves a plan that was made without asking as it was", async () => {
  await virsh("suspend", worker);
  await d.findDrift();
  expect(changes(await d.rig.preview(d.id))).toEqual([]);
  await virsh("resume", worker);
});
