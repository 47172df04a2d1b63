import { expect, test } from "vitest";
import type { Phase } from "#app/domain/operation/event.ts";
import { graphOf, type GraphRow } from "./graph.ts";
import type { Change } from "./plan.ts";

const row = (phase: Phase, machine: string | null, change: Change = "create", step: GraphRow["step"] = null): GraphRow => ({
  urn: `${phase} ${machine ?? ""}`,
  step,
  phase,
  machine,
  change,
});
const cluster = (change: Change): readonly GraphRow[] => [
  row("network", null, change),
  ...["w10", "w2", "cp0"].flatMap((machine) => [row("disks", machine, change), row("boot", machine, change)]),
  row("ready", null, change),
];
const at = (graph: ReturnType<typeof graphOf>, id: string): string => graph.cells.find((cell) => cell.id === id)?.rows[0]?.urn ?? "";

test("the cluster comes first, then machines in the order of their numbers; phases from left to right", () => {
  const graph = graphOf(cluster("create"));
  expect(graph.lanes).toEqual([null, "cp0", "w2", "w10"]);
  expect(graph.columns).toEqual(["network", "disks", "boot", "ready"]);
});

test("every machine waits for the network and holds up the check at the end", () => {
  const graph = graphOf(cluster("create"));
  const arrows = graph.arrows.map(([from, to]) => `${at(graph, from)} > ${at(graph, to)}`);
  expect(arrows).toContain("network  > disks w10");
  expect(arrows).toContain("disks w10 > boot w10");
  expect(arrows).toContain("boot w10 > ready ");
});

test("a teardown is the same picture backwards", () => {
  const graph = graphOf(cluster("delete"));
  expect(graph.columns).toEqual(["ready", "boot", "disks", "network"]);
  expect(graph.arrows.map(([from, to]) => `${at(graph, from)} > ${at(graph, to)}`)).toContain("disks w2 > network ");
});

test("what stays as it is, is not drawn", () => {
  expect(graphOf([row("network", null, "same")])).toEqual({ lanes: [], columns: [], cells: [], arrows: [] });
});

test("a check of the whole cluster stands in the control plane's lane, and waits for every other machine", () => {
  const rows = [row("boot", "cp0"), row("boot", "w1"), row("ready", "cp0", "create", "smoke")];
  const arrows = (graph: ReturnType<typeof graphOf>) => graph.arrows.map(([from, to]) => `${at(graph, from)} > ${at(graph, to)}`);
  expect(arrows(graphOf(rows))).toContain("boot w1 > ready cp0");
  expect(arrows(graphOf(rows.map((r) => ({ ...r, step: null }))))).not.toContain("boot w1 > ready cp0");
});
