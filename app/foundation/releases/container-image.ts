/** A released container image: from its index to the layers that hold the wanted programs, each file known by its digest. */
import { mkdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { NotTaken } from "./download.ts";
import { unpackPrograms } from "./unpack.ts";

const descriptor = z.object({ digest: z.string().regex(/^sha256:[0-9a-f]{64}$/) });

const index = z.object({
  manifests: z.array(descriptor.extend({ platform: z.object({ os: z.string(), architecture: z.string() }).optional() })),
});
const manifest = z.object({ layers: z.array(descriptor) });

/** Registries answer with the kind of document that is asked for. */
export const imageTypes = [
  "application/vnd.oci.image.index.v1+json",
  "application/vnd.docker.distribution.manifest.list.v2+json",
  "application/vnd.oci.image.manifest.v1+json",
  "application/vnd.docker.distribution.manifest.v2+json",
].join(", ");

export interface ImageFile {
  readonly url: string;
  readonly digest: string;
}

/** Brings a file of the image to a path. */
export type Bring = (file: ImageFile, path: string) => Promise<void>;

/** Layers from the last one on: programs are put on top of what an image begins with. */
export async function takeFromImage(
  url: string,
  wanted: ReadonlyMap<string, string>,
  folder: string,
  bring: Bring,
): Promise<readonly string[]> {
  const work = join(folder, ".image");
  await mkdir(work, { recursive: true });
  const files = filesOf(url, join(work, "file"), bring);
  try {
    const left = new Map(wanted);
    for (const layer of [...(await layersOf(files))].reverse()) {
      if (left.size === 0) break;
      for (const name of await unpackPrograms(await files.blob(layer), left, folder)) left.delete(name);
    }
    return [...wanted.keys()].filter((name) => !left.has(name));
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

interface Files {
  readonly index: () => Promise<z.infer<typeof index>>;
  readonly manifest: (digest: string) => Promise<z.infer<typeof manifest>>;
  /** Resolves to a path whose file stays until the next call. */
  readonly blob: (digest: string) => Promise<string>;
}

/** `url` ends in `/manifests/<digest>`. */
function filesOf(url: string, path: string, bring: Bring): Files {
  const [repository = "", first = ""] = url.split("/manifests/");
  const document = async <T>(schema: z.ZodType<T>, digest: string): Promise<T> => {
    const from = `${repository}/manifests/${digest}`;
    await bring({ url: from, digest }, path);
    const read = schema.safeParse(JSON.parse(await readFile(path, "utf8")));
    if (!read.success) throw new NotTaken(from, { kind: "broken", reported: z.prettifyError(read.error) });
    return read.data;
  };
  return {
    index: () => document(index, first),
    manifest: (digest) => document(manifest, digest),
    blob: async (digest) => {
      await bring({ url: `${repository}/blobs/${digest}`, digest }, path);
      return path;
    },
  };
}

/** Guests are amd64. */
async function layersOf(files: Files): Promise<readonly string[]> {
  const { manifests } = await files.index();
  const one = manifests.find(({ platform }) => platform?.os === "linux" && platform.architecture === "amd64");
  if (one === undefined) return [];
  return (await files.manifest(one.digest)).layers.map(({ digest }) => digest);
}
