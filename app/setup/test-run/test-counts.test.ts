import { describe, expect, it } from "vitest";
import { add, lastLine, succeeded, vitestCounts, vitestFailures } from "./test-counts.ts";

const report = (passed: number, failed: number, success: boolean, files: object[] = []) =>
  JSON.stringify({ numPassedTests: passed, numFailedTests: failed, success, testResults: files });

describe("counting tests", () => {
  it("adds runners up to one plain line", () => {
    expect(lastLine(add({ passed: 3, failed: 0 }, { passed: 4, failed: 1 }))).toBe("7 passed, 1 failed");
  });

  it("is no success when nothing ran", () => {
    expect(succeeded({ passed: 0, failed: 0 })).toBe(false);
    expect(succeeded({ passed: 1, failed: 0 })).toBe(true);
    expect(succeeded({ passed: 9, failed: 1 })).toBe(false);
  });

  it("counts a file that could not be loaded", () => {
    const broken = { name: "a.test.ts", status: "failed", assertionResults: [] };
    expect(vitestCounts(report(2, 0, false, [broken]))).toEqual({ passed: 2, failed: 1 });
  });

  it("counts an error outside of tests", () => expect(vitestCounts(report(2, 0, false))).toEqual({ passed: 2, failed: 1 }));

  it("takes a plain report as it is", () => {
    const file = { name: "a.test.ts", status: "failed", assertionResults: [{ status: "failed", fullName: "a" }] };
    expect(vitestCounts(report(2, 3, false, [file]))).toEqual({ passed: 2, failed: 3 });
    expect(vitestCounts(report(2, 0, true))).toEqual({ passed: 2, failed: 0 });
  });

  it("names what failed, a line each with the beginning of its message", () => {
    const file = {
      name: "a.test.ts",
      status: "failed",
      assertionResults: [
        { status: "passed", fullName: "list is empty", failureMessages: [] },
        { status: "failed", fullName: "list has pages", failureMessages: [`\u001b[31mexpected 1\u001b[0m\n  to be 2${"x".repeat(1_000)}`] },
      ],
    };
    const unloaded = { name: "b.test.ts", status: "failed", message: "Cannot find module", assertionResults: [] };
    const [first = "", second, ...more] = vitestFailures(report(1, 1, false, [file, unloaded]));
    expect(first).toMatch(/^a\.test\.ts: list has pages: expected 1 to be 2x+$/);
    expect(first.length).toBeLessThan(400);
    expect(second).toBe("b.test.ts: not loaded: Cannot find module");
    expect(more).toEqual([]);
  });
});
