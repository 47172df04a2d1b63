import fc from "fast-check";
import { expect, it } from "vitest";
import { changeOf, reviseSpec } from "#app/domain/cluster/revise-spec.ts";
import type { SpecChange } from "#app/domain/cluster/spec-input.ts";
import { examplePool, exampleRequest, exampleSpec } from "#app/domain/cluster/example-spec.ts";
import { type ClusterSpec, workersOf } from "#app/domain/cluster/spec.ts";
import { type DriftKind, type DriftRow, driftId } from "./drift.ts";
import { goingNodes, removalOrder } from "./removal-order.ts";

const spec = exampleSpec({ workers: 4 });
const row = (kind: DriftKind, machine: string, more: Partial<DriftRow> = {}): DriftRow => ({
  id: driftId(kind, machine),
  kind,
  subject: machine,
  machine,
  expected: "",
  found: "",
  impact: "none",
  repair: "plan",
  adopt: false,
  since: 0,
  ignored: null,
  ...more,
});

const names = (rows: readonly DriftRow[], of = spec) => removalOrder(of, rows).map(({ name }) => name);

it("puts a node that is down before a cordoned one, that before one that only differs, and healthy ones last", () => {
  const rows = [row("machine-memory", "w4"), row("node-cordoned", "w3"), row("node-not-ready", "w1")];
  expect(removalOrder(spec, rows)).toEqual([
    { name: "w1", pool: "workers", trouble: "out" },
    { name: "w3", pool: "workers", trouble: "cordoned" },
    { name: "w4", pool: "workers", trouble: "differs" },
    { name: "w2", pool: "workers", trouble: null },
  ]);
});

it("counts a node by the worst that was found of it", () => {
  expect(names([row("node-cordoned", "w4"), row("machine-vcpus", "w2"), row("machine-stopped", "w2")]).slice(0, 2)).toEqual(["w2", "w4"]);
});

it("takes the younger of two equals, and an ignored row like any other", () => {
  expect(names([row("machine-stopped", "w1"), row("machine-stopped", "w3", { ignored: { until: 9, by: "ann" } })]).slice(0, 2)).toEqual([
    "w3",
    "w1",
  ]);
  expect(names([])).toEqual(["w4", "w3", "w2", "w1"]);
});

const next = (previous: ClusterSpec, live: ClusterSpec, to: Partial<SpecChange>): ClusterSpec => {
  const { settings, networkIndex, keys } = exampleRequest();
  return reviseSpec({ previous, live, change: { ...changeOf(previous), ...to }, settings, networkIndex, hostKeys: keys.hostKeys });
};

it("the youngest is the machine that was added last, also where it took the place of an earlier one", () => {
  const without = next(spec, spec, { pools: [examplePool({ count: 3 })], removeFirst: ["w1"] });
  const again = next(without, without, { pools: [examplePool({ count: 4 })] });
  expect(workersOf(again).map((m) => m.name)).toEqual(["w1", "w2", "w3", "w4"]);
  expect(names([], again)).toEqual(["w1", "w4", "w3", "w2"]);
});

it("never names the control plane", () => expect(names([row("node-not-ready", "cp0")])).not.toContain("cp0"));

it("decides who stays in the next revision", () => {
  const after = next(spec, spec, { pools: [examplePool({ count: 2 })], removeFirst: names([row("node-not-ready", "w2")]) });
  expect(workersOf(after).map((m) => m.name)).toEqual(["w1", "w3"]);
});

it("a person's choice comes first, also before one that a revision without effect so far had made", () => {
  const chosen = next(spec, spec, { pools: [examplePool({ count: 3 })], removeFirst: ["w2"] });
  expect(workersOf(chosen).map((m) => m.name)).toEqual(["w1", "w3", "w4"]);
  const kept = next(chosen, spec, { pools: [examplePool({ count: 3 })], removeFirst: ["w1"] });
  const other = next(chosen, spec, { pools: [examplePool({ count: 3 })], remove: ["w1"], removeFirst: ["w4"] });
  expect([kept, other].map((s) => workersOf(s).map((m) => m.name))).toEqual([
    ["w1", "w3", "w4"],
    ["w2", "w3", "w4"],
  ]);
});

it("what the form proposes is what the next revision does, over any choice", () => {
  const wide = exampleSpec({ pools: [examplePool({ name: "a", count: 4 }), examplePool({ name: "b", count: 3 })] });
  const node = fc.constantFrom("w1", "w2", "w3", "w4");
  const choice = fc.record({
    before: fc.nat(6),
    count: fc.nat(6),
    named: fc.uniqueArray(node, { maxLength: 4 }),
    worst: fc.uniqueArray(node, { maxLength: 4 }),
  });
  fc.assert(
    fc.property(choice, ({ before, count, named, worst }) => {
      fc.pre(named.length <= Math.max(0, 4 - count));
      const [, b] = changeOf(wide).pools;
      const pools = (n: number) => [examplePool({ name: "a", count: n }), b ?? expect.fail()];
      const candidates = removalOrder(
        wide,
        worst.map((w) => row("node-cordoned", w)),
      );
      const previous = next(wide, wide, { pools: pools(before) });
      const after = next(previous, wide, { pools: pools(count), remove: named, removeFirst: candidates.map(({ name }) => name) });
      const going = goingNodes({
        candidates: candidates.filter(({ pool }) => pool === "a"),
        newest: previous.kubernetes[0]?.pools[0]?.nodes ?? [],
        count,
        named,
      });
      expect(["w1", "w2", "w3", "w4"].filter((w) => !after.kubernetes[0]?.pools[0]?.nodes.includes(w))).toEqual(going.toSorted());
    }),
  );
});
