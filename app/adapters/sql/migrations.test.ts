import { expect, test } from "vitest";
import { schemaSteps } from "./migrations.ts";

// A new database takes all steps at once, in any order: only one that exists refuses a step that is named before its last one.
test("steps stand in the order of their names, so that a new one comes after those that databases have taken", () => {
  expect(schemaSteps).toEqual(schemaSteps.toSorted());
});
