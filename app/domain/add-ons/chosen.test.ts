import { describe, expect, it } from "vitest";
import { z } from "zod";
import type { AddOn, AddOnSpec } from "./add-on.ts";
import { addOnProperty, chosenAddOns, imagesOf, unknownAddOns, unmetRequirements } from "./chosen.ts";

const sample = (id: string, change: Partial<AddOn> = {}): AddOn => ({
  id,
  versions: ["2.0", "1.0"],
  settings: z.object({ replicas: z.number().default(1) }),
  requires: [],
  provides: [],
  images: (version) => [`berth.invalid/${id}:v${version}`],
  memoryMiB: 10,
  checks: [],
  ...change,
});
const known = [sample("ingress", { provides: ["routes"] }), sample("dashboard", { requires: ["routes"] })];
const chosen = (ids: readonly string[], before: readonly AddOnSpec[] = []) => chosenAddOns({ ids, kubernetes: "main", before }, known);

describe("add-ons that a person chose", () => {
  it("get the newest version and the defaults of their settings, in the order of the registry, each once", () => {
    expect(chosen(["dashboard", "ingress", "dashboard"])).toEqual([
      { id: "ingress", version: "2.0", kubernetes: "main", settings: { replicas: 1 } },
      { id: "dashboard", version: "2.0", kubernetes: "main", settings: { replicas: 1 } },
    ]);
  });

  it("keep the version and the settings with which the cluster has them", () => {
    const old = { id: "ingress", version: "1.0", kubernetes: "main", settings: { replicas: 3 } };
    expect(chosen(["dashboard", "ingress"], [old])[0]).toEqual(old);
    expect(chosen(["ingress"], [{ ...old, kubernetes: "another" }])[0]?.version).toBe("2.0");
  });

  it("stay when a newer version of Berth put them in, and are an error when nobody knows them", () => {
    const later = { id: "later", version: "9", kubernetes: "main", settings: {} };
    expect(chosen(["later"], [later])).toEqual([later]);
    expect(() => chosen(["later"])).toThrow(/there is no later/);
  });

  it("are no property of a spec that has none", () => {
    expect(addOnProperty([])).toEqual({});
    expect(addOnProperty(chosen(["ingress"]))).toHaveProperty("addOns");
  });
});

describe("rules about a choice", () => {
  it("name ids that are not known", () => {
    expect(unknownAddOns(["ingress", "ingres"], known)).toEqual(["ingres"]);
  });

  it("name what is required and not provided by another chosen add-on", () => {
    expect(unmetRequirements(["dashboard"], known)).toEqual([{ id: "dashboard", requires: "routes" }]);
    expect([unmetRequirements(["ingress", "dashboard"], known), unmetRequirements([], known)]).toEqual([[], []]);
  });

  it("ask for the images of the version that is chosen", () => {
    const old = { id: "ingress", version: "1.0", kubernetes: "main", settings: {} };
    expect(imagesOf([old, { ...old, id: "later" }], known)).toEqual(["berth.invalid/ingress:v1.0"]);
  });
});
