import { expect, test } from "vitest";
import type { Phase } from "#app/domain/operation/event.ts";
import { graphOf, type GraphRow } from "./graph.ts";
import type { Change } from "./plan.ts";

const row = (phase: Phase, machine: string | null, change: Change = "create"): GraphRow => ({ urn: `${phase} ${machine ?? ""}`, phase, machine, change });
const cluster = (change: Change): readonly GraphRow[] => [
  row("network", null, change),
  ...["demo-w10", "demo-w2", "demo-cp0"].flatMap((machine) => [row("disks", machine, change), row("boot", machine, change)]),
  row("ready", null, change),
];
const at = (graph: ReturnType<typeof graphOf>, id: string): string => graph.cells.find((cell) => cell.id === id)?.rows[0]?.urn ?? "";

test("the cluster comes first, then machines in the order of their numbers; phases from left to right", () => {
  const graph = graphOf(cluster("create"));
  expect(graph.lanes).toEqual([null, "demo-cp0", "demo-w2", "demo-w10"]);
  expect(graph.columns).toEqual(["network", "disks", "boot", "ready"]);
});

test("every machine waits for the network and holds up the check at the end", () => {
  const graph = graphOf(cluster("create"));
  const arrows = graph.arrows.map(([from, to]) => `${at(graph, from)} > ${at(graph, to)}`);
  expect(arrows).toContain("network  > disks demo-w10");
  expect(arrows).toContain("disks demo-w10 > boot demo-w10");
  expect(arrows).toContain("boot demo-w10 > ready ");
});

test("a teardown is the same picture backwards", () => {
  const graph = graphOf(cluster("delete"));
  expect(graph.columns).toEqual(["ready", "boot", "disks", "network"]);
  expect(graph.arrows.map(([from, to]) => `${at(graph, from)} > ${at(graph, to)}`)).toContain("disks demo-w2 > network ");
});

test("what stays as it is, is not drawn", () => {
  expect(graphOf([row("network", null, "same")])).toEqual({ lanes: [], columns: [], cells: [], arrows: [] });
});
