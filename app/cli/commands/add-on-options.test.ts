import { expect, test } from "vitest";
import { changedAddOns } from "./add-on-options.ts";

test("add-ons that are not named stay, new ones are added once, removed ones go", () => {
  expect(changedAddOns(["a", "b"], { addOn: ["c", "a", "c"], removeAddOn: ["b"] })).toEqual(["a", "c"]);
  expect(changedAddOns(["a"], { removeAddOn: ["a"] })).toEqual([]);
  expect(changedAddOns(["a"], {})).toBeNull();
});

test("an add-on that the cluster does not have cannot be removed, nor one that is also added", () => {
  expect(() => changedAddOns(["a", "b"], { removeAddOn: ["c"] })).toThrow("--remove-add-on c: the cluster has no such add-on; it has a, b");
  expect(() => changedAddOns([], { removeAddOn: ["c"] })).toThrow("it has none");
  expect(() => changedAddOns(["a"], { addOn: ["a"], removeAddOn: ["a"] })).toThrow("--add-on names the same add-on");
});
