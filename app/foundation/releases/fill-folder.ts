/** Fetches every released file into a folder that a machine without internet can use as BERTH_RELEASES. */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { copyFile, mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { imageTypes, takeFromImage } from "./container-image.ts";
import { download, type Patience } from "./download.ts";
import type { ChecksumAlgorithm, ReleaseFile } from "./release-lock.ts";
import { mirrorPath } from "./release-source.ts";

/** A person waits for it, and slow is better than not at all. */
const patient: Patience = { answerMs: 30_000, stallMs: 120_000 };

interface Known {
  readonly url: string;
  readonly algorithm: ChecksumAlgorithm;
  readonly checksum: string;
}

/** Files that are there with the right checksum stay. Of an image its index, manifest and the layers with its programs. */
export async function fillFolder(file: ReleaseFile, folder: string, patience: Patience = patient): Promise<void> {
  if (file.kind === "archive") return void (await hold(file, folder, patience));
  const work = await mkdtemp(join(tmpdir(), "berth-image-"));
  try {
    await takeFromImage(file.url, new Map(Object.entries(file.programs)), work, async ({ url, digest }, path) => {
      const known: Known = { url, algorithm: "sha256", checksum: digest.slice("sha256:".length) };
      await copyFile(await hold(known, folder, patience, imageTypes), path);
    });
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** Resolves to the path in the folder. */
async function hold({ url, algorithm, checksum }: Known, folder: string, patience: Patience, accept?: string): Promise<string> {
  const target = join(folder, mirrorPath(url));
  if ((await checksumOf(target, algorithm)) === checksum) return target;
  await mkdir(dirname(target), { recursive: true });
  await download({ url, from: url, target, algorithm, checksum, patience, ...(accept !== undefined && { accept }) });
  return target;
}

/** Null: there is no such file. */
async function checksumOf(path: string, algorithm: ChecksumAlgorithm): Promise<string | null> {
  const hash = createHash(algorithm);
  try {
    await pipeline(createReadStream(path), hash);
    return hash.digest("hex");
  } catch {
    return null;
  }
}
