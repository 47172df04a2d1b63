import { describe, expect, it } from "vitest";
import type { SetupStepId, SetupStepState } from "#app/domain/setup.ts";
import { nextSteps } from "./order.ts";

const steps = [
  { id: "portal", needs: [], weight: "first" },
  { id: "packages", needs: [], weight: "light" },
  { id: "hypervisor", needs: ["packages"], weight: "light" },
  { id: "engine", needs: [], weight: "heavy" },
  { id: "image", needs: ["packages"], weight: "heavy" },
] as const;

const next = (states: Partial<Record<SetupStepId, SetupStepState["state"]>>) =>
  nextSteps(steps, new Map(Object.entries(states) as [SetupStepId, SetupStepState["state"]][])).map((s) => s.id);

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

  it("continues to the next heavy step when one failed", () => {
    expect(next({ portal: "done", packages: "done", hypervisor: "done", engine: "failed" })).toEqual(["image"]);
  });

  it("does not start what needs a failed step", () => {
    expect(next({ portal: "done", packages: "failed", engine: "done" })).toEqual([]);
  });
});
