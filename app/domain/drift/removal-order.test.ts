import { expect, it } from "vitest";
import { changeOf, reviseSpec } from "#app/domain/cluster/revise-spec.ts";
import { examplePool, exampleRequest, exampleSpec } from "#app/domain/cluster/example-spec.ts";
import { workersOf } from "#app/domain/cluster/spec.ts";
import { type DriftKind, type DriftRow, driftId } from "./drift.ts";
import { removalOrder } from "./removal-order.ts";

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

it("names nobody while every worker is healthy", () => expect(removalOrder(spec, [])).toEqual([]));

it("puts a node that is down before a cordoned one, and that before one that only differs", () => {
  const rows = [row("machine-memory", "w4"), row("node-cordoned", "w3"), row("node-not-ready", "w1")];
  expect(removalOrder(spec, rows)).toEqual(["w1", "w3", "w4"]);
});

it("counts a node by the worst that was found of it", () => {
  expect(removalOrder(spec, [row("node-cordoned", "w4"), row("machine-vcpus", "w2"), row("machine-stopped", "w2")])).toEqual(["w2", "w4"]);
});

it("takes the younger of two equals, and an ignored row like any other", () => {
  expect(removalOrder(spec, [row("machine-stopped", "w1"), row("machine-stopped", "w3", { ignored: { until: 9, by: "ann" } })])).toEqual(["w3", "w1"]);
});

it("never names the control plane", () => expect(removalOrder(spec, [row("node-not-ready", "cp0")])).toEqual([]));

it("decides who stays in the next revision", () => {
  const { settings, networkIndex, keys } = exampleRequest();
  const removeFirst = removalOrder(spec, [row("node-not-ready", "w2")]);
  const next = reviseSpec({ previous: spec, live: spec, change: { ...changeOf(spec), pools: [examplePool({ count: 2 })], removeFirst }, settings, networkIndex, hostKeys: keys.hostKeys });
  expect(workersOf(next).map((m) => m.name)).toEqual(["w1", "w3"]);
});
