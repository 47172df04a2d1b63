/** Many who append at the same time pay for one durable commit together: counted in SQLite's own write-ahead log. */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sql } from "kysely";
import { expect, test } from "vitest";
import { addCluster, addPerson, claimNext, newOperation, noon } from "./fixtures.ts";
import { line } from "./suites/journal.contract.ts";
import { openSqlStores } from "./open-stores.ts";

/** With `synchronous = full` each commit is one wait for the disk. A frame that ends a commit has the database's size. */
async function commitsIn(wal: string): Promise<number> {
  const log = await readFile(wal);
  const pageSize = log.readUInt32BE(8);
  let commits = 0;
  for (let at = 32; at + 24 <= log.length; at += 24 + pageSize) {
    // Frames of an earlier round of the log have another salt.
    if (log.compare(log, 16, 24, at + 8, at + 16) === 0 && log.readUInt32BE(at + 4) > 0) commits++;
  }
  return commits;
}

test("40 operations with 5 appends each under way at once share a few commits", async () => {
  const folder = await mkdtemp(join(tmpdir(), "berth-commits-"));
  const path = join(folder, "berth.sqlite");
  const stores = await openSqlStores({ kind: "sqlite", path }, folder, { reserveBytes: 4_096 });
  const home = await addPerson(stores, "mina");
  const claims = [];
  for (let i = 0; i < 40; i++) {
    const cluster = await addCluster(stores, home.tenantId, `c${i}`, 0);
    await stores.operations.submit(newOperation({ ...home, cluster }));
    claims.push(await claimNext(stores));
  }
  await sql`pragma wal_checkpoint(truncate)`.execute(stores.database.writer);
  await Promise.all(claims.flatMap((claim) => Array.from({ length: 5 }, (_, i) => stores.journal.append(claim, [line(`${i}`)], noon))));
  const commits = await commitsIn(`${path}-wal`);
  expect(commits).toBeGreaterThan(0);
  expect(commits).toBeLessThanOrEqual(3);
  for (const claim of claims) expect(await stores.journal.head(claim.operationId)).toBe(7);
  await stores.close();
  await rm(folder, { recursive: true });
});
