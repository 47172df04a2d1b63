/** Where faults are put: drawn from a seed that is printed, so that a run can be made again. */

/** Whole: every point there is. Else a bounded sample. Set by `npm run faults`. */
export const whole = process.env.BERTH_FAULTS === "whole";

/** `npm test` always takes the same sample, so that a change is judged by what it changed; `npm run faults` draws others. */
const usualSeed = 139_843;

export const seed = Number(process.env.BERTH_FAULTS_SEED ?? usualSeed);

/** Mulberry32: small, and the same everywhere. Numbers from 0 to 1. */
export function numbersFrom(start: number): () => number {
  let state = start >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** All of them in an order drawn from the seed. */
export function shuffled<T>(all: readonly T[], start = seed): readonly T[] {
  const next = numbersFrom(start);
  return all
    .map((value) => ({ value, at: next() }))
    .sort((a, b) => a.at - b.at)
    .map(({ value }) => value);
}

/** All of them in the whole run; else so many, spread by the seed. */
export const chosen = <T>(all: readonly T[], count: number): readonly T[] => (whole ? shuffled(all) : shuffled(all).slice(0, count));
