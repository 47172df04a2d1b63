import { reported } from "#app/domain/message/message.ts";
import { describe, expect, it } from "vitest";
import { memoryStores } from "#app/adapters/memory/stores.ts";
import type { OperationEvent } from "#app/domain/operation/event.ts";
import { LeaseLost } from "#app/ports/operation-store.ts";
import { StorageTrouble, type StorageTroubleKind } from "#app/ports/storage-trouble.ts";
import { addHome, claimNext, expired, newOperation } from "#tests/contract/fixtures.ts";
import { patientPorts } from "./retrying-stores.ts";

const output: OperationEvent = { kind: "output", source: "command", machine: null, step: null, lines: ["a", "b"] };
const note: OperationEvent = { kind: "notice", level: "note", machine: null, message: reported("x") };
const isOutput = (events: readonly OperationEvent[]) => events.some((e) => e.kind === "output");

/** Stores whose every call is refused while `refuses` is set. Time passes with each look at the clock. */
async function begin(refuses: (call: number, events: readonly OperationEvent[] | null) => StorageTroubleKind | null, outputMs = 1_000_000) {
  const stores = memoryStores();
  await stores.operations.submit(newOperation(await addHome(stores)));
  const claim = await claimNext(stores, 0);
  let [call, clock] = [0, 0];
  const refuse = (events: readonly OperationEvent[] | null) => {
    const kind = refuses(++call, events);
    if (kind) throw new StorageTrouble(kind, "no room");
  };
  const guarded =
    <Asked extends unknown[], Answer>(
      call: (...asked: Asked) => Promise<Answer>,
      events: (...asked: Asked) => readonly OperationEvent[] | null = () => null,
    ) =>
    async (...asked: Asked): Promise<Answer> => {
      refuse(events(...asked));
      return await call(...asked);
    };
  const { operations, journal, clusters } = stores;
  const refusing = {
    ...stores,
    journal: { ...journal, append: guarded(journal.append, (_claim, events) => events) },
    operations: { ...operations, finish: guarded(operations.finish), heartbeat: guarded(operations.heartbeat) },
    clusters: { ...clusters, setState: guarded(clusters.setState) },
  };
  const ending = new AbortController();
  const ports = patientPorts(refusing, {
    now: () => (clock += 10),
    pause: () => new Promise((resolve) => void setTimeout(resolve, 1)),
    outputMs,
    ending: ending.signal,
  });
  const kinds = async () =>
    (await stores.journal.read(claim.operationId, 2, 1_000)).map(({ event: e }) =>
      e.kind === "waiting" ? e.reason : e.kind === "truncated" ? `-${e.lines}` : e.kind,
    );
  return { stores, ports, claim, kinds, ending, calls: () => call };
}

describe("patient ports", () => {
  it("on a full disk: tells that it waits, keeps everything, and tells that it continues", async () => {
    const { ports, claim, kinds } = await begin((call, events) => (call < 9 && events !== null && isOutput(events) ? "full" : null));
    await ports.journal.append(claim, [note, output], 1);
    await ports.journal.append(claim, [note], 2);
    expect(await kinds()).toEqual(["disk-full", "notice", "output", "going-on", "notice"]);
  });

  it("while the database is locked nothing can be told; afterwards it is, before what waited", async () => {
    const { ports, claim, kinds, stores } = await begin((call) => (call < 9 ? "locked" : null));
    await ports.journal.append(claim, [output], 77);
    expect(await kinds()).toEqual(["database-busy", "output", "going-on"]);
    const [waiting, entry, goingOn] = await stores.journal.read(claim.operationId, 2, 10);
    expect(entry?.at).toBe(77);
    expect(goingOn?.at).toBeGreaterThan(waiting?.at ?? Number.NaN);
  });

  it("output does not hold up the rest for ever: it is counted instead", async () => {
    const { ports, claim, kinds } = await begin((_, events) => (events !== null && isOutput(events) ? "full" : null), 300);
    await ports.journal.append(claim, [output, note, output], 1);
    expect(await kinds()).toEqual(["disk-full", "notice", "-4", "going-on"]);
  });

  it("several appends that wait tell it once", async () => {
    const { ports, claim, kinds } = await begin((call, events) => (call < 30 && events !== null && isOutput(events) ? "full" : null));
    await Promise.all([1, 2, 3].map((at) => ports.journal.append(claim, [output], at)));
    expect((await kinds()).filter((k) => k === "disk-full" || k === "going-on")).toEqual(["disk-full", "going-on"]);
    expect((await kinds()).filter((k) => k === "output")).toHaveLength(3);
  });

  it("the end of an operation and its cluster's state wait too, and the lease counts from when it was prolonged", async () => {
    const { ports, claim, stores } = await begin((call) => (call % 7 === 0 ? null : "unreachable"));
    const before = await expired(stores, 1_060);
    await ports.operations.heartbeat(claim, 0, 1_000);
    expect([before, await expired(stores, 1_060)]).toEqual([[], []]);
    await ports.clusters.setState(claim.clusterId, "ready", 5);
    expect(await ports.operations.finish(claim, "succeeded", [], null, 6)).toMatchObject({ state: "succeeded" });
  });

  it("damage is no reason to wait, and neither is a lost lease", async () => {
    const { ports, claim, calls, stores } = await begin((call) => (call === 1 ? "corrupt" : null));
    await expect(ports.journal.append(claim, [note], 1)).rejects.toMatchObject({ kind: "corrupt" });
    expect(calls()).toBe(1);
    await stores.operations.finish(claim, "failed", [], null, 2);
    await expect(ports.journal.append(claim, [note], 3)).rejects.toBeInstanceOf(LeaseLost);
  });

  it("gives up when the worker ends", async () => {
    const { ports, claim, ending } = await begin(() => "full");
    const append = ports.journal.append(claim, [note], 1);
    ending.abort();
    await expect(append).rejects.toMatchObject({ kind: "full" });
  });
});
