/**
 * A portal's stores on a disk that gets full and empty again, in a process of its own whose folder (the argument) is a
 * small file system. Prints what it saw as one line of JSON; the test judges it.
 */
import { reported } from "#app/domain/message/message.ts";
import { existsSync } from "node:fs";
import { open, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { OperationEvent } from "#app/domain/operation/event.ts";
import { type StorageTroubleKind, storageTroubleOf } from "#app/ports/storage-trouble.ts";
import { patientPorts } from "#app/services/storage/retrying-stores.ts";
import { addCluster, addHome, claimNext, newOperation } from "#tests/contract/fixtures.ts";
import { openSqlStores } from "#tests/contract/open-stores.ts";

const folder = process.argv[2] ?? "";
const path = join(folder, "berth.sqlite");
const filler = join(folder, "filler");
const reserveBytes = 4 * 1024 * 1024;
const output = (text: string): OperationEvent => ({
  kind: "output",
  source: "console",
  machine: "w1",
  step: null,
  lines: [text.repeat(200)],
});
const note = (text: string): OperationEvent => ({ kind: "notice", level: "note", machine: null, message: reported(text) });

/** What a call came to: `done`, or the kind of its trouble. Everything else ends this process. */
async function came(call: Promise<unknown>): Promise<"done" | StorageTroubleKind> {
  try {
    await call;
    return "done";
  } catch (error) {
    const trouble = storageTroubleOf(error);
    if (trouble === null) throw error;
    return trouble.kind;
  }
}

/** Takes every byte that is left. */
async function fillUp(): Promise<void> {
  const handle = await open(filler, "a");
  try {
    for (const size of [65_536, 4_096, 1]) {
      const block = Buffer.alloc(size, 7);
      for (let full = false; !full; )
        full = await handle.appendFile(block).then(
          () => false,
          () => true,
        );
    }
  } finally {
    await handle.close();
  }
}

const openStores = () => openSqlStores({ kind: "sqlite", path }, folder, { reserveBytes });
let stores = await openStores();
const home = await addHome(stores);
const [other, third] = [await addCluster(stores, home.tenantId, "other"), await addCluster(stores, home.tenantId, "third")];
await stores.operations.submit(newOperation(home));
const claim = await claimNext(stores, Date.now());
await stores.operations.submit(newOperation({ ...home, cluster: other }, { requestedAt: Date.now() }));
await stores.database.reserve.settled();
const reserveAtStart = (await stat(`${path}.reserve`)).size;

// Fill the disk, then write until there is no space left.
await fillUp();
let acknowledged = 0;
let first: string = "done";
while (first === "done") {
  first = await came(stores.journal.append(claim, [output(`${acknowledged} `)], Date.now()));
  if (first === "done") acknowledged++;
}
const onFull = {
  output: await came(stores.journal.append(claim, [output("x")], Date.now())),
  submit: await came(stores.operations.submit(newOperation({ ...home, cluster: third }))),
  claim: await came(stores.operations.claim({ workerId: "w", now: Date.now, leaseMs: 1_000, maxRunning: 9 })),
  step: await came(stores.journal.append(claim, [note("vital")], Date.now())),
  heartbeat: await stores.operations.heartbeat(claim, Date.now(), 60_000),
  cancel: (await stores.operations.requestCancel(claim.operationId, "mina", Date.now()))?.cancelRequestedAt !== null,
  read: (await stores.journal.read(claim.operationId, 0, 1_000_000)).length,
  reserve: existsSync(`${path}.reserve`),
  integrity: await stores.database.integrity(),
};

// The portal ends and starts on the full disk.
await stores.close();
stores = await openStores();
const restarted = await stores.journal.head(claim.operationId);
// Closing freed space for a reserve; without one nothing could even say that it waits.
await stores.database.reserve.settled();

// A run that is under way waits, reports it, and continues when there is space.
const ending = new AbortController();
const ports = patientPorts(stores, { now: Date.now, pause: () => sleep(50), outputMs: 60_000, ending: ending.signal });
await fillUp();
const waiting = ports.journal.append(
  claim,
  Array.from({ length: 40 }, (_, i) => output(`${i} `)),
  Date.now(),
);
const said = async () => (await stores.journal.read(claim.operationId, restarted, 1_000)).map((e) => e.event.kind);
while (!(await said()).includes("waiting")) await sleep(20);
const stillWaits = (await Promise.race([waiting.then(() => "written"), sleep(300, "waits")])) as string;
await rm(filler);
await waiting;
const afterwards = {
  said: [...new Set(await said())],
  outputs: (await said()).filter((k) => k === "output").length,
  submit: await came(stores.operations.submit(newOperation({ ...home, cluster: third }))),
  finish: (await ports.operations.finish(claim, "cancelled", [], null, Date.now())).state,
  claim: await came(stores.operations.claim({ workerId: "w", now: Date.now, leaseMs: 1_000, maxRunning: 9 })),
};
await stores.database.reserve.settled();
const entries = await stores.journal.read(claim.operationId, 0, 1_000_000);
const gapFree = entries.every((e, i) => e.seq === i + 1);
const reserveAtEnd = existsSync(`${path}.reserve`) ? (await stat(`${path}.reserve`)).size : 0;
const integrity = await stores.database.integrity();
await stores.close();
console.log(
  JSON.stringify({ reserveAtStart, first, acknowledged, onFull, restarted, stillWaits, afterwards, gapFree, reserveAtEnd, integrity }),
);
