/**
 * Packs container images from plain files into one OCI archive, without a container engine. The same files give the
 * same digests. Layers are plain tars: they are unpacked on this machine a moment later.
 */
import { createHash } from "node:crypto";
import { createWriteStream } from "node:fs";
import { rename } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { type TarEntry, tar } from "./tar.ts";

export interface ImageRecipe {
  /** Full reference with tag, as the kubelet will ask for it. */
  readonly name: string;
  readonly layers: readonly (readonly TarEntry[])[];
  readonly entrypoint: readonly string[];
}

export interface PackedImage {
  readonly name: string;
  /** Of the image's manifest, as `sha256:…`. */
  readonly digest: string;
  /** Of all layers together. */
  readonly bytes: number;
}

interface Blob {
  readonly digest: string;
  readonly size: number;
  readonly source: string | Buffer;
}

interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
}

const CREATED = "2026-01-01T00:00:00Z";
const PATH = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
const TYPES = {
  layer: "application/vnd.oci.image.layer.v1.tar",
  config: "application/vnd.oci.image.config.v1+json",
  manifest: "application/vnd.oci.image.manifest.v1+json",
  index: "application/vnd.oci.image.index.v1+json",
} as const;

/** Writes `output`; keeps layers in `work` meanwhile. Layers that images share are stored once. */
export async function packImages(recipes: readonly ImageRecipe[], work: string, output: string): Promise<PackedImage[]> {
  const blobs = new Map<string, Blob>();
  const layers = new Map<readonly TarEntry[], Blob>();
  const keep = (blob: Blob): Blob => {
    blobs.set(blob.digest, blob);
    return blob;
  };
  const packed: PackedImage[] = [];
  const manifests: object[] = [];
  for (const recipe of recipes) {
    const own: Blob[] = [];
    for (const entries of recipe.layers) {
      const blob = layers.get(entries) ?? keep(await writeLayer(entries, work));
      layers.set(entries, blob);
      own.push(blob);
    }
    const config = keep(json(configOf(recipe, own)));
    const manifest = keep(json(manifestOf(config, own)));
    manifests.push({
      ...descriptor(TYPES.manifest, manifest),
      platform: { architecture: "amd64", os: "linux" },
      annotations: { "io.containerd.image.name": recipe.name },
    });
    packed.push({ name: recipe.name, digest: manifest.digest, bytes: own.reduce((n, l) => n + l.size, 0) });
  }
  await pipeline(tar(archiveEntries(blobs, manifests)), createWriteStream(output));
  return packed;
}

async function writeLayer(entries: readonly TarEntry[], work: string): Promise<Blob> {
  const hash = createHash("sha256");
  const partial = join(work, "layer.partial");
  let size = 0;
  const measured = async function* (): AsyncGenerator<Buffer> {
    for await (const chunk of tar(entries)) {
      hash.update(chunk);
      size += chunk.length;
      yield chunk;
    }
  };
  await pipeline(measured, createWriteStream(partial));
  const digest = hash.digest("hex");
  const source = join(work, `${digest}.tar`);
  await rename(partial, source);
  return { digest: `sha256:${digest}`, size, source };
}

function json(value: object): Blob {
  const source = Buffer.from(JSON.stringify(value));
  return { digest: `sha256:${createHash("sha256").update(source).digest("hex")}`, size: source.length, source };
}

const descriptor = (mediaType: string, b: Blob): Descriptor => ({ mediaType, digest: b.digest, size: b.size });

function configOf(recipe: ImageRecipe, layers: readonly Blob[]): object {
  return {
    created: CREATED,
    architecture: "amd64",
    os: "linux",
    config: {
      Env: [PATH],
      WorkingDir: "/",
      ...(recipe.entrypoint.length > 0 && { Entrypoint: recipe.entrypoint }),
    },
    rootfs: { type: "layers", diff_ids: layers.map((l) => l.digest) },
    history: layers.map(() => ({ created: CREATED })),
  };
}

function manifestOf(config: Blob, layers: readonly Blob[]): object {
  return {
    schemaVersion: 2,
    mediaType: TYPES.manifest,
    config: descriptor(TYPES.config, config),
    layers: layers.map((l) => descriptor(TYPES.layer, l)),
  };
}

function archiveEntries(blobs: ReadonlyMap<string, Blob>, manifests: readonly object[]): TarEntry[] {
  const text = (path: string, value: object): TarEntry => ({
    kind: "file",
    path,
    mode: 0o644,
    content: Buffer.from(JSON.stringify(value)),
  });
  return [
    text("oci-layout", { imageLayoutVersion: "1.0.0" }),
    text("index.json", { schemaVersion: 2, mediaType: TYPES.index, manifests }),
    { kind: "folder", path: "blobs" },
    { kind: "folder", path: "blobs/sha256" },
    ...[...blobs.values()].map((b): TarEntry => {
      const path = `blobs/sha256/${b.digest.slice("sha256:".length)}`;
      const body = typeof b.source === "string" ? { source: b.source } : { content: b.source };
      return { kind: "file", path, mode: 0o644, ...body };
    }),
  ];
}
