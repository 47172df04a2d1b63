import { describe, expect, it } from "vitest";
import { exampleSpec } from "#app/domain/cluster/example-spec.ts";
import { networkOf } from "#app/domain/cluster/spec.ts";
import { stepTable } from "#app/domain/cluster/steps.ts";
import type { DriftFinding } from "#app/domain/drift/drift.ts";
import { driftId } from "#app/domain/drift/drift.ts";
import { adoptedChange, movedSince, planRepair, rowsWithWakes, stepsLeft, uncordonsOf, wakesOf } from "#app/domain/drift/repair.ts";
import type { PlanRow } from "#app/domain/plan/plan.ts";
import { wakeHost } from "./activate.ts";

const spec = exampleSpec({ name: "demo", workers: 1 });
const found = (kind: DriftFinding["kind"], machine: string | null, more: Partial<DriftFinding> = {}): DriftFinding => ({
  id: driftId(kind, machine ?? "net"),
  kind,
  subject: machine ?? "net",
  machine,
  expected: "",
  found: "",
  impact: "none",
  repair: "plan",
  adopt: false,
  ...more,
});
const stopped = found("machine-stopped", "w1", { found: "stopped" });
const paused = found("machine-paused", "cp0", { found: "paused" });
const off = found("network-inactive", null);
const row = (name: string, type: string, change: PlanRow["change"] = "same"): PlanRow => ({
  urn: name,
  name,
  step: null,
  type,
  phase: "boot",
  change,
  impact: "restart",
  machine: null,
  on: null,
  changed: [],
});

describe("a plan that repairs", () => {
  it("holds what it was made for, and with the host read, everything that reading will act on", () => {
    expect(planRepair(spec, { repaired: [off], adopted: [], now: [off, stopped] }).marks).toEqual([`${off.id}=`]);
    expect(planRepair(spec, { repaired: [stopped], adopted: [], now: [off, stopped] }).marks).toEqual(
      [`${stopped.id}=stopped`, `${off.id}=`].sort(),
    );
  });

  it("is over when what it found is no longer so, or when the reading would do more", () => {
    const plan = planRepair(spec, { repaired: [stopped], adopted: [], now: [stopped] });
    expect(movedSince(plan, [stopped])).toEqual({ over: [], fresh: [] });
    expect(movedSince(plan, [])).toEqual({ over: ["machine-stopped:w1=stopped"], fresh: [] });
    expect(movedSince(plan, [stopped, paused]).fresh).toEqual(["machine-paused:cp0=paused"]);
    const byName = planRepair(spec, { repaired: [found("node-missing", "w1", { found: "absent" })], adopted: [], now: [] });
    expect(movedSince(byName, [stopped])).toEqual({ over: [], fresh: [] });
  });

  it("reads the host for what was adopted, and makes nothing again for it", () => {
    const memory = found("machine-memory", "cp0", { found: "4096", adopt: true });
    expect(planRepair(spec, { repaired: [], adopted: [memory], now: [memory] })).toEqual({
      refresh: true,
      again: [],
      marks: ["machine-memory:cp0=4096"],
    });
    expect(adoptedChange(spec, memory)).toMatchObject({
      controlPlane: { memoryMiB: 4096 },
      pools: [{ name: "workers", count: 1, memoryMiB: 2048 }],
    });
    expect(adoptedChange(spec, found("machine-missing", "w1", { adopt: true }))).toMatchObject({
      pools: [{ name: "workers", count: 0 }],
      removeFirst: ["w1"],
    });
    expect(adoptedChange(spec, stopped)).toBeNull();
  });

  it("continues with a machine as a whole: what was cut off between its disk and its join is made from the disk on", () => {
    const again = ["main-smoke", "w1-disk", "w1-join", "w1-seat", "w1-token"];
    const left = (done: readonly string[]) => stepsLeft(again, new Set(done), stepTable([spec]));
    expect(left([])).toEqual(again);
    expect(left(["w1-disk", "w1-seat", "w1-token"])).toEqual(again);
    expect(left(again.slice(1))).toEqual(["main-smoke"]);
    expect(left(again)).toEqual([]);
  });

  it("shows what Berth itself wakes among the engine's rows", () => {
    const wakes = wakesOf(spec, [off, paused, stopped], true);
    expect(wakes.map((w) => w.row)).toEqual(["main-network", "cp0"]);
    const rows = rowsWithWakes(
      [
        row("main-network", "libvirt:index/network:Network"),
        row("cp0", "libvirt:index/domain:Domain"),
        row("w1", "libvirt:index/domain:Domain", "update"),
        row("main-network", "libvirt:x", "replace"),
      ],
      wakes,
    );
    expect(rows.map((r) => [r.name, r.change, r.impact, r.changed.join()])).toEqual([
      ["main-network", "update", "none", "active"],
      ["cp0", "update", "none", "running"],
      ["w1", "update", "restart", ""],
      ["main-network", "replace", "restart", ""],
    ]);
  });
});

it("networks are woken before the machines on them, and each is told before and after", async () => {
  const told: string[] = [];
  const host = {
    look: () => Promise.reject(new Error("not asked")),
    wake: async (kind: string, name: string) => void told.push(`wake ${kind} ${name}`),
  };
  await wakeHost({ host }, wakesOf(spec, [paused, off], true), async (wake, status) => void told.push(`${wake.row} ${status}`));
  const name = spec.machines[0]?.libvirtName ?? "";
  expect(told).toEqual([
    "main-network running",
    `wake network ${networkOf(spec).name}`,
    "main-network done",
    "cp0 running",
    `wake machine ${name}`,
    "cp0 done",
  ]);
});

it("lost firewall rules are restored once the network is active, and the network's row reports it", async () => {
  const lost = found("network-firewall", networkOf(spec).name, { found: "missing" });
  const done: string[] = [];
  const wakes = wakesOf(spec, [paused, lost], true);
  await wakeHost({ host: { wake: async (kind: string, name: string) => void done.push(`${kind} ${name}`) } }, wakes, () =>
    Promise.resolve(),
  );
  expect(done).toEqual([`firewall ${networkOf(spec).name}`, `machine ${spec.machines[0]?.libvirtName}`]);
  expect(rowsWithWakes([row("main-network", "libvirt:index/network:Network")], wakes)).toMatchObject([
    { change: "update", impact: "none", changed: ["firewall"] },
  ]);
});

it("a cordoned node is uncordoned after the machines are awake, by the plan's own mark", async () => {
  const cordoned = found("node-cordoned", "w1", { found: "false" });
  const plan = planRepair(spec, { repaired: [cordoned], adopted: [], now: [] });
  expect(plan).toEqual({ refresh: false, again: ["main-smoke"], marks: ["node-cordoned:w1=false"] });
  const done: string[] = [];
  const waker = {
    host: { wake: async (kind: string) => void done.push(kind) },
    uncordon: async (node: string) => void done.push(`uncordon ${node}`),
  };
  const wakes = [...uncordonsOf(spec, plan.marks), ...wakesOf(spec, [paused, off], true)];
  await wakeHost(waker, wakes, () => Promise.resolve());
  expect(done).toEqual(["network", "machine", "uncordon w1"]);
  expect(rowsWithWakes([row("w1", "libvirt:index/domain:Domain")], wakes)).toMatchObject([
    { change: "update", impact: "none", changed: ["schedulable"] },
  ]);
  expect(uncordonsOf(spec, ["node-cordoned:w1=true", "node-cordoned:w9=false"])).toEqual([]);
});

it("a pool that was begun and never finished does not stand in the way of the run that removes it", async () => {
  const told: string[] = [];
  const host = { look: () => Promise.reject(new Error("not asked")), wake: () => Promise.reject(new Error("cannot open directory")) };
  const wake = (alive: boolean) =>
    wakeHost({ host }, wakesOf(spec, [found("pool-inactive", null)], alive), async ({ row }, status) => void told.push(`${row} ${status}`));
  await wake(false);
  expect(told).toEqual(["main-pool running"]);
  await expect(wake(true)).rejects.toThrow("cannot open directory");
});
