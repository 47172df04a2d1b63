import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { OriginNote } from "#app/foundation/releases/origin.ts";
import { type ReleaseFiles, releaseFiles } from "#app/foundation/releases/release-files.ts";
import { packed, type ReleaseHost, sha256Of, startReleaseHost } from "#tests/fakes/release-host.ts";
import { type BinarySet, binariesOrigin, ensureBinaries } from "./binaries.ts";

let cache: string;
let host: ReleaseHost;
let compiledSets: string[];
beforeEach(async () => {
  cache = mkdtempSync(join(tmpdir(), "berth-binaries-"));
  host = await startReleaseHost();
  compiledSets = [];
});
afterEach(async () => {
  await host.close();
  rmSync(cache, { recursive: true });
});

const etcd: BinarySet = {
  name: "etcd",
  version: "9.9.9",
  files: ["etcd", "etcdctl"],
  sources: ["modules/etcd/go.mod"],
  estimate: 1,
  compile: async (folder) => {
    compiledSets.push("etcd");
    for (const name of ["etcd", "etcdctl"]) writeFileSync(join(folder, name), "compiled", { mode: 0o755 });
  },
};

async function releases(checksum?: string): Promise<ReleaseFiles> {
  const content = await packed({ "etcd-v9.9.9/etcd": "released", "etcd-v9.9.9/etcdctl": "released" });
  host.serve("/etcd.tar.gz", { does: "answer", content });
  return releaseFiles({
    source: { kind: "upstream" },
    lock: {
      files: [
        {
          ...{ part: "etcd", version: "9.9.9", kind: "archive", algorithm: "sha256", checksum: checksum ?? sha256Of(content) },
          ...{ url: `${host.address}/etcd.tar.gz`, source: "https://example.com/SHA256SUMS" },
          programs: { etcd: "etcd-v9.9.9/etcd", etcdctl: "etcd-v9.9.9/etcdctl" },
        },
      ],
      compiled: [],
    },
  });
}

async function ensure(from: ReleaseFiles): Promise<{ readonly folder: string; readonly notes: readonly OriginNote[] }> {
  const notes: OriginNote[] = [];
  const folder = await ensureBinaries(etcd, { cache, onLine: () => undefined, onNote: (note) => notes.push(note), releases: from });
  return { folder, notes };
}

test("released programs are used in place of compiled ones, and the cache remembers where they came from", async () => {
  const { folder, notes } = await ensure(await releases());
  expect(readFileSync(join(folder, "etcd"), "utf8")).toBe("released");
  expect(statSync(join(folder, "etcdctl")).mode & 0o777).toBe(0o755);
  expect(compiledSets).toEqual([]);
  expect(notes).toMatchObject([{ code: "part-released", params: { part: "etcd", version: "9.9.9" } }]);
  expect(await binariesOrigin(etcd, folder)).toMatchObject({ from: "release", url: `${host.address}/etcd.tar.gz` });
});

test("a wrong checksum means compiling, into the same place, with the reason kept", async () => {
  const wrong = await ensure(await releases("0".repeat(64)));
  expect(readFileSync(join(wrong.folder, "etcd"), "utf8")).toBe("compiled");
  expect(wrong.notes).toMatchObject([{ code: "release-checksum" }]);
  expect(await binariesOrigin(etcd, wrong.folder)).toMatchObject({ from: "source", reason: { code: "release-checksum" } });
  rmSync(wrong.folder, { recursive: true });
  expect((await ensure(await releases())).folder).toBe(wrong.folder);
});

test("what is in the cache is neither fetched nor compiled again, whatever the settings say", async () => {
  const { folder } = await ensure(await releases());
  const asked = host.requests.length;
  const again = await ensure(releaseFiles({ source: { kind: "none" }, lock: { files: [], compiled: [] } }));
  expect(again).toEqual({ folder, notes: [] });
  expect(host.requests.length).toBe(asked);
  expect(compiledSets).toEqual([]);
});

test("programs that an earlier version compiled say no more than that", async () => {
  const { folder } = await ensure(await releases());
  rmSync(join(folder, "origin.json"));
  expect(existsSync(join(folder, "etcd"))).toBe(true);
  expect(await binariesOrigin(etcd, folder)).toEqual({ part: "etcd", version: "9.9.9", from: "source", reason: null });
});
