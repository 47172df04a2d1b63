/**
 * A writer in a process of its own, for the tests about several processes. Reads one line of JSON from stdin:
 * `{ path, claim, lanes, appends }`; appends in `lanes` parallel lines, `appends` times each (or until it is killed),
 * and prints `<seq> <text>` for each append once it was acknowledged.
 */
import { once } from "node:events";
import { createInterface } from "node:readline";
import { openDatabase } from "#app/adapters/sql/database/database.ts";
import { createJournal } from "#app/adapters/sql/journal/journal.ts";
import { createOperationStore } from "#app/adapters/sql/stores/operation-store.ts";
import type { Claim } from "#app/ports/operation-store.ts";

interface Orders {
  readonly path: string;
  readonly claim: Claim;
  readonly lanes: number;
  /** Null: until killed. Else the operation is finished afterwards. */
  readonly appends: number | null;
}

const [text] = (await once(createInterface({ input: process.stdin }), "line")) as [string];
const orders = JSON.parse(text) as Orders;
const database = await openDatabase({ kind: "sqlite", path: orders.path });
const journal = createJournal(database);

async function lane(name: number): Promise<void> {
  for (let i = 0; orders.appends === null || i < orders.appends; i++) {
    const mark = `${name}/${i}`;
    const event = { kind: "output", source: "engine", machine: null, step: null, lines: [mark] } as const;
    const [entry] = await journal.append(orders.claim, [event], Date.now());
    process.stdout.write(`${entry?.seq} ${mark}\n`);
  }
}

await Promise.all(Array.from({ length: orders.lanes }, (_, i) => lane(i)));
await createOperationStore(database).finish(orders.claim, "succeeded", [], null, Date.now());
await database.close();
