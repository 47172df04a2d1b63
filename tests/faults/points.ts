/** Where faults are put: drawn from a seed that is printed, so that a run can be made again. */

import { addLine, heldBefore } from "./record-file.ts";

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

/** Lanes of one run try different points beside each other. */
const [lane = 0, lanes = 1] = (process.env.BERTH_FAULTS_LANE ?? "0/1").split("/").map(Number);

/**
 * In the whole run all that fall to this lane and did not hold in an earlier part of the run; else so many, spread by
 * the seed. `list` tells the points of one list from those of another.
 */
export function chosen<T>(list: string, all: readonly T[], count: number): readonly T[] {
  if (!whole) return shuffled(all).slice(0, count);
  const before = heldBefore(seed);
  return shuffled(all).filter((point, i) => i % lanes === lane && !before.has(nameIn(list, point)));
}

/** Said at the end of a point's test: a later part of the run leaves it out. */
export const held = (list: string, point: unknown): void => addLine({ kind: "held", point: nameIn(list, point), seed });

const nameIn = (list: string, point: unknown): string => `${list}: ${JSON.stringify(point)}`;
