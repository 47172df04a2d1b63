/**
 * Looks at clusters one after the other: those that somebody asks about at once, the others by the schedule and only
 * while nothing runs. Belongs to a worker; several workers share the clusters by their records.
 */
import type { Cluster } from "#app/domain/cluster/cluster.ts";
import { chooseCheck, type Scheduled } from "#app/domain/drift/schedule.ts";
import { canDiffer, checkCluster, type DriftCheckPorts } from "./drift-check.ts";
import { clustersAtOnce } from "#app/services/each-cluster.ts";
import { lastChanges } from "#app/services/clusters/last-change.ts";
import { pause } from "#app/services/pause.ts";
import { unfinished } from "#app/services/views.ts";

export interface WatchSettings {
  /** Minutes between two looks at one cluster; 0: only when asked. */
  readonly everyMinutes: number;
  /** How often to see whether somebody asked. */
  readonly tickMs?: number;
  /** For the process's own record; texts hold no secrets. */
  readonly onTrouble?: (doing: string, error: unknown) => void;
}

export interface DriftWatch {
  /** Ends a check that is under way, without recording it. */
  stop(): Promise<void>;
}

export function startDriftWatch(
  ports: DriftCheckPorts,
  { everyMinutes, tickMs = 2_000, onTrouble = () => undefined }: WatchSettings,
): DriftWatch {
  const ending = new AbortController();
  const loop = async () => {
    const schedule = rotatingSchedule(ports);
    while (!ending.signal.aborted) {
      await tick(ports, schedule, everyMinutes, ending.signal).catch((error: unknown) => onTrouble("looking for drift", error));
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

type Schedule = () => Promise<readonly Scheduled[]>;

/** Whoever waits is found at once; a scheduled check can wait until its page of clusters has its turn. */
async function tick(ports: DriftCheckPorts, schedule: Schedule, everyMinutes: number, stop: AbortSignal): Promise<void> {
  const chosen = chooseCheck([...(await asked(ports)), ...(everyMinutes === 0 ? [] : await schedule())], everyMinutes, ports.now());
  if (chosen === null) return;
  // Nobody waits for a scheduled check: the processors belong to operations first.
  if (!chosen.wanted && (await ports.operations.list({ states: ["running"], limit: 1 })).length > 0) return;
  await giveWay(ports, chosen.clusterId, stop);
}

const mostAsked = 500;

async function asked(ports: DriftCheckPorts): Promise<readonly Scheduled[]> {
  const wanted = await ports.drift.wanted(mostAsked);
  return await scheduled(ports, await ports.clusters.several(wanted));
}

/** A page of clusters per tick, over and over: however many there are, a tick costs the same. */
function rotatingSchedule(ports: DriftCheckPorts): Schedule {
  let after = "";
  return async () => {
    const page = await ports.clusters.batch({ after, limit: clustersAtOnce, states: ["ready", "degraded"] });
    after = page.length < clustersAtOnce ? "" : (page.at(-1)?.id ?? "");
    return await scheduled(ports, page);
  };
}

/** Clusters that can differ and that no operation holds. */
async function scheduled(ports: DriftCheckPorts, clusters: readonly Cluster[]): Promise<readonly Scheduled[]> {
  const ids = clusters.filter(canDiffer).map((c) => c.id);
  const held = new Set(
    (await ports.operations.list({ clusterIds: ids, states: unfinished, limit: Math.max(1, ids.length) })).map((o) => o.clusterId),
  );
  const free = ids.filter((id) => !held.has(id));
  const records = await ports.drift.of(free);
  const lastEnds = await lastChanges(ports.operations, free);
  return free.map((clusterId) => ({ clusterId, record: records.get(clusterId) ?? null, lastEnd: lastEnds.get(clusterId) ?? null }));
}

/** How soon an operation that begins is noticed during a check. */
const giveWayMs = 500;

/** An operation that begins in the middle ends the check at once. */
async function giveWay(ports: DriftCheckPorts, clusterId: string, stop: AbortSignal): Promise<void> {
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
    await checkCluster(ports, clusterId, AbortSignal.any([stop, mine.signal]));
  } finally {
    over.abort();
    await watching;
  }
}
