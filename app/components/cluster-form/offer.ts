/**
 * What a form that is being filled in would give: the sum of its machines, whether the host can carry them, and how
 * long earlier ones took. The same functions run on the server for the first paint and in the browser while typing.
 */
import { neededByServices } from "#app/domain/services/chosen.ts";
import { limits, type MachineSize, sum, totalOf, type Total } from "#app/domain/cluster/sizes.ts";
import { estimateFrom, type Estimate } from "#app/domain/operation/estimate.ts";
import { type Capacity, type CapacityAnswer, judgeCapacity, noCapacity } from "#app/domain/plan/headroom.ts";
import type { Refusal } from "#app/domain/plan/plan.ts";
import { controlPlaneSize } from "#app/forms/cluster-form.ts";
import type { NewClusterView } from "#app/services/portal.ts";
import type { CapacityLeft } from "#app/services/hosts/portal-capacity.ts";
import { controlPlanesIn } from "./control-plane-count.ts";
import { type Draft, type PoolDraft, poolsIn, textsIn } from "./draft.ts";
import { goingFrom, poolNumbers, sizeChoice, wholeNumber } from "./pool-impact.ts";
import type { CurrentCluster } from "./current-cluster.ts";

export interface Offer {
  readonly total: Total;
  readonly controlPlanes: number;
  readonly workers: number;
  /** The same refusals that the plan would have. */
  readonly refusals: readonly Refusal[];
  /** Null while the host does not answer: then nothing is said about its capacity. */
  readonly memoryLeftMiB: number | null;
  readonly time: Estimate | null;
}

/** Null while a number cannot be read. `standing`: null for a new cluster. */
export function offerOf(
  draft: Draft,
  view: Pick<NewClusterView, "room" | "durations" | "nextNetwork">,
  standing: CurrentCluster | null,
): Offer | null {
  const nodes = wantedNodes(draft, standing);
  if (nodes === null) return null;
  const total = withServices(totalOf(nodes), draft);
  const now = standing?.reserved ?? noCapacity;
  const answer = judged(view.room, now, total);
  const memory = answer?.headroom.find((row) => row.what === "memory");
  return {
    total,
    controlPlanes: controlPlanesIn(draft),
    workers: nodes.length - controlPlanesIn(draft),
    refusals: [...(answer?.refusals ?? []), ...((standing?.network ?? view.nextNetwork) === null ? [noNetwork] : [])],
    memoryLeftMiB: memory === undefined ? null : Math.max(0, memory.limit - memory.after),
    time: estimateFrom(view.durations[total.machines] ?? []),
  };
}

const noNetwork: Refusal = { code: "addresses", unit: "machines", needed: 1, available: 0 };

function judged({ reachable, vcpus, memoryMiB, diskGiB }: CapacityLeft, now: Capacity, after: Capacity): CapacityAnswer | null {
  if (!reachable) return null;
  const amounts = (of: "total" | "committed"): Capacity => ({ vcpus: vcpus[of], memoryMiB: memoryMiB[of], diskGiB: diskGiB[of] });
  return judgeCapacity({ limit: amounts("total"), reserved: amounts("committed"), now, after });
}

interface Machine extends MachineSize {
  readonly diskGiB: number;
}

const withServices = (nodes: Total, draft: Draft): Total => sum(nodes, neededByServices(textsIn(draft["services"])));

function wantedNodes(draft: Draft, standing: CurrentCluster | null): readonly Machine[] | null {
  const controlPlanes = controlPlaneMachines(draft, standing);
  const pools = poolsIn(draft).map((pool) => machinesIn(pool, standing));
  if (controlPlanes === null || pools.some((machines) => machines === null)) return null;
  const workers = pools.flatMap((machines) => machines ?? []);
  return workers.length > limits.workers.max ? null : [...controlPlanes, ...workers];
}

/** New ones are like the first. */
function controlPlaneMachines(draft: Draft, standing: CurrentCluster | null): readonly Machine[] | null {
  const [choice, vcpus, memoryMiB] = [
    sizeChoice(draft["controlPlaneSize"]),
    wholeNumber(draft["controlPlaneVcpus"]),
    wholeNumber(draft["controlPlaneMemoryMiB"]),
  ];
  const diskGiB = standing?.disks[standing.controlPlanes[0] ?? ""] ?? wholeNumber(draft["controlPlaneDiskGiB"]);
  // A custom size without its numbers has no sum yet.
  if (choice === null || diskGiB === null || (choice === "custom" && (vcpus === null || memoryMiB === null))) return null;
  const machine = {
    ...controlPlaneSize({ controlPlaneSize: choice, controlPlaneVcpus: vcpus, controlPlaneMemoryMiB: memoryMiB }),
    diskGiB,
  };
  return Array.from({ length: controlPlanesIn(draft) }, () => machine);
}

/** Those that stay have the disk that they have. */
function machinesIn(pool: PoolDraft, standing: CurrentCluster | null): readonly Machine[] | null {
  const numbers = poolNumbers(pool);
  if (numbers === null) return null;
  const { count, ...machine } = numbers;
  const known = standing?.pools.find(({ name }) => name === pool.name);
  const going = known === undefined ? [] : goingFrom(known, count, pool);
  const stay = [...new Set([...(known?.candidates ?? []).map(({ name }) => name), ...(known?.nodes ?? [])])].filter(
    (name) => !going.includes(name),
  );
  return Array.from({ length: count }, (_, at) => ({ ...machine, diskGiB: standing?.disks[stay[at] ?? ""] ?? machine.diskGiB }));
}
