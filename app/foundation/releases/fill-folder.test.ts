import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { packed, type ReleaseHost, sha256Of, startReleaseHost } from "#tests/fakes/release-host.ts";
import { fillFolder } from "./fill-folder.ts";
import { releaseFiles } from "./release-files.ts";
import type { ReleaseFile } from "./release-lock.ts";
import { mirrorPath } from "./release-source.ts";

let folder: string;
let host: ReleaseHost;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "berth-mirror-"));
  host = await startReleaseHost();
});
afterEach(async () => {
  await host.close();
  rmSync(folder, { recursive: true });
});

function serve(path: string, content: Buffer): string {
  host.serve(path, { does: "answer", content });
  return `${host.address}${path}`;
}

async function archive(): Promise<ReleaseFile> {
  const content = await packed({ "etcd/etcd": "one" });
  const known = { kind: "archive", algorithm: "sha256", checksum: sha256Of(content) } as const;
  const url = serve("/etcd.tar.gz", content);
  return { part: "etcd", version: "9", ...known, url, source: "https://example.com/x", programs: { etcd: "etcd/etcd" } };
}

async function image(): Promise<ReleaseFile> {
  const blob = (kind: string, content: Buffer): string => {
    serve(`/v2/pause/${kind}/sha256:${sha256Of(content)}`, content);
    return `sha256:${sha256Of(content)}`;
  };
  const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));
  const layers = [{ digest: blob("blobs", await packed({ pause: "two" })) }];
  const manifest = { digest: blob("manifests", json({ layers })), platform: { os: "linux", architecture: "amd64" } };
  const index = blob("manifests", json({ manifests: [manifest] }));
  const known = { kind: "image", algorithm: "sha256", checksum: index.slice("sha256:".length) } as const;
  const url = `${host.address}/v2/pause/manifests/${index}`;
  return { part: "pause", version: "9", ...known, url, source: "https://example.com/x", programs: { pause: "pause" } };
}

test("a filled folder holds all that set-up asks for, without the hosts", async () => {
  const files = [await archive(), await image()];
  for (const file of files) await fillFolder(file, folder);
  await host.close();
  host = await startReleaseHost();
  const releases = releaseFiles({ source: { kind: "folder", folder }, lock: { files, compiled: [] } });
  const target = join(folder, "target");
  expect(await releases.take({ part: "etcd", version: "9", programs: ["etcd"] }, target)).toMatchObject({ from: "release" });
  expect(await releases.take({ part: "pause", version: "9", programs: ["pause"] }, target)).toMatchObject({ from: "release" });
  expect(readFileSync(join(target, "pause"), "utf8")).toBe("two");
});

test("what is there already is not fetched again, unless it is not what it should be", async () => {
  const file = await archive();
  await fillFolder(file, folder);
  await fillFolder(file, folder);
  expect(host.requests).toEqual(["GET /etcd.tar.gz"]);
  writeFileSync(join(folder, mirrorPath(file.url)), "half");
  await fillFolder(file, folder);
  expect(host.requests.length).toBe(2);
});

test("a file with another checksum is an error, and is not kept", async () => {
  const file = { ...(await archive()), checksum: "0".repeat(64) };
  await expect(fillFolder(file, folder)).rejects.toThrow("checksum");
  expect(() => readFileSync(join(folder, mirrorPath(file.url)))).toThrow("ENOENT");
});
