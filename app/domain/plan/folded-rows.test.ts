import { describe, expect, it } from "vitest";
import { exampleSpec } from "#app/domain/cluster/example-spec.ts";
import { stepTable } from "#app/domain/cluster/steps.ts";
import type { RowStatus } from "#app/domain/operation/progress.ts";
import type { Change } from "./plan.ts";
import { foldedCount, foldRows, leavesAsOne } from "./folded-rows.ts";

const table = stepTable([exampleSpec({ workers: 2 })]);

interface Row {
  readonly change: Change;
  readonly status?: RowStatus;
}

const rowsOf = (changes: Readonly<Record<string, Change | Row>>) =>
  Object.entries(changes).map(([name, row]) => ({
    ...(table.get(name) ?? expect.fail(`${name} is no resource`)),
    name,
    ...(typeof row === "string" ? { change: row } : row),
  }));

/** Rows by name, each with what is folded into it. */
const folded = (changes: Readonly<Record<string, Change | Row>>) =>
  foldRows(rowsOf(changes)).map(({ row, arrangements }) =>
    arrangements.length === 0 ? row.name : `${row.name} (${arrangements.map((a) => a.name).join(", ")})`,
  );

const wholeMachine = (change: Change) =>
  ({
    "w1-disk": change,
    w1: change,
    "w1-off": change,
    "w1-token": change,
    "w1-seat": change,
    "w1-join": change,
    "w1-rest": change,
  }) as const;

describe("rows of a plan", () => {
  it("hold a machine's arrangements in the machine's row", () => {
    expect(folded({ "main-network": "create", ...wholeMachine("create"), "main-smoke": "create" })).toEqual([
      "main-network",
      "w1-disk",
      "w1 (w1-off, w1-token, w1-seat, w1-rest)",
      "w1-join",
      "main-smoke",
    ]);
  });

  it("show what an arrangement does now: a new size shuts the machine down, and a worker that leaves is taken out", () => {
    expect(folded({ "w1-disk": "same", w1: "replace", "w1-off": "replace", "w1-rest": "replace" })).toEqual(["w1", "w1-off", "w1-rest"]);
    expect(folded({ ...wholeMachine("delete"), "w1-join": "delete" })).toEqual([
      "w1-disk",
      "w1 (w1-off, w1-rest)",
      "w1-token",
      "w1-seat",
      "w1-join",
    ]);
  });

  it("fold everything that leaves with the whole cluster", () => {
    expect(folded({ cp0: "delete", ...wholeMachine("delete") })).toEqual([
      "cp0",
      "w1-disk",
      "w1 (w1-off, w1-token, w1-seat, w1-rest)",
      "w1-join",
    ]);
    expect([leavesAsOne(rowsOf({ "w1-off": "delete" })), leavesAsOne(rowsOf({ "w1-off": "delete", "w1-rest": "replace" }))]).toEqual([
      true,
      false,
    ]);
  });

  it("fold into the first row of a machine that itself stays, and are rows where nothing else of it changes", () => {
    expect(folded({ w1: "same", "w1-off": "update", "w1-labels": "update", "w1-join": "replace", "w2-off": "update", w2: "same" })).toEqual(
      ["w1-labels (w1-off)", "w1-join", "w2-off"],
    );
  });
});

describe("rows of an operation", () => {
  const run = (off: RowStatus) =>
    ({
      w1: { change: "create", status: "done" },
      "w1-off": { change: "create", status: off },
      "w1-seat": { change: "create", status: "planned" },
    }) as const;

  it("keep their place while an arrangement runs and when it is done", () => {
    for (const status of ["planned", "running", "done", "skipped"] as const) expect(folded(run(status))).toEqual(["w1 (w1-off, w1-seat)"]);
  });

  it("show an arrangement that failed", () => {
    expect(folded(run("failed"))).toEqual(["w1 (w1-seat)", "w1-off"]);
  });
});

describe("what a total counts", () => {
  it("is what is listed and what is folded, each once", () => {
    const rows = rowsOf({ cp0: "create", "cp0-off": "create", ...wholeMachine("create"), "w2-off": "create", w2: "same" });
    const listed = foldRows(rows).length;
    expect([listed, foldedCount(rows), listed + foldedCount(rows)]).toEqual([5, 5, rows.filter((r) => r.change !== "same").length]);
  });
});
