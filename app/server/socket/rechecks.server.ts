/**
 * Rights of open sockets, asked again and again: a session that ended or a membership that was taken away closes them
 * within one interval and the time of one round. Sockets of one session are asked about together.
 */
import type { IncomingHttpHeaders } from "node:http";
import { can, ofTenant } from "#app/domain/access.ts";
import type { WhoIs } from "#app/server/http/caller.server.ts";
import type { Viewer } from "./viewer.server.ts";

export interface Rechecks {
  /** Begins a round now, or another one when the one that runs has ended. */
  now(): void;
  stop(): void;
}

const questionsAtOnce = 8;

export function startRechecks(viewers: ReadonlyMap<Viewer, IncomingHttpHeaders>, whoIs: WhoIs, everyMs: number): Rechecks {
  let again = false;
  let running = false;
  const round = async () => {
    const sessions = [...Map.groupBy(viewers, ([, { authorization, cookie }]) => `${authorization ?? ""}\n${cookie ?? ""}`).values()];
    const ask = async () => {
      for (let group = sessions.pop(); group !== undefined; group = sessions.pop()) await recheck(group, whoIs);
    };
    await Promise.all(Array.from({ length: questionsAtOnce }, ask));
  };
  const run = async () => {
    again = true;
    if (running) return;
    running = true;
    while (again) {
      again = false;
      await round();
    }
    running = false;
  };
  const timer = setInterval(() => void run(), everyMs).unref();
  return { now: () => void run(), stop: () => clearInterval(timer) };
}

async function recheck(group: readonly (readonly [Viewer, IncomingHttpHeaders])[], whoIs: WhoIs): Promise<void> {
  const [, headers] = group[0] ?? [];
  if (headers === undefined) return;
  const caller = await whoIs(headers).catch(() => null);
  for (const [viewer] of group) {
    const { personId, tenantId } = viewer.viewing;
    // Without an answer about the right there is no right.
    if (caller === null) void viewer.goAway(1_000, "checking the session");
    else if (caller.actor?.personId !== personId || (tenantId !== null && !can(caller.actor, "operation.read", ofTenant(tenantId))))
      viewer.refuse();
    else viewer.actor = caller.actor;
  }
}
