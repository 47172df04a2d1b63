import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { describeFiles, type ImageManifest, listImages, readManifest, writeManifest } from "./manifest.ts";

let cache: string;
beforeEach(() => {
  cache = mkdtempSync(join(tmpdir(), "berth-images-"));
});
afterEach(() => rmSync(cache, { recursive: true }));

async function image(kind: "tiny" | "node", hash: string, builtAt: string): Promise<string> {
  const folder = join(cache, "artefacts", `image-${kind}`, hash);
  mkdirSync(folder, { recursive: true });
  for (const name of ["root.qcow2", "vmlinuz", "initrd.img"]) writeFileSync(join(folder, name), name);
  const shared = {
    schema: 1 as const,
    name: `${kind} image`,
    contentHash: createHash("sha256").update(hash).digest("hex"),
    builtAt,
    debian: "trixie",
    kernel: "6.12",
    diskBytes: 1024,
    files: await describeFiles(folder),
    packages: [],
  };
  const manifest: ImageManifest =
    kind === "tiny"
      ? { ...shared, kind }
      : {
          ...shared,
          kind,
          ...{ kubernetes: "1.35.4", etcd: "3.6.6", coredns: "1.13.1", flannel: "0.28.4", pause: "3.10.1", containerd: "1.7" },
          containerImages: [],
        };
  await writeManifest(folder, manifest);
  return folder;
}

test("a manifest states size and checksum of each file", async () => {
  const folder = await image("tiny", "aa", "2026-01-01T00:00:00.000Z");
  const { files } = await readManifest(folder);
  expect(files.kernel).toEqual({
    name: "vmlinuz",
    bytes: 7,
    sha256: "42f083196bf0997a4f9c37295e311eb5012aa59e383c15b8ba466070af14cd8f",
  });
});

test("a manifest says where each program came from; one of an earlier version does not, and is read all the same", async () => {
  const folder = await image("node", "aa", "2026-01-01T00:00:00.000Z");
  const before = await readManifest(folder);
  if (before.kind !== "node") throw new Error("it is an image of a node");
  expect(before.parts).toBeUndefined();
  const reason = { code: "release-refused", params: { part: "etcd", version: "3.6.6", url: "https://x.example", status: "404" } };
  const checksum = { checksum: `sha256:${"a".repeat(64)}`, checksumSource: "https://x.example/SHA256SUMS" };
  const parts = [
    { part: "etcd", version: "3.6.6", from: "source" as const, reason },
    { part: "pause", version: "3.10.1", from: "release" as const, url: "https://x.example/pause", ...checksum },
  ];
  await writeManifest(folder, { ...before, parts });
  expect(await readManifest(folder)).toMatchObject({ parts });
});

test("images are listed newest first, without unfinished and unreadable ones", async () => {
  const older = await image("tiny", "aa", "2026-01-01T00:00:00.000Z");
  const newer = await image("node", "bb", "2026-02-01T00:00:00.000Z");
  await image("node", "cc.partial-7", "2026-03-01T00:00:00.000Z");
  const broken = await image("node", "dd", "2026-04-01T00:00:00.000Z");
  writeFileSync(join(broken, "manifest.json"), '{"schema":2}');
  expect((await listImages({ cache })).map((i) => i.folder)).toEqual([newer, older]);
});

test("an empty cache has no images", async () => {
  expect(await listImages({ cache: join(cache, "absent") })).toEqual([]);
});

test("a manifest of unknown form is refused, naming the folder and the field", async () => {
  const folder = await image("node", "aa", "2026-01-01T00:00:00.000Z");
  writeFileSync(join(folder, "manifest.json"), JSON.stringify({ ...(await readManifest(folder)), kernel: 6 }));
  await expect(readManifest(folder)).rejects.toThrow(new RegExp(`reading the manifest of ${folder}[\\s\\S]*kernel`));
});
