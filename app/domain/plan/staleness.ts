/** Whether a plan still says what would happen, and what moved if it does not. */
import { type Message, message } from "#app/domain/message/message.ts";
import { planKindOf } from "#app/domain/operation/kinds.ts";
import type { Plan } from "./plan.ts";

export interface PresentState {
  /** Newest revision written. */
  readonly revision: number;
  readonly liveRevision: number;
  readonly stateSerial: number;
}

export type Moved =
  | { readonly what: "live-revision"; readonly then: number; readonly now: number }
  | { readonly what: "newest-revision"; readonly then: number; readonly now: number }
  | { readonly what: "state"; readonly then: number; readonly now: number };

/** Empty: the plan is still valid. A teardown does not care which revision is the newest. */
export function staleness(plan: Pick<Plan, "kind" | "fromRevision" | "specRevision" | "stateSerial">, now: PresentState): readonly Moved[] {
  const moved: Moved[] = [];
  if (plan.fromRevision !== now.liveRevision) moved.push({ what: "live-revision", then: plan.fromRevision, now: now.liveRevision });
  if (planKindOf(plan).makesRevisionLive && plan.specRevision !== now.revision) {
    moved.push({ what: "newest-revision", then: plan.specRevision, now: now.revision });
  }
  if (plan.stateSerial !== now.stateSerial) moved.push({ what: "state", then: plan.stateSerial, now: now.stateSerial });
  return moved;
}

export function movedMessage(moved: Moved): Message {
  switch (moved.what) {
    case "live-revision":
      return message("plan-from-other-revision", { live: moved.now, planned: moved.then });
    case "newest-revision":
      return message("plan-for-other-revision", { newest: moved.now, planned: moved.then });
    case "state":
      return message("plan-of-other-state", { now: moved.now, planned: moved.then });
  }
}
