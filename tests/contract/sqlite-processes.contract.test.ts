/** SQLite with several processes on one file: who sees what, and what a killed writer leaves. */
import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { BerthDatabase } from "#app/adapters/sql/database/database.ts";
import type { Claim } from "#app/ports/operation-store.ts";
import { addHome, claimNext, interrupt, newOperation, noon, type StoreSet } from "./fixtures.ts";
import { follow, nextHint } from "./suites/journal.contract.ts";
import { openSqlStores, tempFolder } from "./open-stores.ts";

describe("SQLite with several processes", () => {
  let folder: string;
  let path: string;
  let stores: StoreSet & { readonly database: BerthDatabase };
  let home: Awaited<ReturnType<typeof addHome>>;

  beforeEach(async () => {
    folder = await tempFolder();
    path = join(folder, "berth.sqlite");
    stores = await openSqlStores({ kind: "sqlite", path }, folder);
    home = await addHome(stores);
  });
  afterEach(async () => {
    await stores.close();
    await rm(folder, { recursive: true });
  });

  const start = (orders: { claim: Claim; lanes: number; appends: number | null }): ChildProcessByStdio<Writable, Readable, null> => {
    const child = spawn(process.execPath, [join(import.meta.dirname, "processes", "append-child.ts")], {
      stdio: ["pipe", "pipe", "inherit"],
    });
    child.stdin.end(`${JSON.stringify({ path, ...orders })}\n`);
    return child;
  };

  test("processes that start at once on a new file agree on one schema", async () => {
    const fresh = join(folder, "fresh", "berth.sqlite");
    const children = Array.from({ length: 4 }, () =>
      spawn(process.execPath, [join(import.meta.dirname, "processes", "open-child.ts"), fresh], { stdio: "inherit" }),
    );
    expect(await Promise.all(children.map((c) => once(c, "exit")))).toEqual(children.map(() => [0, null]));
  });

  test("a reader follows what another process appends, to its end", async () => {
    const { operation } = await stores.operations.submit(newOperation(home));
    const claim = await claimNext(stores, Date.now());
    const seen: number[] = [];
    const followed = follow(stores, operation.id, (seq) => seen.push(seq));
    const child = start({ claim, lanes: 4, appends: 25 });
    await once(child, "exit");
    await followed;
    expect(seen).toEqual(Array.from({ length: 103 }, (_, i) => i + 1));
  });

  test("an end that came before the first check at what others do is heard of", async () => {
    const elsewhere = await openSqlStores({ kind: "sqlite", path }, folder, { pollMs: 300 });
    const { operation } = await stores.operations.submit(newOperation(home));
    const claim = await claimNext(stores);
    const heard = nextHint(elsewhere, operation.id);
    await stores.operations.finish(claim, "succeeded", [], null, noon);
    await heard;
    await elsewhere.close();
  });

  test("two processes write at the same time and neither loses anything", async () => {
    const { operation } = await stores.operations.submit(newOperation(home));
    const claim = await claimNext(stores, Date.now());
    const child = start({ claim, lanes: 4, appends: 100 });
    const ended = once(child, "exit").then(() => "ended" as const);
    const other = await addHome(stores, "jun");
    let own = 0;
    for (let turn: unknown; turn !== "ended"; own++) {
      await stores.operations.submit(newOperation(other, { kind: "preview" }));
      const mine = await claimNext(stores);
      await stores.operations.finish(mine, "succeeded", [], null, Date.now());
      turn = await Promise.race([ended, new Promise((resolve) => setImmediate(resolve, "on"))]);
    }
    expect(await stores.journal.head(operation.id)).toBe(403);
    expect(await stores.operations.list({ clusterId: other.cluster.id, limit: 10_000 })).toHaveLength(own);
  });

  test("a writer killed in mid-append loses nothing it acknowledged, and leaves a whole database without gaps", {
    timeout: 60_000,
  }, async () => {
    for (const acknowledgements of [1, 7, 40, 160]) {
      const { operation } = await stores.operations.submit(newOperation(home));
      const claim = await claimNext(stores, Date.now());
      const child = start({ claim, lanes: 8, appends: null });
      const exited = once(child, "exit");
      const acknowledged = new Map<number, string>();
      for await (const text of createInterface({ input: child.stdout })) {
        const [seq, mark] = text.split(" ");
        acknowledged.set(Number(seq), mark ?? "");
        if (acknowledged.size === acknowledgements) child.kill("SIGKILL");
      }
      expect(await exited).toEqual([null, "SIGKILL"]);

      const entries = await stores.journal.read(operation.id, 0, 1_000_000);
      expect(entries.map((e) => e.seq)).toEqual(entries.map((_, i) => i + 1));
      expect(await stores.journal.head(operation.id)).toBe(entries.length);
      expect(acknowledged.size).toBeGreaterThanOrEqual(acknowledgements);
      for (const [seq, mark] of acknowledged) expect(entries[seq - 1]?.event).toMatchObject({ lines: [mark] });
      expect(await stores.database.integrity()).toBe("ok");
      // The dead worker's operation can be taken over at once when it is known to be gone.
      expect(await interrupt(stores, operation.id, Date.now() + 60_000)).toMatchObject({ state: "interrupted" });
      await stores.operations.requestCancel(operation.id, "mina", Date.now());
    }
  });
});
