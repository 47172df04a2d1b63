/**
 * Looks at clusters one after the other: those that somebody asks about at once, the others by the schedule and only
 * while nothing runs. Belongs to a worker; several workers share the clusters by their records.
 */
import { chooseLook, type Scheduled } from "#app/domain/drift/schedule.ts";
import { canDiffer, lookAt, type LookPorts } from "./drift-look.ts";
import { lastChange } from "./last-change.ts";
import { pause } from "./pause.ts";
import { unfinished } from "./views.ts";

export interface WatchSettings {
  /** Minutes between two looks at one cluster; 0: only when asked. */
  readonly everyMinutes: number;
  /** How often to see whether somebody asked. */
  readonly tickMs?: number;
  /** For the process's own record; texts hold no secrets. */
  readonly onTrouble?: (doing: string, error: unknown) => void;
}

export interface DriftWatch {
  /** Ends a look that is under way, without recording it. */
  stop(): Promise<void>;
}

export function startDriftWatch(ports: LookPorts, { everyMinutes, tickMs = 2_000, onTrouble = () => undefined }: WatchSettings): DriftWatch {
  const ending = new AbortController();
  const loop = async () => {
    while (!ending.signal.aborted) {
      await tick(ports, everyMinutes, ending.signal).catch((error: unknown) => onTrouble("looking for drift", error));
      await pause(tickMs, ending.signal);
    }
  };
  const looping = loop();
  return {
    async stop() {
      ending.abort();
      await looping;
    },
  };
}

async function tick(ports: LookPorts, everyMinutes: number, stop: AbortSignal): Promise<void> {
  const chosen = chooseLook(await scheduled(ports), everyMinutes, ports.now());
  if (chosen === null) return;
  // Nobody waits for a scheduled look: the processors belong to operations first.
  if (!chosen.wanted && (await ports.operations.list({ states: ["running"], limit: 1 })).length > 0) return;
  await giveWay(ports, chosen.clusterId, stop);
}

/** Clusters that can differ and that no operation holds. */
async function scheduled(ports: LookPorts): Promise<readonly Scheduled[]> {
  const living = (await ports.clusters.list(null)).filter(canDiffer);
  const held = new Set((await ports.operations.list({ states: unfinished, limit: 1000 })).map((o) => o.clusterId));
  const free = living.filter((c) => !held.has(c.id));
  const records = await ports.drift.of(free.map((c) => c.id));
  return await Promise.all(
    free.map(async ({ id }) => ({ clusterId: id, record: records.get(id) ?? null, lastEnd: await lastChange(ports.operations, id) })),
  );
}

/** How soon an operation that begins is noticed during a look. */
const giveWayMs = 500;

/** An operation that begins in the middle ends the look at once. */
async function giveWay(ports: LookPorts, clusterId: string, stop: AbortSignal): Promise<void> {
  const mine = new AbortController();
  const over = new AbortController();
  const watching = (async () => {
    while (!over.signal.aborted) {
      await pause(giveWayMs, over.signal);
      const held = await ports.operations.list({ clusterId, states: unfinished, limit: 1 });
      if (held.length > 0) return mine.abort();
    }
  })();
  try {
    await lookAt(ports, clusterId, AbortSignal.any([stop, mine.signal]));
  } finally {
    over.abort();
    await watching;
  }
}
