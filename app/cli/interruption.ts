/** Whether an interruption is an end: Berth goes on by itself, unless it gave up or does not get to it. */
import type { JournalEntry } from "#app/domain/operation/event.ts";
import { joint, recognise } from "#app/domain/sentences.ts";
import { Ending, exitCodes } from "./exit-codes.ts";
import { say } from "./output.ts";

/** The longest pause before an automatic resume (20 s), the round in which a worker looks for one (5 s), and a slow start. */
const graceMs = 60_000;

/** libvirt is upgraded, or its host starts anew. Where Berth may not go on by itself it is a person's turn all the same. */
const libvirtGraceMs = 600_000;

interface Interruption {
  /** By the follower's own clock: the portal's may be another one. */
  readonly since: number;
  readonly gaveUp: boolean;
  /** Berth goes on when libvirt answers. */
  readonly forLibvirt: boolean;
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
      const isLasting = now() - Math.max(standing.since, lostAt) >= (standing.forLibvirt ? libvirtGraceMs : graceMs);
      if (standing.gaveUp || isLasting) throw new Ending(exitCodes.failed, `operation ${id} was interrupted. Go on with: berth operation resume ${id} --wait`);
      if (told !== standing) say(`it was interrupted; waiting for ${standing.forLibvirt ? "libvirt to answer" : "Berth to go on by itself"}`);
      told = standing;
    },
  };
}

/** An interruption that was resumed afterwards is history. */
function standingAfter(before: Interruption | null, entries: readonly JournalEntry[], now: number): Interruption | null {
  const last = entries.findLast(({ event }) => event.kind === "state")?.event;
  if (last?.kind !== "state") return before;
  if (last.to !== "interrupted") return null;
  const parts = last.reason?.split(joint) ?? [];
  // Giving up is the last sentence of the reason. One that another version worded otherwise is met by the grace.
  return { since: now, gaveUp: recognise(parts.at(-1) ?? "")?.word === "gave-up", forLibvirt: parts.some(isForLibvirt) };
}

function isForLibvirt(part: string): boolean {
  const said = recognise(part);
  return said !== null && (said.word === "libvirt-away" || said.word === "libvirt-silent" || isForLibvirt(said.values.said ?? ""));
}
