/**
 * What a form that is being filled in would give: the sum of its machines, whether the host can carry them, and how
 * long earlier ones took. The same functions run on the server for the first paint and in the browser while typing.
 */
import { limits, totalOf, within, type Total } from "#app/domain/cluster/sizes.ts";
import { estimateFrom, type Estimate } from "#app/domain/operation/estimate.ts";
import { type Capacity, type CapacityAnswer, judgeCapacity, noCapacity } from "#app/domain/plan/headroom.ts";
import type { Refusal } from "#app/domain/plan/plan.ts";
import { controlPlaneSize, sizeChoices, workerSize, type SizeChoice } from "#app/forms/cluster-form.ts";
import type { NewClusterView } from "#app/services/portal.ts";
import type { RoomLeft } from "#app/services/hosts/portal-capacity.ts";

/** Text of the form's fields, as typed so far. */
export type Draft = Readonly<Record<string, string>>;

/** What the cluster is now, when it is changed. */
export interface Standing {
  /** What it has reserved; null: nothing, as a draft. */
  readonly reserved: Capacity | null;
  /** Disks that exist and keep their size, in the order of the machines. */
  readonly disks: readonly number[];
  /** The network it keeps; null: a draft that takes the next free one. */
  readonly network: string | null;
}

export interface Offer {
  readonly total: Total;
  readonly workers: number;
  /** The same refusals that the plan would have. */
  readonly refusals: readonly Refusal[];
  /** Null while the host does not answer: then nothing is said about its capacity. */
  readonly memoryLeftMiB: number | null;
  readonly time: Estimate | null;
}

/** Null while a number cannot be read. `standing`: null for a new cluster. */
export function offerOf(draft: Draft, view: Pick<NewClusterView, "room" | "durations" | "nextNetwork">, standing: Standing | null): Offer | null {
  const total = wantedTotal(draft, standing?.disks ?? []);
  if (total === null) return null;
  const now = standing?.reserved ?? noCapacity;
  const answer = judged(view.room, now, total);
  const memory = answer?.headroom.find((row) => row.what === "memory");
  return {
    total,
    workers: total.machines - 1,
    refusals: [...(answer?.refusals ?? []), ...((standing?.network ?? view.nextNetwork) === null ? [noNetwork] : [])],
    memoryLeftMiB: memory === undefined ? null : Math.max(0, memory.limit - memory.after),
    time: estimateFrom(view.durations[total.machines] ?? []),
  };
}

const noNetwork: Refusal = { code: "addresses", unit: "machines", needed: 1, available: 0 };

function judged({ reachable, vcpus, memoryMiB, diskGiB }: RoomLeft, now: Capacity, after: Capacity): CapacityAnswer | null {
  if (!reachable) return null;
  const amounts = (of: "total" | "committed"): Capacity => ({ vcpus: vcpus[of], memoryMiB: memoryMiB[of], diskGiB: diskGiB[of] });
  return judgeCapacity({ limit: amounts("total"), reserved: amounts("committed"), now, after });
}

function wantedTotal(draft: Draft, disks: readonly number[]): Total | null {
  const workers = wholeNumber(draft["workers"]);
  const diskGiB = wholeNumber(draft["diskGiB"]);
  const sizes = wantedSizes(draft);
  if (workers === null || diskGiB === null || sizes === null || !within(workers, limits.workers)) return null;
  const all = [sizes.controlPlane, ...Array.from({ length: workers }, () => sizes.worker)];
  return totalOf(all.map((size, i) => ({ ...size, diskGiB: disks[i] ?? diskGiB })));
}

function wantedSizes(draft: Draft) {
  const [controlPlane, worker] = [sizeChoice(draft["controlPlaneSize"]), sizeChoice(draft["workerSize"])];
  if (controlPlane === null || worker === null) return null;
  // A custom size without its numbers has no sum yet.
  const missing = (choice: SizeChoice, ...names: readonly string[]) => choice === "custom" && names.some((name) => wholeNumber(draft[name]) === null);
  if (missing(controlPlane, "controlPlaneVcpus", "controlPlaneMemoryMiB") || missing(worker, "workerVcpus", "workerMemoryMiB")) return null;
  return {
    controlPlane: controlPlaneSize({
      controlPlaneSize: controlPlane,
      controlPlaneVcpus: wholeNumber(draft["controlPlaneVcpus"]),
      controlPlaneMemoryMiB: wholeNumber(draft["controlPlaneMemoryMiB"]),
    }),
    worker: workerSize({ workerSize: worker, workerVcpus: wholeNumber(draft["workerVcpus"]), workerMemoryMiB: wholeNumber(draft["workerMemoryMiB"]) }),
  };
}

const wholeNumber = (text: string | undefined): number | null => (text !== undefined && /^\d{1,7}$/.test(text.trim()) ? Number(text) : null);
const sizeChoice = (text: string | undefined): SizeChoice | null => sizeChoices.find((choice) => choice === text) ?? null;
