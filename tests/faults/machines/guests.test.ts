/**
 * Processes killed in the middle of a create, a scale and a destroy of real machines, at an entry of the journal: the
 * portal, the worker, the engine's child, the CLI, its plugins, libvirtd and QEMU.
 */
import { afterEach, describe, expect, it } from "vitest";
import { held, seed } from "#tests/faults/points.ts";
import { live, lives, nameOf } from "./lives.ts";
import { startLibvirtd } from "./libvirtd.ts";
import { type MachineWorld, openMachineWorld } from "./machine-world.ts";
import { victims } from "./victims.ts";

let world: MachineWorld;
afterEach(async () => {
  await startLibvirtd(world.hypervisor);
  await world.close();
});

describe(`machines, with processes killed in the middle (seed ${seed})`, () => {
  const points = lives("machines", victims, { create: 34, scale: 38, destroy: 42 }, 1).map((life) => ({ life, name: nameOf(life) }));
  it.each(points)("$name", { timeout: 900_000 }, async ({ life }) => {
    world = await openMachineWorld();
    expect(await live(world, life)).toEqual({});
    held("machines", life);
  });
});
