/**
 * Stand-ins for released files: archives of the same programs, packed from what this machine has compiled already, in the
 * folder layout of a mirror, with a lock file of their own. What upstream packs besides (licences, further programs) is not
 * in them, so the archive of Kubernetes is smaller than the real one.
 */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { copyFile, link, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { create } from "tar";
import { artefactExists, artefactPath } from "#app/foundation/artefacts.ts";
import { mirrorPath } from "#app/foundation/releases/release-source.ts";
import { type ReleaseFile, type ReleaseLock, readReleaseLock } from "#app/foundation/releases/release-lock.ts";
import { binaryArtefact, binarySets } from "#ansible/toolchain/binaries.ts";
import { findEngine } from "#pulumi/toolchain/build.ts";

export interface Packed {
  /** For BERTH_RELEASES, or behind a web server. */
  readonly folder: string;
  /** For BERTH_RELEASES_LOCK. */
  readonly lock: string;
  readonly bytes: number;
}

/** `parts`: those to pack; left out: all that the lock file has. */
export async function packReleased(work: string, cache: string, say: (line: string) => void, parts?: readonly string[]): Promise<Packed> {
  const folder = join(work, "released");
  const { files, compiled } = readReleaseLock();
  const packed: ReleaseFile[] = [];
  let bytes = 0;
  for (const file of files.filter(({ part }) => parts === undefined || parts.includes(part))) {
    const programs = await programsOf(file, cache);
    const archive = join(folder, mirrorPath(file.url));
    await packOne(file, programs, archive, work);
    const { checksum, size } = await sha256Of(archive);
    bytes += size;
    say(`packed ${file.part} ${file.version}: ${Math.round(size / 1024 ** 2)} MiB`);
    packed.push({ ...file, kind: "archive", algorithm: "sha256", checksum, source: "https://berth.invalid/packed-for-a-measurement" });
  }
  const lock: ReleaseLock = { files: packed, compiled };
  const path = join(work, "releases.lock.json");
  await writeFile(path, JSON.stringify(lock, null, 2));
  return { folder, lock: path, bytes };
}

/** The folder that holds the part's compiled programs. */
async function programsOf({ part }: ReleaseFile, cache: string): Promise<string> {
  const set = binarySets.find(({ name }) => name === part);
  const missing = new Error(`packing ${part}: it is not in ${cache}; run npm run setup with BERTH_RELEASES=build first`);
  if (set === undefined) {
    const engine = await findEngine({ cache });
    if (engine === null) throw missing;
    return join(engine, "bin");
  }
  const artefact = await binaryArtefact(set, cache);
  if (!artefactExists(artefact)) throw missing;
  return artefactPath(artefact);
}

async function packOne({ programs }: ReleaseFile, from: string, archive: string, work: string): Promise<void> {
  await mkdir(dirname(archive), { recursive: true });
  const staged = await mkdtemp(join(work, "staged-"));
  try {
    for (const [name, path] of Object.entries(programs)) {
      await mkdir(dirname(join(staged, path)), { recursive: true });
      await link(join(from, name), join(staged, path)).catch(() => copyFile(join(from, name), join(staged, path)));
    }
    await create({ file: archive, cwd: staged, gzip: true, portable: true }, Object.values(programs));
  } finally {
    await rm(staged, { recursive: true });
  }
}

async function sha256Of(path: string): Promise<{ readonly checksum: string; readonly size: number }> {
  const hash = createHash("sha256");
  let size = 0;
  await pipeline(
    createReadStream(path),
    async function* (pieces: AsyncIterable<Buffer>) {
      for await (const piece of pieces) {
        size += piece.length;
        hash.update(piece);
        yield piece;
      }
    },
    async (pieces) => {
      for await (const _ of pieces);
    },
  );
  return { checksum: hash.digest("hex"), size };
}
