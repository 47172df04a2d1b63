/** Which state of an operation may follow which: every store refuses all others, whoever asks. */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { canMove, type OperationState, operationStates, TransitionRefused } from "#app/domain/operation/operation.ts";
import type { Claim, OperationStore } from "#app/ports/operation-store.ts";
import { addHome, claimNext, entryKinds, interrupt, newOperation, noon, type OpenStores, type StoreSet } from "#tests/contract/fixtures.ts";

type Ending = Parameters<OperationStore["finish"]>[1];

export function transitionsContract(open: OpenStores): void {
  describe("transitions of an operation", () => {
    let stores: StoreSet;
    let id: string;
    let claim: Claim | null;

    beforeEach(async () => {
      stores = await open();
      id = (await stores.operations.submit(newOperation(await addHome(stores)))).operation.id;
      claim = null;
    });
    afterEach(() => stores.close());

    const stateNow = async () => (await stores.operations.get(id))?.state;
    const bringTo = async (state: OperationState): Promise<void> => {
      if (state === "queued") return;
      claim = await claimNext(stores);
      if (state === "interrupted") await interrupt(stores, id, noon);
      else if (state !== "running") await stores.operations.finish(claim, state, [], null, noon);
    };
    const finish = (to: OperationState) =>
      claim === null ? Promise.reject(new Error("nobody holds it")) : stores.operations.finish(claim, to as Ending, [], null, noon);

    test.each(operationStates.filter((to) => !canMove("running", to)))(
      "a holder cannot make a running operation %s, and nothing is written",
      async (to) => {
        await bringTo("running");
        await expect(finish(to)).rejects.toBeInstanceOf(TransitionRefused);
        expect([await stateNow(), await entryKinds(stores, id)]).toEqual(["running", ["queued", "running"]]);
        expect(await finish("succeeded")).toMatchObject({ state: "succeeded" });
      },
    );

    const acts: Readonly<Record<string, () => Promise<unknown>>> = {
      claim: () => stores.operations.claim({ workerId: "w", now: () => noon, leaseMs: 1_000, maxRunning: 9 }),
      cancel: () => stores.operations.requestCancel(id, "mina", noon),
      resume: () => stores.operations.resume(id, "mina", noon),
      finish: () => finish("succeeded"),
    };
    const cases = operationStates.flatMap((from) => Object.keys(acts).map((act) => [from, act] as const));

    test.each(cases)(
      "%s, then %s: the state stays or moves as the state machine allows, and the journal has the same",
      async (from, act) => {
        await bringTo(from);
        const before = await entryKinds(stores, id);
        await acts[act]?.().catch(() => undefined);
        const to = await stateNow();
        const states = (await entryKinds(stores, id))
          .slice(before.length)
          .filter((kind) => operationStates.some((state) => state === kind));
        expect(states).toEqual(to === from ? [] : [to]);
        if (to !== from) expect(canMove(from, to as OperationState)).toBe(true);
      },
    );
  });
}
