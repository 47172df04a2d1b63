/** A database that somebody else holds, and copies of it that are torn. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { copyFile, open, stat, truncate } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { openDatabase } from "#app/adapters/sql/database/database.ts";
import { clusterName, finished, planned, standInHost } from "./journey.ts";
import { violationsOf } from "./oracle.ts";
import { numbersFrom, seed, whole } from "./points.ts";
import { record } from "./report.ts";
import { openWorld, type World } from "./world.ts";

let world: World;
afterEach(async () => world.close());

it("locked for longer than anybody waits, in mid-run: requests are answered 503, the run waits and goes on", {
  timeout: 180_000,
}, async () => {
  // In the whole run as long as the promise says, with the waiting time of a real portal.
  const lockedMs = whole ? 30_000 : 4_000;
  world = await openWorld({
    engine: { kind: "stand-in", stepMs: 400, linesPerStep: 5 },
    busyTimeoutMs: whole ? 10_000 : 700,
    leaseMs: 3_000,
  });
  const portal = await world.start();
  const { person } = world;
  const create = await planned(world, () => person.create(clusterName, 2), "update");
  await world.entry(create, 8);
  const holder = spawn(process.execPath, [join(import.meta.dirname, "lock-child.ts"), join(world.home, "berth.sqlite"), String(lockedMs)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  await once(holder.stdout, "data");
  const refused = await person.tryOnce("POST", `${person.clusters}/${clusterName}/preview`, { kind: "update" });
  expect(refused?.status).toBe(503);
  expect(JSON.stringify(refused?.json)).not.toContain("SQLITE");
  await once(holder, "close");
  await finished(world, create);
  const entries = await world.stores.journal.read(create, 0, 10_000);
  await finished(world, await planned(world, () => person.preview(clusterName, "destroy"), "destroy"));
  const violations = violationsOf(await world.evidence(await standInHost(world)));
  record({ kind: "fault", what: "database locked", where: `${lockedMs} ms in a create`, violations });
  expect(violations).toEqual([]);
  expect(portal.deaths).toEqual([]);
  expect(entries.some((e) => e.event.kind === "waiting" && e.event.reason === "database-busy")).toBe(true);
});

describe("a torn copy", () => {
  const tears = [
    { name: "cut short", tear: async (file: string, at: number) => truncate(file, Math.floor((await stat(file)).size * (0.3 + at * 0.4))) },
    { name: "with a page of noise in the middle", tear: scribble },
    { name: "with its first bytes gone", tear: async (file: string) => overwrite(file, 0, Buffer.alloc(100, 7)) },
  ];

  it.each(tears)("of the database, $name, is refused with a sentence, and is not written to", async ({ name, tear }) => {
    world = await openWorld({ engine: { kind: "stand-in", stepMs: 1, linesPerStep: 200 } });
    await world.start();
    await finished(world, await planned(world, () => world.person.create(clusterName, 1), "update"));
    await Promise.all(world.portals.map((p) => p.end()));
    await world.database.integrity();
    const copy = join(world.home, "copy.sqlite");
    await closedCopy(join(world.home, "berth.sqlite"), copy);
    await tear(copy, numbersFrom(seed)());
    const before = await stat(copy);
    const opened = openDatabase({ kind: "sqlite", path: copy }).then(async (d) => {
      await d.close();
      return "opened";
    });
    const violations = await opened.then(
      () => [{ promise: "database" as const, says: `a copy ${name} was opened` }],
      (error: unknown) =>
        /berth restore/.test(String(error))
          ? []
          : [{ promise: "database" as const, says: `the refusal does not name the way out: ${String(error)}` }],
    );
    record({ kind: "fault", what: "torn database copy", where: name, violations });
    expect(violations).toEqual([]);
    expect((await stat(copy)).size).toBe(before.size);
  });
});

/** The file with everything that still lay in its WAL. */
async function closedCopy(file: string, copy: string): Promise<void> {
  await copyFile(file, copy);
  await copyFile(`${file}-wal`, `${copy}-wal`).catch(() => undefined);
  const whole = await openDatabase({ kind: "sqlite", path: copy });
  await whole.close();
}

/** In a page that is used: the middle of the file. */
async function scribble(file: string, at: number): Promise<void> {
  const pages = Math.floor((await stat(file)).size / 4096);
  await overwrite(file, 4096 * Math.max(1, Math.floor(pages * (0.3 + at * 0.4))), Buffer.alloc(4096, 0xa5));
}

async function overwrite(file: string, at: number, bytes: Buffer): Promise<void> {
  const handle = await open(file, "r+");
  await handle.write(bytes, 0, bytes.length, at);
  await handle.close();
}
