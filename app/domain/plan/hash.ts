/** Ties a plan to what it was computed from, so that exactly what a person approved is what runs. */
import type { PlanRow } from "./plan.ts";

/** Same rows in another order give the same text; anything else that differs gives another one. */
export function planText(specRevision: number, stateSerial: number, rows: readonly PlanRow[]): string {
  const lines = rows.map((r) => JSON.stringify([r.urn, r.type, r.change, r.impact, [...r.changed].sort()])).sort();
  return JSON.stringify([1, specRevision, stateSerial, lines]);
}

/** `sha256` gives lower-case hex of a text. */
export const planHash = (specRevision: number, stateSerial: number, rows: readonly PlanRow[], sha256: (text: string) => string): string =>
  sha256(planText(specRevision, stateSerial, rows));
