/** Counts of all test runners together: pure. */
import { z } from "zod";

export interface Counts {
  readonly passed: number;
  readonly failed: number;
}

export const add = (a: Counts, b: Counts): Counts => ({ passed: a.passed + b.passed, failed: a.failed + b.failed });

/** The plain last line of `npm test`. */
export const lastLine = (c: Counts): string => `${c.passed} passed, ${c.failed} failed`;

/** Nothing that ran is not a success. */
export const succeeded = (c: Counts): boolean => c.failed === 0 && c.passed > 0;

const VitestReport = z.object({
  numPassedTests: z.int(),
  numFailedTests: z.int(),
  success: z.boolean(),
  testResults: z.array(z.object({ status: z.string(), assertionResults: z.array(z.unknown()) })),
});

/**
 * Reads vitest's JSON report. A file that could not be loaded counts as one failure, and so does an error outside of
 * any test.
 */
export function vitestCounts(report: string): Counts {
  const r = VitestReport.parse(JSON.parse(report));
  const notLoaded = r.testResults.filter((file) => file.status === "failed" && file.assertionResults.length === 0).length;
  const failed = r.numFailedTests + notLoaded;
  return { passed: r.numPassedTests, failed: failed === 0 && !r.success ? 1 : failed };
}
