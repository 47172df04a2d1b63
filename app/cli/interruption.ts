/** Whether an interruption is an end: Berth goes on by itself, unless it gave up or does not get to it. */
import type { JournalEntry } from "#app/domain/operation/event.ts";
import { joint, recognise } from "#app/domain/sentences.ts";
import { Ending, exitCodes } from "./exit-codes.ts";
import { say } from "./output.ts";

/** The longest pause before an automatic resume (20 s), the round in which a worker looks for one (5 s), and a slow start. */
const graceMs = 60_000;

interface Interruption {
  /** By the follower's own clock: the portal's may be another one. */
  readonly since: number;
  readonly gaveUp: boolean;
}

export interface InterruptionWatch {
  /** `more`: later entries are there already, so nothing is known yet. Throws when it is a person's turn. */
  heard(entries: readonly JournalEntry[], more: boolean): void;
  /** While the portal is away nobody can resume: what is waited for begins anew. */
  lost(): void;
}

export function watchInterruption(id: string, now: () => number): InterruptionWatch {
  let standing: Interruption | null = null;
  let told: Interruption | null = null;
  let lostAt = 0;
  return {
    lost: () => {
      lostAt = now();
    },
    heard: (entries, more) => {
      standing = standingAfter(standing, entries, now());
      if (standing === null || more) return;
      const isLasting = now() - Math.max(standing.since, lostAt) >= graceMs;
      if (standing.gaveUp || isLasting) throw new Ending(exitCodes.failed, `operation ${id} was interrupted. Go on with: berth operation resume ${id} --wait`);
      if (told !== standing) say("it was interrupted; waiting for Berth to go on by itself");
      told = standing;
    },
  };
}

/** An interruption that was resumed afterwards is history. */
function standingAfter(before: Interruption | null, entries: readonly JournalEntry[], now: number): Interruption | null {
  const last = entries.findLast(({ event }) => event.kind === "state")?.event;
  if (last?.kind !== "state") return before;
  return last.to === "interrupted" ? { since: now, gaveUp: saysGaveUp(last.reason) } : null;
}

/** It is the last sentence of the reason. One that another version worded otherwise is met by the grace. */
const saysGaveUp = (reason: string | null): boolean => recognise(reason?.split(joint).at(-1) ?? "")?.word === "gave-up";
