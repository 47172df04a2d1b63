/** How long something will take, judged by how long it took before. */

export interface Estimate {
  /** Seconds. */
  readonly median: number;
  readonly low: number;
  readonly high: number;
  /** How many earlier runs it rests on. */
  readonly runs: number;
}

/** Null without a single earlier run: better no number than an invented one. */
export function estimateFrom(seconds: readonly number[]): Estimate | null {
  const sorted = seconds.filter((s) => Number.isFinite(s) && s >= 0).sort((a, b) => a - b);
  const [low] = sorted;
  const high = sorted.at(-1);
  if (low === undefined || high === undefined) return null;
  const middle = sorted.slice(Math.floor((sorted.length - 1) / 2), Math.floor(sorted.length / 2) + 1);
  return { median: middle.reduce((sum, s) => sum + s, 0) / middle.length, low, high, runs: sorted.length };
}

/** Seconds still to go; null when there is no estimate or it is used up. */
export const remaining = (estimate: Estimate | null, elapsedSeconds: number): number | null =>
  estimate === null || elapsedSeconds >= estimate.median ? null : estimate.median - elapsedSeconds;
