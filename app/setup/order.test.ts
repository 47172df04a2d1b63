import { describe, expect, it } from "vitest";
import type { SetupStepId, SetupStepState } from "#app/domain/setup.ts";
import { heavyAtOnceWith, nextSteps } from "./order.ts";

const steps = [
  { id: "portal", needs: [], weight: "first" },
  { id: "packages", needs: [], weight: "light" },
  { id: "hypervisor", needs: ["packages"], weight: "light" },
  { id: "engine", needs: [], weight: "heavy" },
  { id: "image", needs: ["packages"], weight: "heavy" },
] as const;

const next = (states: Partial<Record<SetupStepId, SetupStepState["state"]>>, heavyAtOnce?: number) =>
  nextSteps(steps, new Map(Object.entries(states) as [SetupStepId, SetupStepState["state"]][]), heavyAtOnce).map((s) => s.id);

describe("the order of set-up", () => {
  it("brings the portal up before anything else", () => {
    expect(next({})).toEqual(["portal"]);
    expect(next({ portal: "running" })).toEqual([]);
  });

  it("continues with the rest behind the portal", () => {
    expect(next({ portal: "done" })).toEqual(["packages", "engine"]);
  });

  it("continues even when the portal could not be built", () => {
    expect(next({ portal: "failed" })).toEqual(["packages", "engine"]);
  });

  it("never runs two heavy steps at once", () => {
    expect(next({ portal: "done", packages: "done", engine: "running" })).toEqual(["hypervisor"]);
    expect(next({ portal: "done", packages: "done", hypervisor: "done", engine: "done" })).toEqual(["image"]);
  });

  it("runs two heavy steps side by side where memory allows, the engine first", () => {
    expect(next({ portal: "done" }, 2)).toEqual(["packages", "engine"]);
    expect(next({ portal: "done", packages: "done", engine: "running" }, 2)).toEqual(["hypervisor", "image"]);
    expect(next({ portal: "done", packages: "done", hypervisor: "done", engine: "running", image: "running" }, 2)).toEqual([]);
  });

  it("needs 6 GiB of free memory for that", () => {
    expect([5, 6, 16].map((gib) => heavyAtOnceWith(gib * 1024 ** 3))).toEqual([1, 2, 2]);
  });

  it("continues to the next heavy step when one failed", () => {
    expect(next({ portal: "done", packages: "done", hypervisor: "done", engine: "failed" })).toEqual(["image"]);
  });

  it("does not start what needs a failed step", () => {
    expect(next({ portal: "done", packages: "failed", engine: "done" })).toEqual([]);
  });
});
