import { inEnglish } from "#app/messages/in-english.ts";
import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { exampleSpec } from "#app/domain/cluster/example-spec.ts";
import { addOnStepName, type StepTable, stepTable } from "#app/domain/cluster/steps.ts";
import { planHash } from "./hash.ts";
import { hostLimits, judgeCapacity } from "./headroom.ts";
import type { Change, NodeImpact, PlanRow } from "./plan.ts";
import { exampleWithService } from "#tests/plain/service.ts";
import { changesNothing, classifyRow, countChanges, impactByMachine, isStep, losesData, serviceMachinesIn } from "./rows.ts";
import { movedMessage, staleness } from "./staleness.ts";

const domain = "libvirt:index/domain:Domain";
const volume = "libvirt:index/volume:Volume";
const command = "command:remote:Command";
const table = stepTable([exampleSpec({ workers: 3 })]);
const addOn = addOnStepName("main", "metrics-server");
const withAddOn = stepTable([exampleSpec({ workers: 3, addOns: ["metrics-server"] })]);
const rowOf =
  (steps: StepTable) =>
  (name: string, type: string, change: Change, changed: readonly string[] = []): PlanRow => ({
    urn: `urn:${name}`,
    name,
    type,
    change,
    changed,
    ...classifyRow(steps, { type, name, change, changed }),
  });
const row = rowOf(table);
const addOnRow = rowOf(withAddOn);
const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");

describe("rows of a plan", () => {
  it.each<[string, string, Change, NodeImpact]>([
    ["w1", domain, "create", "none"],
    ["w1", domain, "replace", "restart"],
    ["w1-disk", volume, "replace", "replace"],
    ["w1-seed", volume, "replace", "none"],
    ["w1-ready", "command:remote:Command", "replace", "none"],
    ["w1", domain, "update", "none"],
  ])("%s of type %s: %s means %s for the node", (name, type, change, impact) => {
    expect(row(name, type, change)).toMatchObject({ impact, machine: "w1" });
  });

  it("sum up to the worst per machine", () => {
    const rows = [
      row("w1", domain, "replace"),
      row("w1-disk", volume, "replace"),
      row("w2", domain, "replace"),
      row("cp0", domain, "same"),
    ];
    expect([...impactByMachine(rows)]).toEqual([
      ["w1", "replace"],
      ["w2", "restart"],
    ]);
    expect(countChanges(rows)).toEqual({ create: 0, update: 0, replace: 3, delete: 0, same: 1 });
    expect([changesNothing(rows), changesNothing([row("cp0", domain, "same")])]).toEqual([false, true]);
  });

  it.each<[string, readonly string[]]>([
    ["labels of a node that are removed", ["w1-labels"]],
    ["an add-on that is removed", [addOn]],
    ["both", ["w1-labels", addOn]],
  ])("lose no local data: %s", (_, removed) => {
    const rows = removed.map((name) => addOnRow(name, command, "delete"));
    // They are steps of machines all the same.
    expect(rows.map(({ machine }) => machine)).not.toContain(null);
    expect(losesData(rows)).toEqual([]);
  });

  it("lose the local data of the machines whose disk is replaced or removed", () => {
    const rows = [
      addOnRow("w1-disk", volume, "replace"),
      addOnRow("w2-disk", volume, "delete"),
      addOnRow("w3-disk", volume, "create"),
      addOnRow("cp0-disk", volume, "same"),
      addOnRow("w2-labels", command, "delete"),
      addOnRow(addOn, command, "delete"),
    ];
    expect(losesData(rows)).toEqual(["w1", "w2"]);
  });

  it.each<Change>(["replace", "delete"])("lose local data by no other step: %s", (change) => {
    const steps = [...withAddOn].filter(([, { step }]) => step !== "disk").map(([name]) => addOnRow(name, command, change));
    expect(steps.length).toBeGreaterThan(20);
    expect(losesData(steps)).toEqual([]);
  });

  it("tell service machines from nodes, also when both lose their data", () => {
    const served = stepTable([exampleWithService({ workers: 2 })]);
    const gone = ["store0", "store0-disk", "store0-setup", "w2", "w2-disk"].map((name) => ({
      ...row(name, name.endsWith("disk") ? volume : domain, "delete"),
      ...classifyRow(served, { type: domain, name, change: "delete", changed: [] }),
    }));
    expect([losesData(gone), [...serviceMachinesIn(gone)]]).toEqual([["store0", "w2"], ["store0"]]);
  });

  it("are only things that a person waits for", () => {
    expect([isStep(table, "pulumi:pulumi:Stack", "x"), isStep(table, "berth:cluster:Machine", "w1"), isStep(table, domain, "w1")]).toEqual([
      false,
      false,
      true,
    ]);
  });
});

describe("the hash of a plan", () => {
  const rows = [row("w1", domain, "create"), row("w2", domain, "replace", ["memory", "vcpu"])];
  const hash = (r: readonly PlanRow[] = rows, revision = 3, serial = 5) => planHash(revision, serial, r, sha256);

  it("does not depend on the order in which the engine named things", () => {
    fc.assert(
      fc.property(fc.shuffledSubarray(rows, { minLength: rows.length }), (shuffled) => {
        expect(hash(shuffled)).toBe(hash());
      }),
    );
    expect(hash([row("w1", domain, "create"), row("w2", domain, "replace", ["vcpu", "memory"])])).toBe(hash());
  });

  it("changes with revision, state and every row", () => {
    const others = [hash(rows, 4), hash(rows, 3, 6), hash(rows.slice(1)), hash([row("w1", domain, "replace"), ...rows.slice(1)]), hash([])];
    expect(new Set([hash(), ...others]).size).toBe(others.length + 1);
  });
});

describe("a stale plan", () => {
  const plan = { kind: "update", fromRevision: 2, specRevision: 3, stateSerial: 5 } as const;

  it("names everything that moved", () => {
    expect(staleness(plan, { revision: 3, liveRevision: 2, stateSerial: 5 })).toEqual([]);
    const moved = staleness(plan, { revision: 4, liveRevision: 3, stateSerial: 6 });
    expect(moved.map((m) => m.what)).toEqual(["live-revision", "newest-revision", "state"]);
    expect(inEnglish(moved.map(movedMessage))).toMatch(/revision 3 is live.*revision 4 was written.*state 5, now 6/);
  });

  it("is not made by a newer request when everything is to go anyway", () => {
    expect(staleness({ ...plan, kind: "destroy" }, { revision: 9, liveRevision: 2, stateSerial: 5 })).toEqual([]);
  });
});

describe("capacity of the host", () => {
  const host = { vcpus: 2, memoryMiB: 24_000, diskGiB: 80 };
  const none = { vcpus: 0, memoryMiB: 0, diskGiB: 0 };
  const ask = (after: typeof none, committed = none, now = none) =>
    judgeCapacity({ limit: hostLimits(host, 2000), reserved: committed, now, after });

  it("refuses memory that is not there, with the numbers", () => {
    const { headroom, refusals } = ask({ vcpus: 4, memoryMiB: 30_000, diskGiB: 40 });
    expect(refusals).toEqual([{ code: "memory", needed: 30_000, available: 22_000, unit: "MiB" }]);
    expect(headroom[0]).toEqual({ what: "memory", unit: "MiB", before: 0, after: 30_000, limit: 22_000 });
  });

  it("lets a processor be promised four times over", () => {
    expect(ask({ ...none, vcpus: 8 }).refusals).toEqual([]);
    expect(ask({ ...none, vcpus: 9 }).refusals.map((r) => r.code)).toEqual(["vcpus"]);
  });

  it("counts what this cluster has already only once", () => {
    const has = { vcpus: 4, memoryMiB: 20_000, diskGiB: 40 };
    expect(ask({ ...has, memoryMiB: 21_000 }, has, has).refusals).toEqual([]);
  });

  it("never refuses to shrink, even on a host that is too full", () => {
    const size = fc.record({ vcpus: fc.nat(99), memoryMiB: fc.nat(99_999), diskGiB: fc.nat(999) });
    fc.assert(
      fc.property(size, size, (committed, after) => {
        const smaller = {
          vcpus: Math.min(after.vcpus, committed.vcpus),
          memoryMiB: Math.min(after.memoryMiB, committed.memoryMiB),
          diskGiB: Math.min(after.diskGiB, committed.diskGiB),
        };
        expect(ask(smaller, committed, committed).refusals).toEqual([]);
      }),
    );
  });
});
