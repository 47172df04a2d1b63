import { reported } from "#app/domain/message/message.ts";
import { describe, expect, it } from "vitest";
import { type DriftFinding, type DriftCheckResult, driftId, isOpen, noRecord } from "./drift.ts";
import { afterCheck, beginCheck, ignoreRow, requestCheck } from "./record.ts";
import { chooseCheck, nextCheck, spreadOf } from "./schedule.ts";

const stopped: DriftFinding = {
  id: driftId("machine-stopped", "w1"),
  kind: "machine-stopped",
  subject: "w1",
  machine: "w1",
  expected: "running",
  found: "stopped",
  impact: "restart",
  repair: "plan",
  adopt: false,
};
const memory: DriftFinding = { ...stopped, id: driftId("machine-memory", "w1"), kind: "machine-memory", expected: "2048", found: "4096" };
const node: DriftFinding = { ...stopped, id: driftId("node-missing", "w2"), kind: "node-missing", subject: "w2", machine: "w2" };
const look = (at: number, findings: readonly DriftFinding[], more: Partial<DriftCheckResult> = {}): DriftCheckResult => ({
  at,
  revision: 1,
  sources: { host: "seen", engine: "seen", nodes: "seen" },
  trouble: null,
  findings,
  ...more,
});

describe("looks", () => {
  it("keep the age of what stays the same, and drop what is right again", () => {
    const second = afterCheck(afterCheck(noRecord, look(10, [stopped, memory])), look(20, [memory]));
    expect(second.rows.map((r) => [r.id, r.since])).toEqual([[memory.id, 10]]);
    expect(afterCheck(second, look(30, [{ ...memory, found: "1024" }])).rows[0]?.since).toBe(30);
  });

  it("that could not be completed leave the rows as last seen, and say why", () => {
    const after = afterCheck(afterCheck(noRecord, look(10, [stopped])), look(20, [], { trouble: [reported("libvirt does not answer")] }));
    expect([after.at, after.trouble, after.rows.length]).toEqual([10, { at: 20, reasons: [reported("libvirt does not answer")] }, 1]);
    expect(afterCheck(after, look(30, [])).trouble).toBeNull();
  });

  it("without an answer from the engine still believe what it said before, and what was decided about it", () => {
    const resource: DriftFinding = {
      ...stopped,
      id: driftId("resource", "demo-cni"),
      kind: "resource",
      subject: "demo-cni",
      machine: null,
    };
    const before = ignoreRow(afterCheck(noRecord, look(10, [resource, node])), resource.id, 50, "mina");
    const after = afterCheck(before, look(20, [], { sources: { host: "seen", engine: "silent", nodes: "seen" } }));
    expect(after.rows.map((r) => [r.id, r.since, r.ignored?.by])).toEqual([[resource.id, 10, "mina"]]);
  });

  it("without an answer from Kubernetes still believe what it said before", () => {
    const before = afterCheck(noRecord, look(10, [node]));
    const silent = { sources: { host: "seen", engine: "seen", nodes: "silent" } } as const;
    expect(afterCheck(before, look(20, [], silent)).rows.map((r) => [r.id, r.since])).toEqual([[node.id, 10]]);
    expect(afterCheck(before, look(20, [{ ...stopped, machine: "w2" }], silent)).rows.map((r) => r.id)).toEqual([stopped.id]);
  });

  it("fulfil only requests from before they began", () => {
    const requested = requestCheck(requestCheck(noRecord, 5), 9);
    expect(requested.wantedAt).toBe(5);
    expect(afterCheck(requested, look(10, [])).wantedAt).toBeNull();
    expect(afterCheck(requestCheck(noRecord, 15), look(10, [])).wantedAt).toBe(15);
  });

  it("are one at a time until the one under way is taken for dead", () => {
    const begun = beginCheck(noRecord, 10, 100);
    expect(begun && beginCheck(begun, 50, 200)).toBeNull();
    expect(begun && beginCheck(begun, 101, 200)).not.toBeNull();
  });
});

describe("decisions", () => {
  it("an ignored row is open again at its date, or when it says something else", () => {
    const ignored = ignoreRow(afterCheck(noRecord, look(10, [memory])), memory.id, 50, "mina");
    const [row] = afterCheck(ignored, look(20, [memory])).rows;
    expect(row && [isOpen(row, 49), isOpen(row, 50)]).toEqual([false, true]);
    expect(afterCheck(ignored, look(60, [memory])).rows[0]?.ignored).toBeNull();
    expect(afterCheck(ignored, look(20, [{ ...memory, found: "1" }])).rows[0]?.ignored).toBeNull();
    expect(ignoreRow(ignored, memory.id, null, "mina").rows[0]?.ignored).toBeNull();
  });
});

describe("the schedule", () => {
  const hour = 3_600_000;
  const at = (clusterId: string, when: number | null, more = {}) => ({
    clusterId,
    record: when === null ? null : { ...noRecord, at: when, ...more },
    lastEnd: null,
  });

  it("looks soon after an operation, and else at its interval, spread over clusters", () => {
    expect(nextCheck({ ...at("a", hour), lastEnd: 2 * hour }, 30)).toBe(2 * hour + 10_000);
    const spreads = Array.from({ length: 50 }, (_, i) => spreadOf(`cluster-${i}`));
    expect(Math.min(...spreads)).toBeGreaterThanOrEqual(0.9);
    expect(Math.max(...spreads)).toBeLessThanOrEqual(1.1);
    expect(new Set(spreads).size).toBeGreaterThan(40);
    expect(nextCheck(at("a", hour), 60)).toBe(hour + 60 * 60_000 * spreadOf("a"));
  });

  it("is off at 0, and then only requests count", () => {
    expect(nextCheck(at("a", 0), 0)).toBeNull();
    expect(chooseCheck([at("a", 0), at("b", null)], 0, hour)).toBeNull();
    expect(chooseCheck([at("a", 0), at("b", 0, { wantedAt: 7 })], 0, hour)).toEqual({ clusterId: "b", wanted: true });
  });

  it("takes requests first, the oldest before others, then who is due longest, and nobody who is being looked at", () => {
    const all = [at("a", 10 * hour), at("b", 5 * hour), at("c", 9 * hour, { wantedAt: 20 }), at("d", 9 * hour, { wantedAt: 10 })];
    expect(chooseCheck(all, 60, 20 * hour)).toEqual({ clusterId: "d", wanted: true });
    expect(chooseCheck(all.slice(0, 2), 60, 20 * hour)).toEqual({ clusterId: "b", wanted: false });
    expect(chooseCheck([at("b", 5 * hour, { lookingUntil: 30 * hour })], 60, 20 * hour)).toBeNull();
    expect(chooseCheck([at("a", 20 * hour)], 60, 20 * hour)).toBeNull();
  });
});
