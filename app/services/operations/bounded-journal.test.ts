import { reported } from "#app/domain/message/message.ts";
import { describe, expect, it } from "vitest";
import { memoryStores } from "#app/adapters/memory/stores.ts";
import type { OperationEvent } from "#app/domain/operation/event.ts";
import { addHome, claimNext, newOperation } from "#tests/contract/fixtures.ts";
import { boundedJournal } from "./bounded-journal.ts";

const lines = (...texts: string[]): OperationEvent => ({ kind: "output", source: "command", machine: null, step: null, lines: texts });
const note: OperationEvent = { kind: "notice", level: "note", machine: null, message: reported("x") };

async function begin(characters: number) {
  const stores = memoryStores();
  await stores.operations.submit(newOperation(await addHome(stores)));
  const claim = await claimNext(stores, 0);
  const ports = boundedJournal(stores, { characters, tellMs: 1_000 });
  const told = async () =>
    (await stores.journal.read(claim.operationId, 2, 1_000_000)).map(({ event: e }) =>
      e.kind === "output" ? e.lines.join() : e.kind === "truncated" ? `-${e.lines}` : e.kind,
    );
  return { stores, ports, claim, told };
}

describe("bounded output", () => {
  it("keeps everything below the bound and leaves out what is above, counted", async () => {
    const { ports, claim, told } = await begin(10);
    await ports.journal.append(claim, [lines("1234"), lines("678"), lines("9"), lines("over", "and")], 1);
    await ports.journal.append(claim, [lines("over")], 2);
    expect(await told()).toEqual(["1234", "678", "-3"]);
    await ports.journal.append(claim, [note], 3);
    expect(await told()).toEqual(["1234", "678", "-3", "-1", "notice"]);
  });

  it("tells the count now and then while there is nothing else to tell, and what is left of it before the end", async () => {
    const { ports, claim, told } = await begin(0);
    for (const at of [0, 500, 1_000, 1_500, 1_900]) await ports.journal.append(claim, [lines("x")], at);
    expect(await told()).toEqual(["-2", "-1"]);
    await ports.operations.finish(claim, "succeeded", [], null, 2_000);
    expect(await told()).toEqual(["-2", "-1", "-2", "state"]);
  });

  it("a storm of 100 MB leaves a journal of the bound's size that counts every line", async () => {
    const { stores, ports, claim } = await begin(1024 * 1024);
    const text = "y".repeat(999);
    for (let i = 0; i < 1_000; i++)
      await ports.journal.append(
        claim,
        Array.from({ length: 10 }, () => lines(...Array.from({ length: 10 }, () => text))),
        i,
      );
    await ports.operations.finish(claim, "succeeded", [], null, 2_000);
    const events = (await stores.journal.read(claim.operationId, 0, 1_000_000)).map((e) => e.event);
    const kept = events.reduce((n, e) => n + (e.kind === "output" ? e.lines.length : 0), 0);
    const counted = events.reduce((n, e) => n + (e.kind === "truncated" ? e.lines : 0), 0);
    expect([kept, kept + counted]).toEqual([1_040, 100_000]);
    expect(events.length).toBeLessThan(120);
  });

  it("a further attempt has limits of its own", async () => {
    const { stores, ports, claim, told } = await begin(5);
    await ports.journal.append(claim, [lines("12345")], 1);
    await ports.operations.finish(claim, "failed", [], null, 2);
    await stores.operations.resume(claim.operationId, "mina", 3);
    await ports.journal.append(await claimNext(stores, 4), [lines("1234")], 5);
    expect(await told()).toEqual(["-1", "state", "state", "state", "1234"]);
  });
});
