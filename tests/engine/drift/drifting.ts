/** A living cluster of tiny guests that tests touch by hand, and short ways to look at it and to have it repaired. */
import { everywhere } from "#tests/contract/empty-hypervisor.ts";
import { execa } from "execa";
import { expect } from "vitest";
import { createKeyMaker } from "#app/adapters/keys/key-maker.ts";
import { type DriftRow, noRecord } from "#app/domain/drift/drift.ts";
import type { Operation } from "#app/domain/operation/operation.ts";
import type { Plan } from "#app/domain/plan/plan.ts";
import { berthPaths } from "#app/foundation/paths.ts";
import { createStackEngine } from "#pulumi/driver/engine.ts";
import { checkCluster } from "#app/services/drift/drift-check.ts";
import { findEngine } from "#pulumi/toolchain/build.ts";
import { openRig, type Rig, uri } from "../rig.ts";

const { cache } = berthPaths(process.env, process.getuid?.() ?? -1);

export const virsh = async (...words: readonly string[]): Promise<string> =>
  (await execa("virsh", ["-q", "-c", uri, ...words])).stdout.trim();

export const changes = (plan: Plan): readonly string[] =>
  plan.rows
    .filter((r) => r.change !== "same")
    .map((r) => [r.change, r.name, ...r.changed, ...(r.impact === "none" ? [] : [`(${r.impact})`])].join(" "));

/** `id expected → found`, sorted. */
export const said = (rows: readonly DriftRow[]): readonly string[] => rows.map((r) => `${r.id} ${r.expected} → ${r.found}`).toSorted();

export interface Drifting {
  readonly rig: Rig;
  readonly id: string;
  readonly prefix: string;
  /** What a check finds now, by host and engine. */
  findDrift(): Promise<readonly DriftRow[]>;
  /** Asks for the repair of everything found, and gives the plan. */
  planned(): Promise<Plan>;
  run(plan: Plan): Promise<Operation>;
  /** Plans the repair, lets it run, and wants nothing to be left: neither for a second preview nor for a check. */
  repaired(): Promise<readonly string[]>;
}

/** One control plane and one worker, as its update left them. */
export async function openDrifting(name: string): Promise<Drifting> {
  const rig = await openRig();
  rig.startWorker();
  const { id } = await rig.newCluster(name, 1);
  const made = await rig.update(id);
  expect(made.failure).toBeNull();
  const findDrift = () => driftOf(rig, id);
  const planned = async () => {
    const { rows } = (await rig.stores.drift.get(id)) ?? noRecord;
    return await rig.preview(id, "update", { wish: "repair", ids: rows.map((r) => r.id), all: true });
  };
  const run = async (plan: Plan) => await rig.settled((await rig.submit(id, "update", plan.id)).id);
  const repaired = async () => {
    const plan = await planned();
    const update = await run(plan);
    expect(update.failure).toBeNull();
    expect(update.state).toBe("succeeded");
    expect(changes(await rig.preview(id))).toEqual([]);
    expect(said(await findDrift())).toEqual([]);
    return changes(plan);
  };
  return { rig, id, prefix: (await rig.spec(id)).prefix, findDrift, planned, run, repaired };
}

async function driftOf(rig: Rig, id: string): Promise<readonly DriftRow[]> {
  const { hostInspections } = rig.ports;
  if (!hostInspections) throw new Error("the rig has no host look");
  const nodes = { list: () => Promise.reject(new Error("there is no Kubernetes here")) };
  const engine = createStackEngine({ engineFolder: () => findEngine({ cache }), home: rig.home, hypervisors: everywhere(rig.hypervisor) });
  expect(
    await checkCluster(
      {
        ...rig.stores,
        secrets: rig.secrets,
        machineHost: rig.ports.machineHost,
        now: Date.now,
        hostInspections: hostInspections,
        nodes,
        keyMaker: createKeyMaker(),
        engine,
      },
      id,
      new AbortController().signal,
    ),
  ).toBe("recorded");
  const record = await rig.stores.drift.get(id);
  expect(record?.trouble).toBeNull();
  return record?.rows ?? [];
}
