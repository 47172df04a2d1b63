import { expect, test } from "vitest";
import { fieldsOf, nested, poolsIn, textsIn, typedIn, typedOver } from "./draft.ts";

const two = { name: "demo", "pools[0].name": "workers", "pools[0].count": "1", "pools[1].name": "gpu" };

test("nested values are fields, and the same again", () => {
  const values = { name: "demo", pools: [{ name: "workers", count: "1" }, { name: "gpu" }] };
  expect(fieldsOf(values)).toEqual(two);
  expect(nested(two)).toEqual(values);
  expect(fieldsOf({ image: null, workers: 3, pools: [{ remove: ["w1", "w2"] }] })).toEqual({
    image: "",
    workers: "3",
    "pools[0].remove": "w1,w2",
  });
});

test("boxes with one name are one field", () => {
  const form = new FormData();
  for (const [name, value] of [
    ["name", "demo"],
    ["pools[0].remove", "w1"],
    ["pools[0].remove", "w3"],
  ] as const)
    form.append(name, value);
  expect(typedIn(form)).toEqual({ name: "demo", "pools[0].remove": "w1,w3" });
  expect([textsIn("w1,w3"), textsIn(""), textsIn(undefined)]).toEqual([["w1", "w3"], [], []]);
});

test("a box that is not ticked any more does not come back from the defaults of a form that was sent", () => {
  const defaults = { ...two, addOns: "a,b" };
  expect(typedOver(defaults, { "pools[0].name": "gpu", addOns: "b" })["addOns"]).toBe("b");
  expect(typedOver(defaults, { "pools[0].name": "gpu" })["addOns"]).toBeUndefined();
  expect(typedOver(defaults, {})["addOns"]).toBe("a,b");
});

test("a pool that was taken off the form does not come back from the defaults", () => {
  expect(poolsIn(typedOver(two, { "pools[0].name": "gpu" }))).toEqual([{ name: "gpu" }]);
  expect(typedOver(two, { name: "other" })).toEqual({ ...two, name: "other" });
});
