/**
 * What goes over the socket of an operation (`/ws/operations/:id?after=<seq>`). The server sends entries after the
 * viewer's cursor, in order and without gaps; a viewer that loses the connection comes back with its own cursor.
 */
import type { JournalEntry } from "./event.ts";

/** One frame, as JSON text. Never empty. */
export interface StreamFrame {
  readonly entries: readonly JournalEntry[];
}

/** Why the server closed. Every other code means: come back with the cursor after a short wait. */
export const closeCodes = {
  /** The operation is over and every entry was sent: do not come back. */
  over: 4000,
  /** The session ended or the right to see the operation is gone: sign in again. */
  ended: 4401,
  /** This viewer did not read for too long: come back with the cursor. */
  slow: 4408,
  /** The portal restarts ("service restart"): come back with the cursor. */
  goingAway: 1012,
} as const;

const firstWaitMs = 500;
const longestWaitMs = 10_000;

/**
 * Milliseconds until a viewer comes back after its n-th loss in a row (from 1). `random` in [0, 1) spreads those who lost
 * the connection together, so that a portal that comes back is not met by all of them at once.
 */
export function waitBeforeReturn(losses: number, random: number): number {
  const longest = Math.min(longestWaitMs, firstWaitMs * 2 ** (losses - 1));
  return longest * (0.5 + random / 2);
}
