/** The database on a full disk, under another process's lock, and damaged. */
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { copyFile, mkdtemp, open, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { openDatabase } from "#app/adapters/sql/database/database.ts";
import { sqlStores } from "#app/adapters/sql/stores.ts";
import { patientPorts } from "#app/services/storage/retrying-stores.ts";
import { allClusters, addCluster, addHome, claimNext, expired, newOperation } from "./fixtures.ts";
import { line } from "./suites/journal.contract.ts";
import { openSqlStores } from "./open-stores.ts";

const run = promisify(execFile);

describe("storage in trouble", () => {
  let folder: string;
  let path: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "berth-trouble-"));
    path = join(folder, "berth.sqlite");
  });
  afterEach(() => rm(folder, { recursive: true }));

  const start = (options = {}) => openSqlStores({ kind: "sqlite", path }, folder, { reserveBytes: 64 * 1024, ...options });

  describe("a full disk", () => {
    test("keeps what was acknowledged and what must not be lost, refuses what can wait, continues when there is space", {
      timeout: 120_000,
    }, async () => {
      const inside = 'mount -t tmpfs -o size=24m,mode=700 none "$1" && exec "$2" "$3" "$1"';
      const child = join(import.meta.dirname, "processes", "full-disk-child.ts");
      const { stdout } = await run("unshare", ["--mount", "sh", "-c", inside, "sh", folder, process.execPath, child]);
      const seen: unknown = JSON.parse(stdout);
      expect(seen).toMatchObject({
        reserveAtStart: 4 * 1024 * 1024,
        first: "full",
        onFull: {
          output: "full",
          submit: "full",
          claim: "full",
          step: "done",
          heartbeat: "held",
          cancel: true,
          reserve: false,
          integrity: "ok",
        },
        stillWaits: "waits",
        afterwards: { said: ["waiting", "output", "going-on"], outputs: 40, submit: "done", finish: "cancelled", claim: "done" },
        gapFree: true,
        reserveAtEnd: 4 * 1024 * 1024,
        integrity: "ok",
      });
      const { acknowledged, onFull, restarted } = seen as { acknowledged: number; onFull: { read: number }; restarted: number };
      // Queued, running, every acknowledged line, the vital one and the request to cancel.
      expect([onFull.read, restarted]).toEqual([acknowledged + 4, acknowledged + 4]);
    });
  });

  describe("a lock that another process keeps", () => {
    /** A process of its own that keeps the write lock until it is told to let go. */
    const rival = async (): Promise<ChildProcess> => {
      const code = `import { DatabaseSync } from "node:sqlite"; const db = new DatabaseSync(process.argv[1]); db.exec("begin exclusive"); console.log("locked"); process.stdin.once("data", () => { db.exec("rollback"); process.exit(0); });`;
      const child = spawn(process.execPath, ["--input-type=module", "-e", code, path], { stdio: ["pipe", "pipe", "inherit"] });
      await once(child.stdout ?? expect.fail("no output"), "data");
      return child;
    };
    const letGo = async (child: ChildProcess) => {
      const exited = once(child, "exit");
      child.stdin?.write("go\n");
      await exited;
    };

    test("readers continue; a writer is refused in time, and those behind it at once", { timeout: 60_000 }, async () => {
      const stores = await start({ busyTimeoutMs: 1_500 });
      const home = await addHome(stores);
      const { operation } = await stores.operations.submit(newOperation(home));
      const child = await rival();
      const began = performance.now();
      const refused = Array.from({ length: 20 }, () => stores.operations.requestCancel(operation.id, "mina", 1));
      expect(await stores.operations.get(operation.id)).toMatchObject({ state: "queued" });
      const answers = await Promise.allSettled(refused);
      expect(answers.map((a) => (a.status === "rejected" ? a.reason.kind : "done"))).toEqual(answers.map(() => "locked"));
      // One waits as long as is set; twenty of them do not wait twenty times as long.
      expect(performance.now() - began).toBeLessThan(1_500 + 20 * 400);
      await letGo(child);
      expect(await stores.operations.requestCancel(operation.id, "mina", 1)).toMatchObject({ state: "cancelled" });
      await stores.close();
    });

    test("an operation that could begin only then has not begun before", async () => {
      const stores = await start();
      const { operation } = await stores.operations.submit(newOperation(await addHome(stores)));
      const child = await rival();
      let time = 1;
      const claiming = stores.operations.claim({ workerId: "w", now: () => time, leaseMs: 60_000, maxRunning: 1 });
      expect(await stores.operations.get(operation.id)).toMatchObject({ state: "queued" });
      time = 2;
      await letGo(child);
      expect((await claiming)?.operation).toMatchObject({ state: "running", startedAt: 2 });
      await stores.close();
    });

    test("a run under way loses nothing over 30 s of it, and keeps its lease", { timeout: 120_000 }, async () => {
      const stores = await start({ busyTimeoutMs: 2_000 });
      const home = await addHome(stores);
      await stores.operations.submit(newOperation(home));
      const claim = await claimNext(stores, Date.now());
      const ports = patientPorts(stores, {
        now: Date.now,
        pause: () => sleep(200),
        outputMs: 60_000,
        ending: new AbortController().signal,
      });
      const child = await rival();
      const appends = Array.from({ length: 50 }, (_, i) => ports.journal.append(claim, [line(`${i}`)], Date.now()));
      const beat = ports.operations.heartbeat(claim, Date.now(), 15_000);
      await sleep(30_000);
      await letGo(child);
      await Promise.all(appends);
      expect(await beat).toBe("held");
      expect(await expired(stores, Date.now())).toEqual([]);
      await ports.operations.finish(claim, "succeeded", [], null, Date.now());
      const entries = await stores.journal.read(claim.operationId, 0, 1_000);
      expect(entries.map((e) => e.seq)).toEqual(entries.map((_, i) => i + 1));
      expect(new Set(entries.flatMap((e) => (e.event.kind === "output" ? e.event.lines : []))).size).toBe(50);
      expect(entries.map((e) => e.event.kind).filter((k) => k !== "output")).toEqual(["state", "state", "waiting", "going-on", "state"]);
      await stores.close();
    });
  });

  describe("damage", () => {
    const fill = async () => {
      const stores = await start();
      const home = await addHome(stores);
      for (let i = 0; i < 8; i++) await addCluster(stores, home.tenantId, `c${i}`);
      await stores.operations.submit(newOperation(home));
      const claim = await claimNext(stores);
      await stores.journal.append(
        claim,
        Array.from({ length: 2_000 }, (_, i) => line(`line ${i} ${"x".repeat(100)}`)),
        1,
      );
      return { stores, home, claim };
    };
    const damage = async (file: string, at: number, bytes: number) => {
      const handle = await open(file, "r+");
      await handle.write(Buffer.alloc(bytes, 0xa5), 0, bytes, at);
      await handle.close();
    };

    test("a torn copy is refused with a sentence that names the file and the way out, and is left as it is", async () => {
      const { stores } = await fill();
      await stores.close();
      const { size } = await stat(path);
      for (const [name, tear] of [
        ["half.sqlite", async (file: string) => writeFile(file, (await readFile(path)).subarray(0, Math.floor(size / 2)))],
        ["flipped.sqlite", (file: string) => damage(file, 4_096 * 40, 4_096 * 6)],
        ["head.sqlite", (file: string) => damage(file, 0, 100)],
      ] as const) {
        const copy = join(folder, name);
        await copyFile(path, copy);
        await tear(copy);
        const before = await readFile(copy);
        const opened = openDatabase({ kind: "sqlite", path: copy });
        await expect(opened).rejects.toMatchObject({ name: "StorageTrouble", kind: "corrupt" });
        await expect(opened).rejects.toThrow(new RegExp(`${name} is damaged .*\`berth restore\``));
        expect(before.equals(await readFile(copy))).toBe(true);
        expect(existsSync(`${copy}.reserve`)).toBe(false);
      }
    });

    test("a copy without the end of its write-ahead log opens with the last whole commit", async () => {
      const { stores, claim } = await fill();
      const head = await stores.journal.head(claim.operationId);
      const copy = join(folder, "copy.sqlite");
      await copyFile(path, copy);
      const wal = await readFile(`${path}-wal`);
      await writeFile(`${copy}-wal`, wal.subarray(0, wal.length - 5_000));
      await stores.close();
      const database = await openDatabase({ kind: "sqlite", path: copy });
      expect(await database.integrity()).toBe("ok");
      const entries = await sqlStores(database).journal.read(claim.operationId, 0, 10_000);
      expect(entries.map((e) => e.seq)).toEqual(entries.map((_, i) => i + 1));
      expect(entries.length).toBeLessThanOrEqual(head);
      await database.close();
    });

    test("found while running, it ends all writing, and what can be read is still read", async () => {
      const { stores, home, claim } = await fill();
      await stores.close();
      const again = await start();
      // Behind the back of an open database, in the pages of the journal.
      await damage(path, 4_096 * 40, 4_096 * 30);
      await expect(again.journal.read(claim.operationId, 0, 10_000)).rejects.toMatchObject({ kind: "corrupt" });
      const writes = [
        again.operations.submit(newOperation(home)),
        again.operations.finish(claim, "succeeded", [], null, 1),
        again.operations.heartbeat(claim, 1, 1),
        again.journal.append(claim, [line("x")], 1),
        again.clusters.setState(home.cluster.id, "gone", 1),
        addCluster(again, home.tenantId, "later"),
      ];
      for (const w of await Promise.allSettled(writes)) expect(w).toMatchObject({ status: "rejected", reason: { kind: "corrupt" } });
      expect(await allClusters(again.clusters, home.tenantId)).toHaveLength(9);
      await again.close();
    });
  });
});
