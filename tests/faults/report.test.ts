import { expect, it } from "vitest";
import { printed, totalsOf } from "./report.ts";

const lines = [
  {
    kind: "kill",
    what: "SIGKILL of worker",
    where: "create, entry 3",
    seed: 1,
    tree: "abc1234",
    violations: [],
    measured: { "ms to the first progress": 900 },
  },
  {
    kind: "kill",
    what: "SIGKILL of worker",
    where: "create, entry 9",
    seed: 1,
    tree: "def5678",
    violations: [{ promise: "nothing-left", says: "machine a is there without an owner" }],
    measured: { "ms to the first progress": 1_900 },
  },
  { kind: "fault", what: "clock jump", where: "an hour on", seed: 1, tree: "def5678", violations: [], measured: {} },
];
const totals = totalsOf(lines.map((l) => `${JSON.stringify(l)}\n`).join(""));

it("adds up what was tried, and names what was broken with the seed to see it again", () => {
  expect(totals).toMatchObject({ killPoints: 2, faults: 1, violations: 1 });
  expect(totals.broken).toEqual(["seed 1, SIGKILL of worker, create, entry 9: nothing-left: machine a is there without an owner"]);
  expect(totals.measured["ms to the first progress"]).toEqual({ median: 1_900, worst: 1_900, of: 2 });
  expect(totals.trees).toEqual([
    ["abc1234", 1],
    ["def5678", 2],
  ]);
});

it("ends with the three counts in one line", () => {
  expect(printed(totals).split("\n").at(-1)).toBe("kill points tried: 2, faults tried: 1, violations: 1");
});
