import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { resultOf, table, withRows } from "./report.ts";

const result = (id: string, title: string, ours: number) =>
  resultOf({ id, title, unit: "ms", ours: { name: "portal", values: [ours, ours] }, reference: { name: "bare", values: [2, 2] } });

const page = readFileSync(new URL("../../docs/benchmarks.md", import.meta.url), "utf8");
const rows = (text: string, id: string) => text.split("\n").filter((line) => line.startsWith(`| ${id} `));

it("gives one row per comparison, with the ratio of pairs", () => {
  expect(
    table([result("R5", "a line", 4)])
      .split("\n")
      .at(-1),
  ).toBe("| R5 | a line | 4.00 ms [4.00–4.00] (portal) | 2.00 ms [2.00–2.00] (bare) | 2.00 [2.00–2.00] | 2 |");
});

it("replaces all rows of what was measured on the page and leaves the others and the text alone", () => {
  const written = withRows(page, [result("R4", "second", 1), result("R4", "first", 3)], "a machine");
  expect(rows(written, "R4").map((line) => line.split(" | ")[1])).toEqual(["second", "first"]);
  for (const id of ["R5", "R7"]) expect(rows(written, id)).toEqual(rows(page, id));
  expect(written).toContain("a machine");
  expect(written.split("end of figures -->")[1]).toBe(page.split("end of figures -->")[1]);
  expect(withRows(written, [result("R4", "second", 1), result("R4", "first", 3)], "a machine")).toBe(written);
});

it("keeps the benches in their order", () => {
  const ids = withRows(page, [result("R11", "storm", 1), result("R1", "cold", 1)], "a machine")
    .split("\n")
    .flatMap((line) => /^\| R(\d+) /.exec(line)?.[1] ?? []);
  expect(ids).toEqual(ids.toSorted((a, b) => Number(a) - Number(b)));
});
