/** Sentences that earlier versions stored, wherever they stood, are messages after the schema step that reads them. */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { storeMessages } from "#app/adapters/sql/migrations/messages/messages.ts";
import { message, reported } from "#app/domain/message/message.ts";
import type { OperationEvent } from "#app/domain/operation/event.ts";
import { addHome, claimNext, newOperation, noon } from "#tests/contract/fixtures.ts";
import type { SqlStoreSet } from "#tests/contract/open-stores.ts";

/** As earlier versions wrote them. */
const old = (...events: readonly object[]): readonly OperationEvent[] => events as readonly OperationEvent[];

const oldFailure = {
  step: null,
  machine: "demo-cp0",
  phase: "ssh",
  cause: "boot-timeout",
  message: "demo-cp0 was not up within 600 s: its serial console has shown nothing",
  lastOutput: ["last"],
  next: "resume",
};
const failure = {
  step: null,
  machine: "demo-cp0",
  phase: "ssh",
  cause: "boot-timeout",
  reasons: [message("not-up-silent", { machine: "demo-cp0", seconds: 600 })],
  lastOutput: ["last"],
  next: "resume",
};

export function storedMessagesContract(open: () => Promise<SqlStoreSet>): void {
  describe("sentences of earlier versions", () => {
    let stores: SqlStoreSet;
    let home: Awaited<ReturnType<typeof addHome>>;
    beforeEach(async () => {
      stores = await open();
      home = await addHome(stores);
    });
    afterEach(() => stores.close());

    const convert = () => storeMessages(stores.database.writer as never);

    const oldOperation = async (events: readonly OperationEvent[]): Promise<string> => {
      const { operation } = await stores.operations.submit(newOperation(home));
      const claim = await claimNext(stores);
      await stores.journal.append(claim, events, noon);
      await stores.operations.finish(claim, "failed", [], oldFailure as never, noon);
      return operation.id;
    };

    const eventsOf = async (id: string) => (await stores.journal.read(id, 2, 100)).map((entry) => entry.event);

    const written = old(
      {
        kind: "notice",
        level: "warning",
        machine: "demo-w1",
        message: "demo-w1 is restarted while it boots: it has not answered for 90 s",
      },
      { kind: "notice", level: "note", machine: null, message: "resource plugin is old; update it" },
      {
        kind: "recovery",
        automatic: true,
        did: ["took over: the process that ran it is gone", "removed disk b5demo-w1.qcow2, which was begun and not recorded"],
      },
      { kind: "cancel-rung", rung: "killed", stays: ["machine b5demo-cp0 (running)", "storage pool b5demo"] },
      { kind: "output", source: "command", machine: null, step: null, lines: ['said "kind":"notice" itself'] },
      { kind: "failure", failure: oldFailure },
      {
        kind: "state",
        to: "interrupted",
        reason:
          "the process that ran it is gone; putting the stack in order waits for the resume: connect: refused; it was resumed 3 times without getting further, so it waits for a person",
        by: null,
      },
      { kind: "state", to: "queued", reason: null, by: "Berth" },
    );
    const read: readonly OperationEvent[] = [
      { kind: "notice", level: "warning", machine: "demo-w1", message: message("restarted-silent", { machine: "demo-w1", seconds: 90 }) },
      { kind: "notice", level: "note", machine: null, message: reported("resource plugin is old; update it") },
      {
        kind: "recovery",
        automatic: true,
        did: [message("took-over"), message("leftover-removed", { what: "disk", name: "b5demo-w1.qcow2" })],
      },
      {
        kind: "cancel-rung",
        rung: "killed",
        stays: [message("machine-running", { name: "b5demo-cp0" }), message("thing", { what: "pool", name: "b5demo" })],
      },
      { kind: "output", source: "command", machine: null, step: null, lines: ['said "kind":"notice" itself'] },
      { kind: "failure", failure: failure as never },
      {
        kind: "state",
        to: "interrupted",
        reasons: [message("holder-gone"), message("recovery-on-resume"), reported("connect: refused"), message("gave-up", { times: 3 })],
        by: null,
      },
      { kind: "state", to: "queued", reasons: [], by: "Berth" },
    ];

    test("in a journal and in a failure", async () => {
      const id = await oldOperation(written);
      await convert();
      expect((await eventsOf(id)).slice(0, read.length)).toEqual(read);
      expect((await stores.operations.get(id))?.failure).toEqual(failure);
    });

    test("in a journal that was packed, and in long ones", async () => {
      const many = Array.from({ length: 450 }, (_, n) => ({
        kind: "recovery",
        automatic: true,
        did: [`ended ${n} processes of the interrupted run`],
      }));
      const id = await oldOperation(old(...written, ...many));
      await stores.journal.compact({ overBefore: noon + 1, operations: 10 });
      const loose = await oldOperation(old(...many));
      await convert();
      expect((await eventsOf(id)).slice(0, read.length)).toEqual(read);
      expect((await stores.journal.read(loose, 451, 1))[0]?.event).toEqual({
        kind: "recovery",
        automatic: true,
        did: [message("processes-ended", { count: 449 })],
      });
    });

    test("in a receipt and in a drift record", async () => {
      const rows = [
        { what: "disk", name: "b5demo-cp0.qcow2", gone: true, proof: "no storage pool of libvirt holds it" },
        { what: "secret", name: "keys of the cluster", gone: true, proof: "the secret store has none" },
      ];
      await stores.clusters.setReceipt(home.cluster.id, { operationId: "o", at: noon, by: "mina", rows } as never);
      await stores.drift.change(
        home.cluster.id,
        (record) => ({ ...record, trouble: { at: noon, message: "libvirt does not answer" } }) as never,
      );
      await convert();
      expect((await stores.clusters.receipt(home.cluster.id))?.rows).toEqual([
        { what: "disk", name: "b5demo-cp0.qcow2", gone: true, proof: message("no-disk") },
        { what: "secret", name: "cluster-keys", gone: true, proof: message("no-secret") },
      ]);
      expect((await stores.drift.get(home.cluster.id))?.trouble).toEqual({ at: noon, reasons: [message("libvirt-silent")] });
    });

    test("what is stored as messages stays as it is", async () => {
      const id = await oldOperation(written);
      await convert();
      const once = await eventsOf(id);
      await convert();
      expect(await eventsOf(id)).toEqual(once);
    });
  });
}
