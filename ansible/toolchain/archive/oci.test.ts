import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type ImageRecipe, type PackedImage, packImages } from "./oci.ts";
import type { TarEntry } from "./tar.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "berth-oci-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const text = (path: string, content: string): TarEntry => ({ kind: "file", path, mode: 0o644, content: Buffer.from(content) });
const base = [text("etc/passwd", "root:x:0:0\n")];
const recipes: ImageRecipe[] = [
  { name: "registry.test/one:1", layers: [base, [text("one", "1")]], entrypoint: ["/one"] },
  { name: "registry.test/two:2", layers: [base, [text("two", "2")]], entrypoint: [] },
];

async function pack(name: string, what = recipes): Promise<{ images: PackedImage[]; archive: string }> {
  const work = join(folder, `${name}-work`);
  mkdirSync(work);
  const archive = join(folder, `${name}.tar`);
  return { images: await packImages(what, work, archive), archive };
}

function unpack(archive: string): (name: string) => Buffer {
  const target = `${archive}.d`;
  mkdirSync(target);
  execFileSync("tar", ["-C", target, "-xf", archive]);
  return (name) => readFileSync(join(target, name));
}

interface Descriptor {
  readonly digest: string;
  readonly size: number;
}
const blobPath = (d: Descriptor): string => `blobs/sha256/${d.digest.replace("sha256:", "")}`;
const sha256 = (b: Buffer): string => `sha256:${createHash("sha256").update(b).digest("hex")}`;

test("packing twice gives the same archive", async () => {
  const [first, second] = [await pack("a"), await pack("b")];
  expect(second.images).toEqual(first.images);
  expect(readFileSync(second.archive).equals(readFileSync(first.archive))).toBe(true);
});

test("a changed file changes the digest of its image and of no other", async () => {
  const before = (await pack("a")).images;
  const [one, two] = recipes;
  if (one === undefined || two === undefined) throw new Error("two recipes are needed");
  const after = (await pack("b", [{ ...one, layers: [base, [text("one", "changed")]] }, two])).images;
  expect(after[0]?.digest).not.toBe(before[0]?.digest);
  expect(after[1]?.digest).toBe(before[1]?.digest);
});

test("every descriptor in the archive is true, up to the layers' digests in the configuration", async () => {
  const { images, archive } = await pack("a");
  const file = unpack(archive);
  const index = JSON.parse(file("index.json").toString()) as {
    manifests: (Descriptor & { annotations: Record<string, string> })[];
  };
  expect(index.manifests.map((m) => m.annotations["io.containerd.image.name"])).toEqual(recipes.map((r) => r.name));
  expect(index.manifests.map((m) => m.digest)).toEqual(images.map((i) => i.digest));
  for (const entry of index.manifests) {
    const manifest = JSON.parse(file(blobPath(entry)).toString()) as { config: Descriptor; layers: Descriptor[] };
    const config = JSON.parse(file(blobPath(manifest.config)).toString()) as { rootfs: { diff_ids: string[] } };
    for (const d of [entry, manifest.config, ...manifest.layers]) {
      expect(sha256(file(blobPath(d)))).toBe(d.digest);
      expect(file(blobPath(d)).length).toBe(d.size);
    }
    expect(config.rootfs.diff_ids).toEqual(manifest.layers.map((l) => l.digest));
  }
});

test("a layer that images share is stored once", async () => {
  const { archive } = await pack("a");
  unpack(archive);
  // Two configurations, two manifests, two own layers, one shared.
  expect(readdirSync(`${archive}.d/blobs/sha256`)).toHaveLength(7);
});
