import { describe, expect, it } from "vitest";
import { exampleSpec } from "#app/domain/cluster/example-spec.ts";
import { judgeCapacity } from "#app/domain/plan/headroom.ts";
import { saveCluster } from "./power-revisions.ts";
import { capacityOf } from "./taken-capacity.ts";

const spec = exampleSpec({ workers: 2 });
const on = capacityOf(spec);
const saved = capacityOf(saveCluster(spec, spec));

describe("what a cluster takes of its host", () => {
  it("is the sum of its machines while it is on", () => {
    expect(on).toEqual({
      vcpus: spec.machines.reduce((sum, m) => sum + m.vcpus, 0),
      memoryMiB: spec.machines.reduce((sum, m) => sum + m.memoryMiB, 0),
      diskGiB: spec.machines.reduce((sum, m) => sum + (m.disks[0]?.gib ?? 0), 0),
    });
  });

  it("is disk alone while it is saved: that of its machines, and as much as their memory", () => {
    expect(saved).toEqual({ vcpus: 0, memoryMiB: 0, diskGiB: on.diskGiB + on.memoryMiB / 1024 });
    const odd = { machines: spec.machines.map((m) => ({ ...m, memoryMiB: 1100 })), power: "saved" } as const;
    expect(capacityOf(odd).diskGiB).toBe(on.diskGiB + 4);
  });

  it("is refused, with what is missing, when it is to be woken on a host that has given the memory to others", () => {
    const limit = { vcpus: 100, memoryMiB: on.memoryMiB + 1000, diskGiB: 1000 };
    const reserved = { ...saved, memoryMiB: 1500 };
    expect(judgeCapacity({ limit, reserved, now: saved, after: on }).refusals).toEqual([
      { code: "memory", needed: on.memoryMiB, available: on.memoryMiB - 500, unit: "MiB" },
    ]);
    expect(judgeCapacity({ limit, reserved: saved, now: saved, after: on }).refusals).toEqual([]);
  });
});
