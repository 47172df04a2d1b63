import { describe, expect, it } from "vitest";
import { estimate, median, quantile, ratios, seeded } from "./statistics.ts";

describe("statistics of a bench", () => {
  it("takes the middle, or the mean of the two middles", () => {
    expect(median([3, 1, 2])).toBe(2);
    expect(median([4, 1, 3, 2])).toBe(2.5);
  });

  it("gives an interval that holds the median and shrinks to it when all values are equal", () => {
    const e = estimate([5, 7, 6, 9, 5, 8]);
    expect(e.low).toBeLessThanOrEqual(e.median);
    expect(e.high).toBeGreaterThanOrEqual(e.median);
    expect(estimate([4, 4, 4])).toEqual({ median: 4, low: 4, high: 4, n: 3 });
  });

  it("is repeatable", () => {
    const values = [5, 7, 6, 9, 5, 8];
    expect(estimate(values, seeded(7))).toEqual(estimate(values, seeded(7)));
  });

  it("pairs ratios by position", () => {
    expect(ratios([2, 9], [1, 3])).toEqual([2, 3]);
    expect(quantile([1, 2, 3, 4], 0.99)).toBe(4);
  });
});
