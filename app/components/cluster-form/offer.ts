/**
 * What a form that is being filled in would give: the sum of its machines, whether the host can carry them, and how
 * long earlier ones took. The same functions run on the server for the first paint and in the browser while typing.
 */
import { limits, totalOf, within, type Total } from "#app/domain/cluster/sizes.ts";
import { estimateFrom, type Estimate } from "#app/domain/operation/estimate.ts";
import { controlPlaneSize, sizeChoices, workerSize, type SizeChoice } from "#app/forms/cluster-form.ts";
import type { Amount, NewClusterView, RoomLeft } from "#app/services/portal.ts";

/** Text of the form's fields, as typed so far. */
export type Draft = Readonly<Record<string, string>>;

export interface Shortage {
  readonly what: "memory" | "vcpus" | "disk" | "addresses";
  readonly unit: "MiB" | "vCPU" | "GiB" | "machines";
  readonly needed: number;
  readonly available: number;
}

export interface Offer {
  readonly total: Total;
  readonly workers: number;
  readonly shortages: readonly Shortage[];
  /** Null while the host does not answer: then nothing is said about its room. */
  readonly memoryLeftMiB: number | null;
  readonly time: Estimate | null;
}

/** Null while a number cannot be read. `had` is what the cluster takes already: only what is added must fit. */
export function offerOf(draft: Draft, view: Pick<NewClusterView, "room" | "durations" | "nextNetwork">, had: Total | null): Offer | null {
  const total = wantedTotal(draft);
  if (total === null) return null;
  const { room } = view;
  return {
    total,
    workers: total.machines - 1,
    shortages: [...(room.reachable ? shortagesOf(total, had, room) : []), ...(had === null && view.nextNetwork === null ? [noNetwork] : [])],
    memoryLeftMiB: room.reachable ? room.memoryMiB.left - added(total.memoryMiB, had?.memoryMiB) : null,
    time: estimateFrom(view.durations[total.machines] ?? []),
  };
}

const noNetwork: Shortage = { what: "addresses", unit: "machines", needed: 1, available: 0 };

function wantedTotal(draft: Draft): Total | null {
  const workers = wholeNumber(draft["workers"]);
  const diskGiB = wholeNumber(draft["diskGiB"]);
  const sizes = wantedSizes(draft);
  if (workers === null || diskGiB === null || sizes === null || !within(workers, limits.workers)) return null;
  const worker = { ...sizes.worker, diskGiB };
  return totalOf([{ ...sizes.controlPlane, diskGiB }, ...Array.from({ length: workers }, () => worker)]);
}

function wantedSizes(draft: Draft) {
  const [controlPlane, worker] = [sizeChoice(draft["controlPlaneSize"]), sizeChoice(draft["workerSize"])];
  if (controlPlane === null || worker === null) return null;
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

const added = (wanted: number, had = 0): number => Math.max(0, wanted - had);

function shortagesOf(total: Total, had: Total | null, room: RoomLeft): readonly Shortage[] {
  const checks: readonly [Shortage["what"], Shortage["unit"], number, Amount][] = [
    ["memory", "MiB", added(total.memoryMiB, had?.memoryMiB), room.memoryMiB],
    ["vcpus", "vCPU", added(total.vcpus, had?.vcpus), room.vcpus],
    ["disk", "GiB", added(total.diskGiB, had?.diskGiB), room.diskGiB],
  ];
  return checks.filter(([, , needed, amount]) => needed > amount.left).map(([what, unit, needed, amount]) => ({ what, unit, needed, available: Math.max(0, amount.left) }));
}
