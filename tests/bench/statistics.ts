/** Medians and their intervals. Figures of one run are compared pair by pair, because a machine's speed drifts. */

export interface Estimate {
  readonly median: number;
  /** Bounds of a 95 % percentile-bootstrap interval of the median. */
  readonly low: number;
  readonly high: number;
  readonly n: number;
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  const at = (i: number): number => sorted[i] ?? Number.NaN;
  return sorted.length % 2 === 1 ? at(Math.floor(middle)) : (at(middle - 1) + at(middle)) / 2;
}

export function quantile(values: readonly number[], q: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? Number.NaN;
}

const resamples = 2000;

/** `random` gives numbers in [0, 1); a seeded one makes the interval repeatable. */
export function estimate(values: readonly number[], random: () => number = seeded(1)): Estimate {
  const draw = () => values[Math.floor(random() * values.length)] ?? Number.NaN;
  const medians = Array.from({ length: resamples }, () => median(values.map(draw)));
  return { median: median(values), low: quantile(medians, 0.025), high: quantile(medians, 0.975), n: values.length };
}

/** Ratio a/b of each pair. */
export const ratios = (a: readonly number[], b: readonly number[]): readonly number[] => a.map((value, i) => value / (b[i] ?? Number.NaN));

/** Marsaglia's xorshift32: enough for resampling, the same everywhere. */
export function seeded(seed: number): () => number {
  let x = seed >>> 0 || 1;
  return () => {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    return (x >>> 0) / 2 ** 32;
  };
}
