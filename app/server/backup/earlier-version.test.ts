/** A backup that an earlier version made, with sentences in its journals: restored, its operations read well in every language. */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openDatabase } from "#app/adapters/sql/database/database.ts";
import { sqlStores } from "#app/adapters/sql/stores.ts";
import { isComplete, type Message } from "#app/domain/message/message.ts";
import type { OperationEvent } from "#app/domain/operation/event.ts";
import { readConfig } from "#app/foundation/config.server.ts";
import { messagesText } from "#app/messages/message-text.ts";
import { wordsIn } from "#app/server/http/words.server.ts";
import { restoreBackup } from "./restore-backup.ts";

const source = "tests/fixtures/schema-1-home/backup.tar.gz";

let folder: string;
let messages: readonly Message[];
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "berth-earlier-"));
  const config = readConfig({ BERTH_HOME: join(folder, "home"), BERTH_CACHE: join(folder, "cache") }, 0);
  const passphrase = (await readFile("tests/fixtures/schema-1-home/passphrase", "utf8")).trim();
  await restoreBackup({ config, source, passphrase, now: () => Date.parse("2026-11-27T00:00:00Z") });
  messages = await storedIn(config.database);
});
afterAll(() => rm(folder, { recursive: true }));

async function storedIn(address: Parameters<typeof openDatabase>[0]): Promise<readonly Message[]> {
  const database = await openDatabase(address);
  const stores = sqlStores(database);
  const found: Message[] = [];
  for (const { id, failure } of await stores.operations.list({ limit: 200 })) {
    found.push(...(failure?.reasons ?? []));
    for (const { event } of await stores.journal.read(id, 0, 10_000)) found.push(...messagesIn(event));
  }
  await database.close();
  return found;
}

function messagesIn(event: OperationEvent): readonly Message[] {
  switch (event.kind) {
    case "state":
      return event.reasons;
    case "notice":
      return [event.message];
    case "recovery":
      return event.did;
    case "cancel-rung":
      return event.stays;
    case "failure":
      return event.failure.reasons;
    default:
      return [];
  }
}

test("everything that was said is a message of this version, and nothing of Berth's own is left as an English sentence", () => {
  expect(messages.filter((one) => !isComplete(one))).toEqual([]);
  const texts = messages.filter(({ code }) => code === "reported").map(({ params }) => String(params.text));
  expect(texts.length).toBeGreaterThan(0);
  // What kubectl printed while a node was drained.
  expect(texts.filter((text) => !text.startsWith("delete on 10.91.0.10 ended with exit code 1 after "))).toEqual([]);
});

test.each(["en", "ko"] as const)("in %s each has a text", (language) => {
  for (const one of messages) expect(messagesText([one], wordsIn(language))).not.toBe("");
});
