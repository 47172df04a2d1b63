import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readdir, rm, utimes, writeFile } from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { message, MessageError } from "#app/domain/message/message.ts";
import { backendUrl, pruneHistory, readLocks, readState, removeStackFiles, type StackFiles, stackFiles } from "./stack-files.ts";

let home: string;
let files: StackFiles;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), "berth-files-"));
  files = stackFiles(home, "t1", "b1-demo");
});
afterEach(async () => rm(home, { recursive: true }));

const put = async (path: string, content: unknown = "") => {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, typeof content === "string" ? content : JSON.stringify(content));
};
const lock = (over: object) =>
  put(join(files.locks, `${Math.random()}.json`), { pid: process.pid, hostname: hostname(), timestamp: new Date().toISOString(), ...over });
const holders = async () => (await readLocks(files)).map((l) => l.holder);

describe("where a stack's files are", () => {
  it("is below its tenant's folder, for names that are names only", () => {
    expect(files.folder).toBe(join(home, "tenants/t1/stacks/b1-demo"));
    for (const name of ["..", "a/b", "", ".hidden", "a\0b"]) expect(() => stackFiles(home, "t1", name)).toThrow("is no name");
  });
});

describe("the address of a backend", () => {
  it.each([
    "/var/lib/berth/tenants/t/state",
    "/srv/a#b",
    "/srv/100%25 full",
    "/srv/what?",
    "/srv/my berth",
    "/srv/버스/é",
    "/srv/a&b=c;d+e,f@g:h",
  ])("leads to the folder %s", (folder) => {
    const url = new URL(backendUrl(folder));
    expect([fileURLToPath(url), url.search, url.hash]).toEqual([folder, "?metadata=skip", ""]);
  });

  it("is for an ordinary folder what it was", () => {
    expect(backendUrl("/var/lib/berth/tenants/t-1/state")).toBe("file:///var/lib/berth/tenants/t-1/state?metadata=skip");
  });
});

describe("locks", () => {
  it("are held by a process that lives and was there before the lock", async () => {
    await lock({});
    expect(await holders()).toEqual(["alive"]);
  });
  it("are dead when the process is gone, or has its number from somebody else", async () => {
    await lock({ pid: 2 ** 22 + 1 });
    expect(await holders()).toEqual(["dead"]);
    await rm(files.locks, { recursive: true });
    await lock({ timestamp: "2001-01-01T00:00:00Z" });
    expect(await holders()).toEqual(["dead"]);
  });
  it("are dead when the process has lost its memory already and is about to be gone", async () => {
    // An empty title leaves no command line, as the kernel does when it ends a process.
    const ending = spawn(process.execPath, ["-e", "process.title = ''; console.log('ready'); setInterval(() => undefined, 1e6)"], {
      stdio: ["ignore", "pipe", "ignore"],
    });
    try {
      await once(ending.stdout, "data");
      await lock({ ...(ending.pid === undefined ? {} : { pid: ending.pid }) });
      expect(await holders()).toEqual(["dead"]);
    } finally {
      ending.kill("SIGKILL");
    }
  });
  it("of another machine and torn ones are not taken for dead", async () => {
    await lock({ hostname: "elsewhere", pid: 7, timestamp: "2026-11-21T05:00:00Z" });
    expect(await readLocks(files)).toMatchObject([{ holder: "elsewhere", heldBy: "PID 7 (elsewhere, 2026-11-21T05:00:00Z)" }]);
    await rm(files.locks, { recursive: true });
    await put(join(files.locks, "x.json"), "{");
    expect(await holders()).toEqual(["unknown"]);
  });
});

const resource = (type: string, name: string, outputs: object = { name }) => ({ urn: `urn:${name}`, type, custom: true, outputs });

describe("the state", () => {
  it("is null without a stack, and a message when the file is damaged", async () => {
    expect(await readState(files)).toBeNull();
    await put(files.checkpoint, '{"checkpoint":');
    await expect(readState(files)).rejects.toThrow(new MessageError([message("state-unreadable")]));
  });
  it("tells what was begun and not recorded as finished", async () => {
    const pending_operations = [{ resource: resource("libvirt:index/domain:Domain", "b1-demo-w1"), type: "creating" }];
    await put(files.checkpoint, { checkpoint: { latest: { resources: [], pending_operations } } });
    expect((await readState(files))?.pending.map((p) => p.type)).toEqual(["creating"]);
  });
});

describe("keeping house", () => {
  it("keeps the newest history and backups", async () => {
    for (let i = 0; i < 9; i++) {
      const path = join(files.history, `b1-demo-${i}.history.json`);
      await put(path);
      await utimes(path, i, i);
    }
    await pruneHistory(files, 1);
    expect((await readdir(files.history)).sort()).toEqual([7, 8].map((i) => `b1-demo-${i}.history.json`));
  });
  it("removes every file of the stack and none of its neighbour with a longer name", async () => {
    const neighbour = stackFiles(home, "t1", "b1-demo-2");
    const mine = [files.checkpoint, `${files.checkpoint}.bak`, join(files.history, "a"), join(files.locks, "b"), files.settings];
    for (const f of [neighbour, files]) await put(f.checkpoint, {});
    for (const path of mine) await put(path);
    expect((await removeStackFiles(files)).length).toBeGreaterThanOrEqual(5);
    expect(await readState(neighbour).catch(() => "there")).toBe("there");
    expect(await readdir(dirname(files.checkpoint))).toEqual(["b1-demo-2.json"]);
  });
});
