/** How many requests may wait for a journal entry: in all, per person and per tenant. Who finds no place is told when to come back. */
import { Problem } from "#app/domain/problem.ts";
import { type WaiterLimits, WaiterLimiter } from "./waiter-limiter.server.ts";

export interface LongPolls {
  /** Takes a place until the returned function is called. Problem: too-many-requests. */
  enter(personId: string, tenantId: string): () => void;
}

const usual: WaiterLimits = { perPerson: 32, perTenant: 500, perAddress: Number.POSITIVE_INFINITY, total: 2_000 };

export function longPolls(limits: WaiterLimits = usual): LongPolls {
  const waiting = new WaiterLimiter(limits);
  return {
    enter: (personId, tenantId) => {
      const member = { personId, tenantId, address: null };
      if (waiting.refusal(member) !== null) throw new Problem({ code: "too-many-requests", retryAfterSeconds: 5 });
      waiting.enter(member);
      return () => waiting.leave(member);
    },
  };
}
