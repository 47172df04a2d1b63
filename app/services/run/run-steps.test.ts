/** The run of each kind stops at every step, and runs every step twice: it ends as if nothing had happened. */
import { beforeEach, describe, expect, it } from "vitest";
import { type OperationKind, operationKinds, planKindOf, planKinds } from "#app/domain/operation/kinds.ts";
import { LeaseLost } from "#app/ports/operation-store.ts";
import { RunRig } from "#tests/contract/run-rig.ts";
import { runOperation, type RunStep, runSteps, type StepRunner } from "./run-operation.ts";
import { resumeInterrupted } from "./run-recovery.ts";

let rig: RunRig;
beforeEach(async () => {
  rig = await RunRig.start();
});

/** The process is gone: nothing is written any more, by anybody. */
class Killed extends LeaseLost {}

async function queue(kind: OperationKind): Promise<string> {
  const planKind = planKinds.find((one) => one === kind);
  if (planKind === undefined) return await rig.submit(kind);
  // What cannot be planned for a draft needs a cluster that lives.
  if (!planKindOf({ kind: planKind }).plannedIn.includes("draft")) await rig.update();
  return await rig.submit(kind, (await rig.plan(planKind)).id, planKind);
}

const run = async (step: StepRunner) => {
  const { operation, claim } = await rig.claim();
  return await runOperation(rig.ports, operation, claim, new AbortController().signal, step);
};

/** What is to be seen of a run that ended well, whatever happened on its way. */
async function outcome(id: string) {
  const { state, failure } = (await rig.stores.operations.get(id)) ?? {};
  const cluster = await rig.cluster();
  const receipt = await rig.stores.clusters.receipt(rig.clusterId);
  return {
    operation: { state, failure },
    cluster: { state: cluster?.state, liveRevision: cluster?.liveRevision },
    plans: (await rig.stores.clusters.planHeadsOf({ ids: [], operationIds: [id] })).length,
    receipt: receipt && { by: receipt.operationId === id, gone: receipt.rows.every((row) => row.gone) },
    keys: (await rig.stores.secrets.clusterSecrets(rig.tenantId, rig.clusterId)) !== null,
    ends: (await rig.kinds(id)).filter((kind) => kind === "succeeded").length,
  };
}

async function outcomeUndisturbed(kind: OperationKind) {
  const id = await queue(kind);
  await rig.runNext();
  const expected = await outcome(id);
  expect(expected.operation.state).toBe("succeeded");
  rig = await RunRig.start();
  return expected;
}

describe.each(operationKinds)("%s", (kind) => {
  it("takes the steps in the order in which they are listed", async () => {
    await queue(kind);
    const taken: RunStep[] = [];
    await run((step, body) => {
      taken.push(step);
      return body();
    });
    expect(taken).toEqual(runSteps);
  });

  const places = runSteps.flatMap((step) => [["before", step] as const, ["after", step] as const]);

  it.each(places)("killed %s %s, it is taken over and ends as it would have", async (when, place) => {
    const expected = await outcomeUndisturbed(kind);
    const id = await queue(kind);
    const killed = run(async (step, body) => {
      if (step === place && when === "before") throw new Killed("killed");
      const done = await body();
      if (step === place) throw new Killed("killed");
      return done;
    });
    await expect(killed).rejects.toBeInstanceOf(Killed);
    if (place !== "end" || when === "before") {
      expect((await rig.recover()).state).toBe("interrupted");
      await resumeInterrupted(rig.ports);
      await rig.runNext();
    }
    expect(await outcome(id)).toEqual(expected);
  });

  it.each(runSteps.filter((step) => step !== "end"))("runs %s twice and ends as it would have", async (twice) => {
    const expected = await outcomeUndisturbed(kind);
    const id = await queue(kind);
    await run(async (step, body) => {
      if (step === twice) await body();
      return await body();
    });
    expect(await outcome(id)).toEqual(expected);
  });
});
