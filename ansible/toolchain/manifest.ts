/**
 * `manifest.json` of a guest image: what is in the folder, proven by checksums, and what is inside the machine. The
 * portal lists images from these files alone.
 */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { z } from "zod";
import { origin } from "#app/foundation/releases/origin.ts";

const Sha256 = z.string().regex(/^[0-9a-f]{64}$/);

const FileEntry = z.strictObject({ name: z.string().min(1), bytes: z.int().nonnegative(), sha256: Sha256 });

const Shared = {
  schema: z.literal(1),
  name: z.string().min(1),
  /** Hash of everything that the image was built from; names its folder. */
  contentHash: Sha256,
  builtAt: z.iso.datetime(),
  debian: z.string().min(1),
  /** As in `uname -r`. */
  kernel: z.string().min(1),
  /** The smallest disk that a machine of this image can have; the root file system grows to a larger one. */
  diskBytes: z.int().positive(),
  /** `root` is qcow2 without a partition table, attached as the first virtio disk. */
  files: z.strictObject({ root: FileEntry, kernel: FileEntry, initrd: FileEntry }),
  packages: z.array(z.strictObject({ name: z.string(), version: z.string() })),
};

const NodeManifest = z.strictObject({
  ...Shared,
  kind: z.literal("node"),
  kubernetes: z.string(),
  etcd: z.string(),
  coredns: z.string(),
  flannel: z.string(),
  pause: z.string(),
  containerd: z.string(),
  /** Unpacked inside the machine: a cluster pulls none of them. */
  containerImages: z.array(z.strictObject({ name: z.string(), digest: z.string(), bytes: z.int().positive() })),
  /** Where the programs came from. Images of earlier versions do not say; they were compiled. */
  parts: z.array(origin).optional(),
});

const TinyManifest = z.strictObject({ ...Shared, kind: z.literal("tiny") });

export const ImageManifest = z.discriminatedUnion("kind", [NodeManifest, TinyManifest]);
export type ImageManifest = z.infer<typeof ImageManifest>;
export type ImageFiles = ImageManifest["files"];

export interface Image {
  readonly folder: string;
  readonly manifest: ImageManifest;
}

export const IMAGE_FILES = { root: "root.qcow2", kernel: "vmlinuz", initrd: "initrd.img" } as const;
const MANIFEST = "manifest.json";

/** Sizes and checksums of the three files of an image folder. */
export async function describeFiles(folder: string): Promise<ImageFiles> {
  const describe = async (name: string): Promise<z.infer<typeof FileEntry>> => {
    const path = join(folder, name);
    return { name, bytes: (await stat(path)).size, sha256: await sha256(path) };
  };
  return {
    root: await describe(IMAGE_FILES.root),
    kernel: await describe(IMAGE_FILES.kernel),
    initrd: await describe(IMAGE_FILES.initrd),
  };
}

export async function sha256(path: string): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(path), hash);
  return hash.digest("hex");
}

export async function writeManifest(folder: string, manifest: ImageManifest): Promise<void> {
  await writeFile(join(folder, MANIFEST), `${JSON.stringify(ImageManifest.parse(manifest), null, 2)}\n`);
}

/** Throws when the folder's manifest is missing or not of a form this version knows. */
export async function readManifest(folder: string): Promise<ImageManifest> {
  const text = await readFile(join(folder, MANIFEST), "utf8");
  const parsed = ImageManifest.safeParse(JSON.parse(text));
  if (!parsed.success) throw new Error(`reading the manifest of ${folder}: ${z.prettifyError(parsed.error)}`);
  return parsed.data;
}

/** Every complete image below `<cache>/artefacts/image-*`, newest first; folders of unknown form are left out. */
export async function listImages(options: { readonly cache: string }): Promise<Image[]> {
  const root = join(options.cache, "artefacts");
  const kinds = (await namesIn(root)).filter((n) => n.startsWith("image-"));
  const found: Image[] = [];
  for (const kind of kinds) {
    for (const hash of (await namesIn(join(root, kind))).filter((n) => !n.includes(".partial"))) {
      const folder = join(root, kind, hash);
      const manifest = await readManifest(folder).catch(() => null);
      if (manifest !== null) found.push({ folder, manifest });
    }
  }
  return found.sort((a, b) => b.manifest.builtAt.localeCompare(a.manifest.builtAt));
}

async function namesIn(folder: string): Promise<string[]> {
  return await readdir(folder).catch(() => []);
}
