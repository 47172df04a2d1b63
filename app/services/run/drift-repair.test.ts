import { describe, expect, it } from "vitest";
import { exampleSpec } from "#app/domain/cluster/example-spec.ts";
import type { DriftFinding } from "#app/domain/drift/drift.ts";
import { driftId } from "#app/domain/drift/drift.ts";
import { adoptedChange, movedSince, planRepair, rowsWithWakes, stepsLeft, uncordonsOf, wakesOf } from "#app/domain/drift/repair.ts";
import type { PlanRow } from "#app/domain/plan/plan.ts";
import { wakeHost } from "./activate.ts";

const spec = exampleSpec({ name: "demo", workers: 1 });
const found = (kind: DriftFinding["kind"], machine: string | null, more: Partial<DriftFinding> = {}): DriftFinding => ({
  id: driftId(kind, machine ?? "net"), kind, subject: machine ?? "net", machine, expected: "", found: "", impact: "none", repair: "plan", adopt: false, ...more,
});
const stopped = found("machine-stopped", "demo-w1", { found: "stopped" });
const paused = found("machine-paused", "demo-cp0", { found: "paused" });
const off = found("network-inactive", null);
const row = (name: string, type: string, change: PlanRow["change"] = "same"): PlanRow => ({ urn: name, name, type, phase: "boot", change, impact: "restart", machine: null, changed: [] });

describe("a plan that repairs", () => {
  it("holds what it was made for, and with the host read, everything that reading will act on", () => {
    expect(planRepair(spec, { repaired: [off], adopted: [], now: [off, stopped] }).marks).toEqual([`${off.id}=`]);
    expect(planRepair(spec, { repaired: [stopped], adopted: [], now: [off, stopped] }).marks).toEqual([`${stopped.id}=stopped`, `${off.id}=`].sort());
  });

  it("is over when what it found is no longer so, or when the reading would do more", () => {
    const plan = planRepair(spec, { repaired: [stopped], adopted: [], now: [stopped] });
    expect(movedSince(plan, [stopped])).toEqual({ over: [], fresh: [] });
    expect(movedSince(plan, [])).toEqual({ over: ["machine-stopped:demo-w1=stopped"], fresh: [] });
    expect(movedSince(plan, [stopped, paused]).fresh).toEqual(["machine-paused:demo-cp0=paused"]);
    const byName = planRepair(spec, { repaired: [found("node-missing", "demo-w1", { found: "absent" })], adopted: [], now: [] });
    expect(movedSince(byName, [stopped])).toEqual({ over: [], fresh: [] });
  });

  it("reads the host for what was adopted, and makes nothing again for it", () => {
    const memory = found("machine-memory", "demo-cp0", { found: "4096", adopt: true });
    expect(planRepair(spec, { repaired: [], adopted: [memory], now: [memory] })).toEqual({ refresh: true, again: [], marks: ["machine-memory:demo-cp0=4096"] });
    expect(adoptedChange(spec, memory)).toMatchObject({ controlPlane: { memoryMiB: 4096 }, workers: 1 });
    expect(adoptedChange(spec, found("machine-missing", "demo-w1", { adopt: true }))).toMatchObject({ workers: 0 });
    expect(adoptedChange(spec, stopped)).toBeNull();
  });

  it("goes on with a machine as a whole: what was cut off between its disk and its join is made from the disk on", () => {
    const again = ["demo-smoke", "demo-w1-disk", "demo-w1-join", "demo-w1-seat", "demo-w1-token"];
    expect(stepsLeft(again, new Set())).toEqual(again);
    expect(stepsLeft(again, new Set(["demo-w1-disk", "demo-w1-seat", "demo-w1-token"]))).toEqual(again);
    expect(stepsLeft(again, new Set(again.slice(1)))).toEqual(["demo-smoke"]);
    expect(stepsLeft(again, new Set(again))).toEqual([]);
  });

  it("shows what Berth itself wakes among the engine's rows", () => {
    const wakes = wakesOf(spec, [off, paused, stopped], true);
    expect(wakes.map((w) => w.row)).toEqual(["demo-network", "demo-cp0"]);
    const rows = rowsWithWakes([row("demo-network", "libvirt:index/network:Network"), row("demo-cp0", "libvirt:index/domain:Domain"), row("demo-w1", "libvirt:index/domain:Domain", "update"), row("demo-network", "libvirt:x", "replace")], wakes);
    expect(rows.map((r) => [r.name, r.change, r.impact, r.changed.join()])).toEqual([["demo-network", "update", "none", "active"], ["demo-cp0", "update", "none", "running"], ["demo-w1", "update", "restart", ""], ["demo-network", "replace", "restart", ""]]);
  });
});

it("networks are woken before the machines on them, and each is told before and after", async () => {
  const told: string[] = [];
  const host = { look: () => Promise.reject(new Error("not asked")), wake: async (kind: string, name: string) => void told.push(`wake ${kind} ${name}`) };
  await wakeHost({ host }, wakesOf(spec, [paused, off], true), async (wake, status) => void told.push(`${wake.row} ${status}`));
  const name = spec.machines[0]?.libvirtName ?? "";
  expect(told).toEqual(["demo-network running", `wake network ${spec.network.name}`, "demo-network done", "demo-cp0 running", `wake machine ${name}`, "demo-cp0 done"]);
});

it("lost firewall rules are restored once the network is active, and the network's row reports it", async () => {
  const lost = found("network-firewall", spec.network.name, { found: "missing" });
  const done: string[] = [];
  const wakes = wakesOf(spec, [paused, lost], true);
  await wakeHost({ host: { wake: async (kind: string, name: string) => void done.push(`${kind} ${name}`) } }, wakes, () => Promise.resolve());
  expect(done).toEqual([`firewall ${spec.network.name}`, `machine ${spec.machines[0]?.libvirtName}`]);
  expect(rowsWithWakes([row("demo-network", "libvirt:index/network:Network")], wakes)).toMatchObject([{ change: "update", impact: "none", changed: ["firewall"] }]);
});

it("a cordoned node is uncordoned after the machines are awake, by the plan's own mark", async () => {
  const cordoned = found("node-cordoned", "demo-w1", { found: "false" });
  const plan = planRepair(spec, { repaired: [cordoned], adopted: [], now: [] });
  expect(plan).toEqual({ refresh: false, again: ["demo-smoke"], marks: ["node-cordoned:demo-w1=false"] });
  const done: string[] = [];
  const waker = { host: { wake: async (kind: string) => void done.push(kind) }, uncordon: async (node: string) => void done.push(`uncordon ${node}`) };
  const wakes = [...uncordonsOf(spec, plan.marks), ...wakesOf(spec, [paused, off], true)];
  await wakeHost(waker, wakes, () => Promise.resolve());
  expect(done).toEqual(["network", "machine", "uncordon demo-w1"]);
  expect(rowsWithWakes([row("demo-w1", "libvirt:index/domain:Domain")], wakes)).toMatchObject([{ change: "update", impact: "none", changed: ["schedulable"] }]);
  expect(uncordonsOf(spec, ["node-cordoned:demo-w1=true", "node-cordoned:demo-w9=false"])).toEqual([]);
});

it("a pool that was begun and never finished does not stand in the way of the run that removes it", async () => {
  const told: string[] = [];
  const host = { look: () => Promise.reject(new Error("not asked")), wake: () => Promise.reject(new Error("cannot open directory")) };
  const wake = (alive: boolean) => wakeHost({ host }, wakesOf(spec, [found("pool-inactive", null)], alive), async ({ row }, status) => void told.push(`${row} ${status}`));
  await wake(false);
  expect(told).toEqual(["demo-pool running"]);
  await expect(wake(true)).rejects.toThrow("cannot open directory");
});
