/** A running portal under hostile requests answers every one of them with less than 500, and stays as small as it was. */
import { rm } from "node:fs/promises";
import fc from "fast-check";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import type { StoreSet } from "#tests/contract/fixtures.ts";
import { openSqliteStores, openSqlStores, tempFolder } from "#tests/contract/open-stores.ts";
import { type PostgresServer, startPostgres } from "#tests/contract/processes/postgres-server.ts";
import { type Rig, startRig } from "#tests/api/rig.ts";
import { type Attacker, anyRequest, hardestTexts, knownRequests, strangeRequests } from "./requests.ts";
import { attackerOn } from "./attacker.ts";
import { pagesBuild } from "./pages-build.ts";
import { type RawRequest, send } from "./raw-request.ts";

let rig: Rig;
let who: Attacker;
const closing: (() => Promise<unknown>)[] = [];

async function start({ close, ...stores }: StoreSet): Promise<void> {
  rig = await startRig({ build: pagesBuild, stores });
  closing.push(() => rig.close(), close);
  const ada = await rig.person("ada", true);
  who = await attackerOn({ url: rig.url, token: ada.token, cookie: ada.cookie, name: "ada" });
}

afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

async function openPostgresStores(): Promise<StoreSet> {
  const folder = await tempFolder();
  closing.push(() => rm(folder, { recursive: true }));
  return await openSqlStores({ kind: "postgres", url: postgres.url("postgres") }, folder);
}

let postgres: PostgresServer;
beforeAll(async () => {
  postgres = await startPostgres();
});
afterAll(() => postgres.stop());

interface Outcome {
  readonly request: string;
  readonly status: number | null;
  readonly bytes: number;
}

/** Eight at a time, from many loopback addresses as from many callers. */
async function sendAll(requests: readonly RawRequest[]): Promise<readonly Outcome[]> {
  const outcomes: Outcome[] = [];
  const left = [...requests.entries()];
  const lane = async () => {
    for (let next = left.shift(); next !== undefined; next = left.shift()) {
      const [n, request] = next;
      const { status, bytes } = await send(who.port, request, `127.0.0.${1 + (n % 250)}`);
      outcomes.push({
        request: `${request.method} ${request.target.slice(0, 200)} ${JSON.stringify(request.headers).slice(0, 300)} ${request.body.subarray(0, 200).toString("latin1")}`,
        status,
        bytes,
      });
    }
  };
  await Promise.all(Array.from({ length: 8 }, lane));
  return outcomes;
}

const broken = (outcomes: readonly Outcome[]) => outcomes.filter(({ status }) => status !== null && status >= 500);
const troubles = () => rig.records.filter((line) => line.includes('"trouble"'));
const longestAnswer = 100_000;

test("what once stalled it or broke it is refused, with short answers", { timeout: 120_000 }, async () => {
  await start(await openSqliteStores());
  const outcomes = await sendAll(knownRequests(who));
  expect(broken(outcomes)).toEqual([]);
  expect(troubles()).toEqual([]);
  expect(outcomes.filter(({ bytes }) => bytes > longestAnswer)).toEqual([]);
  expect(outcomes.filter(({ status }) => status === null)).toEqual([]);
});

test.each([
  ["SQLite", openSqliteStores],
  ["PostgreSQL", openPostgresStores],
])(
  "strange text in any place of an address, a query, a form or a body breaks nothing with %s",
  { timeout: 120_000 },
  async (_name, openStores) => {
    await start(await openStores());
    const outcomes = await sendAll(hardestTexts.flatMap((text) => strangeRequests(who, text)));
    expect(broken(outcomes)).toEqual([]);
    expect(troubles()).toEqual([]);
  },
);

test("generated requests of every kind break nothing and leave nothing in memory", { timeout: 120_000 }, async () => {
  await start(await openSqliteStores());
  const seed = Number(process.env["BERTH_HOSTILE_SEED"] ?? Date.now() % 1_000_000);
  const requests = fc.sample(anyRequest(who), { numRuns: 150, seed });
  const before = process.memoryUsage().rss;
  const outcomes = await sendAll(requests);
  expect(broken(outcomes), `seed ${seed}`).toEqual([]);
  expect(troubles(), `seed ${seed}`).toEqual([]);
  // The test runs in the portal's own process, so what it keeps itself is in this figure, too.
  expect(process.memoryUsage().rss - before).toBeLessThan(256 * 1024 * 1024);
});
