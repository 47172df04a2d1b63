import { describe, expect, it } from "vitest";
import { budgetsFor, readPhaseBudgets } from "./budgets.ts";
import { phases } from "./event.ts";

describe("budgets", () => {
  it("are larger for every phase where machines are emulated", () => {
    const [fast, slow] = [budgetsFor("accelerated"), budgetsFor("emulated")];
    for (const phase of phases) expect(slow.phase[phase]).toBeGreaterThan(fast.phase[phase]);
    expect(slow.silenceSeconds).toBeGreaterThan(fast.silenceSeconds);
  });

  it("are what the operator set, phase by phase", () => {
    const budgets = budgetsFor("emulated", { phase: readPhaseBudgets("ssh=90, init=30") ?? {}, silenceSeconds: 7 });
    expect(budgets).toMatchObject({ phase: { ssh: 90, init: 30, boot: budgetsFor("emulated").phase.boot }, silenceSeconds: 7 });
  });

  it.each(["ssh", "ssh=0", "ssh=-1", "coffee=3", "ssh=3;init=4", "ssh=1.5"])("are not read from %s", (text) => {
    expect(readPhaseBudgets(text)).toBeNull();
  });
});
