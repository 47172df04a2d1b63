import { ha } from "#app/domain/blueprints/ha.ts";
import type { ClusterSpec } from "#app/domain/cluster/spec.ts";
import { saveCluster } from "#app/domain/power/power-revisions.ts";
import { grown, pool, specOf } from "./fixture-things.ts";

export const demo = specOf("demo", 3, [pool(1)]);
export const demoGrown = grown(demo, 3, [pool(2)]);
export const rising = specOf("rising", 4, [pool(2)]);
export const lab = specOf("lab-2", 5, [pool(1)], { addOns: ["metrics-server"] });
/** Three control planes that share an address. */
export const trio = specOf("trio", 8, [pool(1)], { blueprint: ha });
const nightOn = specOf("night", 9, [pool(1)]);
/** Saved. */
export const night = {
  ...saveCluster(nightOn, nightOn),
  powerHours: { timeZone: "Asia/Seoul", on: [{ days: ["mon", "tue", "wed", "thu", "fri"], from: 480, to: 1140 }], setBy: "mina" },
} satisfies ClusterSpec;
export const next = specOf("next", 6, [pool(1)]);
export const old = specOf("old", 2, [pool(1)]);
/** Several node pools, one of them without a machine. */
export const gpu = pool(1, {
  name: "gpu",
  vcpus: 4,
  memoryMiB: 4096,
  diskGiB: 40,
  labels: { accelerator: "nvidia", zone: "east" },
  taints: [{ key: "gpu", value: "yes", effect: "NoSchedule" }],
});
export const atlas = specOf("atlas", 7, [pool(2), gpu, pool(0, { name: "cache" })]);
export const atlasRelabelled = grown(atlas, 7, [
  pool(2),
  { ...gpu, labels: { accelerator: "nvidia" } },
  pool(1, { name: "cache", labels: { tier: "cache" } }),
]);

export function names(spec: ClusterSpec): readonly string[] {
  return spec.machines.map((machine) => machine.name);
}
