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
  /** The portal is stopping: come back with the cursor. */
  goingAway: 1001,
} as const;
