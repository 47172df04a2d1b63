import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { operationKinds } from "./kinds.ts";
import { canCancel, canMove, canResume, isOver, type OperationState, operationStates } from "./operation.ts";

const state = fc.constantFrom(...operationStates);

describe("states of an operation", () => {
  it("begin with queued and reach an end from everywhere", () => {
    const reach = (from: OperationState, seen: Set<OperationState>): Set<OperationState> => {
      for (const to of operationStates) if (canMove(from, to) && !seen.has(to)) reach(to, seen.add(to));
      return seen;
    };
    for (const from of operationStates) {
      if (from === "succeeded") continue;
      expect([...reach(from, new Set())]).toContain("succeeded");
    }
  });

  it("never leave succeeded, and leave an end only by a resume", () => {
    fc.assert(
      fc.property(state, state, (from, to) => {
        if (canMove(from, to) && isOver(from)) expect([from, to]).toEqual([from === "failed" ? "failed" : "cancelled", "queued"]);
        expect(canMove("succeeded", to)).toBe(false);
      }),
    );
  });

  it("are claimed only from queued", () => {
    for (const from of operationStates) expect(canMove(from, "running")).toBe(from === "queued");
  });

  it("agree with what people are offered", () => {
    fc.assert(
      fc.property(fc.constantFrom(...operationKinds), state, fc.constantFrom(null, 5), (kind, s, cancelRequestedAt) => {
        if (canResume({ kind, state: s })) expect(canMove(s, "queued")).toBe(true);
        if (canCancel({ state: s, cancelRequestedAt })) expect(canMove(s, "cancelled")).toBe(true);
        // A preview that failed is made again; only one that was interrupted continues.
        expect(canResume({ kind: "preview", state: s })).toBe(s === "interrupted");
      }),
    );
  });
});
