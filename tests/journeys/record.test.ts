import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { repoFolder } from "#app/setup/all-steps.ts";
import { commitOf, JourneyRecord, keepRecord, openSteps } from "./record.ts";

const linesIn = (file: string): readonly string[] =>
  readFileSync(file, "utf8")
    .split("\n")
    .filter((line) => line !== "");

it("a step that breaks is written down with its reason, and ends the journey; what was only seen never breaks", async () => {
  const said: string[] = [];
  const steps = openSteps((line) => said.push(line));
  await steps.step("first", () => Promise.resolve("measured"));
  await steps.see("seen", () => Promise.reject(new Error("nobody answers")));
  await steps.ran({ name: "elsewhere", seconds: 3, result: "held", note: "" });
  await expect(steps.ran({ name: "elsewhere", seconds: 3, result: "broke", note: "no answer" })).rejects.toThrow("no answer");
  await expect(steps.step("second", () => Promise.reject(new Error("why it broke")))).rejects.toThrow("why it broke");
  expect(steps.done.map((s) => [s.name, s.result, s.note])).toEqual([
    ["first", "held", "measured"],
    ["seen", "seen", "nobody answers"],
    ["elsewhere", "held", ""],
    ["elsewhere", "broke", "no answer"],
    ["second", "broke", "why it broke"],
  ]);
  expect(said[4]).toMatch(/^broke .* second: why it broke$/);
});

it("a run is one line more, with the commit it ran on", async () => {
  const folder = mkdtempSync(join(tmpdir(), "berth-record-"));
  const file = join(folder, "tried.jsonl");
  const run = {
    journey: "j",
    on: "Debian 12",
    commit: await commitOf(repoFolder),
    at: new Date(0).toISOString(),
    processors: 2,
    steps: [],
    result: "held",
  } as const;
  await keepRecord(file, run);
  await keepRecord(file, { ...run, result: "broke" });
  const kept = linesIn(file).map((line) => JourneyRecord.parse(JSON.parse(line)));
  expect(kept.map((r) => r.result)).toEqual(["held", "broke"]);
  expect(kept[0]?.commit).toMatch(/^[0-9a-f]{7,}(-dirty)?$/);
  rmSync(folder, { recursive: true });
});

it("every record of the project can be read", () => {
  for (const line of linesIn(join(repoFolder, "tests", "journeys", "tried.jsonl")))
    expect(JourneyRecord.safeParse(JSON.parse(line)).success).toBe(true);
});
