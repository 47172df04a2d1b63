/** Counts of all test runners together, and what failed: pure. */
import { stripVTControlCharacters } from "node:util";
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
  testResults: z.array(
    z.object({
      name: z.string(),
      status: z.string(),
      message: z.string().default(""),
      assertionResults: z.array(z.object({ status: z.string(), fullName: z.string(), failureMessages: z.array(z.string()).nullish() })),
    }),
  ),
});

/** Letters of a failure's message that the list at the end repeats; the whole of it stands where the test ran. */
const messageLength = 300;

/**
 * What failed according to vitest's JSON report, a line each: file, test and the beginning of the message. Whoever has
 * only the end of a long log sees from this where to look.
 */
export function vitestFailures(report: string): readonly string[] {
  const line = (file: string, test: string, message: string): string =>
    `${file}: ${test}: ${stripVTControlCharacters(message).slice(0, messageLength).replace(/\s+/g, " ").trim()}`;
  return VitestReport.parse(JSON.parse(report)).testResults.flatMap((file) => {
    if (file.status === "failed" && file.assertionResults.length === 0) return [line(file.name, "not loaded", file.message)];
    return file.assertionResults
      .filter((one) => one.status === "failed")
      .map((one) => line(file.name, one.fullName, one.failureMessages?.[0] ?? ""));
  });
}

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
