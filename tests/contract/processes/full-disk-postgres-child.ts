/**
 * A run's stores on a PostgreSQL whose disk gets full and empty again, in a process of its own whose folder for temporary
 * files is a small file system. Prints what it saw as one line of JSON; the test judges it.
 */
import { execFile } from "node:child_process";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import type { OperationEvent } from "#app/domain/operation/event.ts";
import { storageTroubleOf } from "#app/ports/storage-trouble.ts";
import { patientPorts } from "#app/services/storage/retrying-stores.ts";
import { addHome, claimNext, newOperation } from "#tests/contract/fixtures.ts";
import { openSqlStores } from "#tests/contract/open-stores.ts";
import { startPostgres } from "./postgres-server.ts";

const run = promisify(execFile);
const folder = tmpdir();
const filler = join(folder, "filler");
const output = (n: number): OperationEvent => ({
  kind: "output",
  source: "console",
  machine: "w1",
  step: null,
  lines: [`${n} `.repeat(2_000)],
});

const server = await startPostgres();
const stores = await openSqlStores({ kind: "postgres", url: server.url("postgres") }, folder);
const home = await addHome(stores);
await stores.operations.submit(newOperation(home));
const claim = await claimNext(stores, Date.now());

// What is left, up to the last block.
await run("dd", ["if=/dev/zero", `of=${filler}`, "bs=4096"]).catch(() => undefined);
let acknowledged = 0;
let first: unknown = null;
while (first === null) {
  first = await stores.journal.append(claim, [output(acknowledged)], Date.now()).then(
    () => null,
    (error: unknown) => storageTroubleOf(error)?.kind ?? String(error),
  );
  if (first === null) acknowledged++;
}
const read = (await stores.journal.read(claim.operationId, 0, 1_000_000)).length;

const ports = patientPorts(stores, { now: Date.now, pause: () => sleep(50), outputMs: 60_000, ending: new AbortController().signal });
const waiting = ports.journal
  .append(
    claim,
    Array.from({ length: 40 }, (_, i) => output(acknowledged + i)),
    Date.now(),
  )
  .then(() => "written");
const stillWaits = await Promise.race([waiting, sleep(1_000, "waits")]);
await rm(filler);
const then = await waiting;
const finished = (await ports.operations.finish(claim, "cancelled", [], null, Date.now())).state;

const entries = await stores.journal.read(claim.operationId, 0, 1_000_000);
const numbers = entries.flatMap(({ event: e }) => (e.kind === "output" ? [Number.parseInt(e.lines[0] ?? "", 10)] : []));
const gapFree = entries.every((e, i) => e.seq === i + 1) && numbers.every((n, i) => n === i);
await stores.close();
await server.stop();
console.log(
  JSON.stringify({
    first,
    acknowledged,
    read,
    stillWaits,
    then,
    finished,
    outputs: numbers.length,
    gapFree,
    kinds: [...new Set(entries.map((e) => e.event.kind))],
  }),
);
