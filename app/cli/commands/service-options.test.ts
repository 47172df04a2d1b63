import { Command } from "commander";
import { expect, test, vi } from "vitest";
import { addRemoveServiceOption, addServiceOption, changedServices } from "./service-options.ts";

test("services that are not named stay", () => {
  expect(changedServices(["a", "b"], { service: ["c", "a", "c"], removeService: ["b"] })).toEqual(["a", "c"]);
  expect(changedServices(["a"], {})).toBeNull();
});

test("one that the cluster does not have, or that is added as well, cannot be removed", () => {
  expect(() => changedServices(["a"], { removeService: ["b"] })).toThrow("--remove-service b: the cluster has no such service; it has a");
  expect(() => changedServices(["a"], { service: ["a"], removeService: ["a"] })).toThrow("--service names the same service");
});

const kinds = vi.hoisted((): { id: string }[] => []);
vi.mock("#app/domain/services/all.ts", () => ({ serviceKinds: kinds }));
const flags = () => addRemoveServiceOption(addServiceOption(new Command("x"))).options.map(({ flags: all }) => all);

test("there is an option only while there is a kind to choose", () => {
  expect(flags()).toEqual([]);
  kinds.push({ id: "store" });
  expect(flags()).toEqual(["--service <id>", "--remove-service <id>"]);
});
