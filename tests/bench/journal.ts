/**
 * What the journal costs over bare SQLite: rows per second of durable appends, next to a prepared insert in hand-made
 * transactions with the same settings, table and batches. Rounds alternate, so that a busy machine hits both alike.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { openDatabase } from "#app/adapters/sql/database/database.ts";
import { sqlStores } from "#app/adapters/sql/stores.ts";
import type { OperationEvent } from "#app/domain/operation/event.ts";
import type { Journal } from "#app/ports/journal.ts";
import type { Claim } from "#app/ports/operation-store.ts";
import { addHome, claimNext, newOperation } from "#tests/contract/fixtures.ts";
import type { Comparison } from "./report.ts";

export interface JournalBenchShape {
  readonly rows: number;
  /** Events per append; one commit each on the bare side. */
  readonly batch: number;
  /** Callers that append at the same time; on the bare side there is one. */
  readonly callers: number;
  readonly rounds: number;
}

/** R7. The first round warms both up and does not count. */
export async function benchJournal(shape: JournalBenchShape): Promise<Comparison> {
  const folder = await mkdtemp(join(tmpdir(), "berth-bench-"));
  const journal = await openJournal(join(folder, "journal.sqlite"));
  const bare = openBare(join(folder, "bare.sqlite"));
  const ours: number[] = [];
  const reference: number[] = [];
  try {
    for (let round = 0; round <= shape.rounds; round++) {
      const pair = [
        await rowsPerSecond(shape, () => journal.run(shape)),
        await rowsPerSecond(shape, () => bare.run(shape, round)),
      ] as const;
      if (round === 0) continue;
      ours.push(pair[0]);
      reference.push(pair[1]);
    }
  } finally {
    await journal.close();
    bare.close();
    await rm(folder, { recursive: true });
  }
  return {
    id: "R7",
    title: `durable journal rows, ${shape.callers} callers of ${shape.batch} rows`,
    unit: "rows/s",
    ours: { name: "journal on SQLite", values: ours },
    reference: { name: "bare prepared insert", values: reference },
  };
}

const event: OperationEvent = {
  kind: "output",
  source: "console",
  machine: "w1",
  step: null,
  lines: ["[   12.345678] systemd[1]: Started kubelet.service - kubelet: The Kubernetes Node Agent."],
};

async function rowsPerSecond(shape: JournalBenchShape, run: () => Promise<void> | void): Promise<number> {
  const start = performance.now();
  await run();
  return shape.rows / ((performance.now() - start) / 1000);
}

async function openJournal(path: string) {
  const database = await openDatabase({ kind: "sqlite", path });
  const stores = sqlStores(database);
  const home = await addHome(stores);
  await stores.operations.submit(newOperation(home));
  const claim = await claimNext(stores, Date.now());
  return {
    run: async (shape: JournalBenchShape) => {
      const appends = Math.ceil(shape.rows / shape.batch / shape.callers);
      await Promise.all(Array.from({ length: shape.callers }, () => appendMany(stores.journal, claim, shape.batch, appends)));
    },
    close: () => database.close(),
  };
}

async function appendMany(journal: Journal, claim: Claim, batch: number, appends: number): Promise<void> {
  const events = Array.from({ length: batch }, () => event);
  for (let i = 0; i < appends; i++) await journal.append(claim, events, Date.now());
}

function openBare(path: string) {
  const db = new DatabaseSync(path);
  db.exec("pragma journal_mode = wal; pragma synchronous = full");
  db.exec(
    "create table journal (operation_id text not null, seq integer not null, at bigint not null, event text not null, primary key (operation_id, seq))",
  );
  const insert = db.prepare("insert into journal values (?, ?, ?, ?)");
  return {
    run: (shape: JournalBenchShape, round: number) => {
      for (let seq = 0; seq < shape.rows; ) {
        db.exec("begin immediate");
        for (let i = 0; i < shape.batch; i++)
          insert.run(`00000000-0000-0000-0000-00000000000${round}`, seq++, Date.now(), JSON.stringify(event));
        db.exec("commit");
      }
    },
    close: () => db.close(),
  };
}
