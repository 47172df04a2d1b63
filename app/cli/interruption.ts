/** Whether an interruption is an end: Berth continues automatically, unless it is a person's turn or Berth does not get to it. */
import type { EntryAnswer } from "./answers.ts";
import type { BlockedOn } from "#app/domain/operation/interruption-status.ts";
import { Ending, exitCodes } from "./exit-codes.ts";
import { say } from "./output.ts";

/** The longest pause before an automatic resume (20 s), the round in which a worker looks for one (5 s), and a slow start. */
const graceMs = 60_000;

const waitsFor: Readonly<Record<Exclude<BlockedOn, "person">, string>> = {
  berth: "Berth to resume it",
  libvirt: "libvirt to answer",
  image: "its node image",
};

export interface InterruptionWatch {
  /** `more`: later entries are there already, so nothing is known yet. Rejects when it is a person's turn. */
  heard(entries: readonly EntryAnswer[], more: boolean): Promise<void>;
  /** While the portal is away nobody can resume: what is waited for starts again. */
  lost(): void;
}

/** `now`: by the follower's own clock, the portal's may be another one. `turn`: whose turn it is, as the portal says. */
export function watchInterruption(id: string, now: () => number, turn: () => Promise<BlockedOn>): InterruptionWatch {
  let isStanding = false;
  /** Since when nothing but Berth itself is waited for. */
  let since = 0;
  let announced: BlockedOn | null = null;
  return {
    lost: () => {
      since = now();
    },
    async heard(entries, more) {
      const last = entries.findLast(({ event }) => event.kind === "state")?.event;
      if (last?.kind === "state") {
        isStanding = last.to === "interrupted";
        [since, announced] = [now(), null];
      }
      if (!isStanding || more) return;
      const whose = await turn();
      if (whose === "person" || (whose === "berth" && now() - since >= graceMs)) {
        throw new Ending(exitCodes.failed, `operation ${id} was interrupted. Continue with: berth operation resume ${id} --wait`);
      }
      if (whose !== "berth") since = now();
      if (announced !== whose) say(`it was interrupted; waiting for ${waitsFor[whose]}`);
      announced = whose;
    },
  };
}
