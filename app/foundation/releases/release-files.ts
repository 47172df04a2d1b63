/**
 * Programs as released files, in place of compiling them. A file is used only with the checksum of the lock file; whatever
 * else happens, `take` says why the part has to be compiled, and leaves nothing behind.
 */
import { mkdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { type Message, message } from "#app/domain/message/message.ts";
import type { Config } from "#app/foundation/config.server.ts";
import { imageTypes, takeFromImage } from "./container-image.ts";
import { download, NotTaken, type Patience, patience as usualPatience, type Trouble, wordsOf } from "./download.ts";
import type { Origin } from "./origin.ts";
import { type HostProbe, probeHosts } from "./reachable-hosts.ts";
import { type ReleaseFile, type ReleaseLock, readReleaseLock } from "./release-lock.ts";
import { mirrorPath, type ReleaseSource } from "./release-source.ts";
import { unpackPrograms } from "./unpack.ts";

/** The part's programs, by the names under which they are used. */
export interface WantedPart {
  readonly part: string;
  readonly version: string;
  readonly programs: readonly string[];
}

export interface ReleaseFiles {
  /** Puts the programs into the folder, executable, or resolves to the reason for compiling them. */
  readonly take: (wanted: WantedPart, folder: string, signal?: AbortSignal) => Promise<Origin>;
}

export interface ReleaseFilesOptions {
  readonly source: ReleaseSource;
  readonly lock: ReleaseLock;
  readonly patience?: Patience;
}

export function releaseFiles({ source, lock, patience = usualPatience }: ReleaseFilesOptions): ReleaseFiles {
  const placeOf = placesIn(source);
  const addresses = source.kind === "none" || source.kind === "folder" ? [] : lock.files.map(({ url }) => placeOf(url));
  const context: Context = { placeOf, patience, hosts: addresses.length === 0 ? null : probeHosts(addresses, patience) };
  return {
    take: async (wanted, folder, signal) => {
      const file = lock.files.find((f) => isOf(f, wanted));
      if (source.kind === "none" || file === undefined) return compiled(wanted, whyNot(source, lock, wanted));
      try {
        await take(file, wanted.programs, folder, signal === undefined ? context : { ...context, signal });
        return { part: file.part, version: file.version, from: "release", url: file.url, ...checksumOf(file) };
      } catch (error) {
        signal?.throwIfAborted();
        return compiled(wanted, troubleMessage(file, asNotTaken(file, error)));
      }
    },
  };
}

/** As the settings say. Throws when the lock file is none. */
export const configuredReleases = ({ releases, releasesLock }: Pick<Config, "releases" | "releasesLock">): ReleaseFiles =>
  releaseFiles({ source: releases, lock: readReleaseLock(releasesLock) });

interface Context {
  /** Where a released file is taken from: an address, or a path. */
  readonly placeOf: (url: string) => string;
  readonly patience: Patience;
  readonly hosts: HostProbe | null;
  readonly signal?: AbortSignal;
}

function placesIn(source: ReleaseSource): (url: string) => string {
  switch (source.kind) {
    case "none":
    case "upstream":
      return (url) => url;
    case "folder":
      return (url) => join(source.folder, mirrorPath(url));
    case "mirror":
      return (url) => `${source.address}/${mirrorPath(url)}`;
  }
}

/** Another version is another program: its file is not pinned. */
const isOf = (file: ReleaseFile, { part, version, programs }: WantedPart): boolean =>
  file.part === part && file.version === version && programs.every((name) => file.programs[name] !== undefined);

const checksumOf = (file: ReleaseFile) => ({ checksum: `${file.algorithm}:${file.checksum}`, checksumSource: file.source });

const compiled = ({ part, version }: WantedPart, reason: Message): Origin => ({ part, version, from: "source", reason });

function whyNot(source: ReleaseSource, lock: ReleaseLock, { part, version }: WantedPart): Message {
  if (source.kind === "none") return message("releases-off", { part, version, setting: "BERTH_RELEASES" });
  const known = lock.compiled.find((c) => c.part === part);
  switch (known?.reason) {
    case "own-program":
      return message("part-own-program", { part, version });
    case "no-checksum":
      return message("part-no-checksum", { part, version });
    case undefined:
      return message("part-not-pinned", { part, version });
  }
}

/** Everything lands in a folder beside the target first, so that a failure leaves no program there. */
async function take(file: ReleaseFile, programs: readonly string[], folder: string, c: Context): Promise<void> {
  const work = join(folder, ".release");
  const wanted = new Map(programs.map((name) => [name, file.programs[name] ?? name]));
  await mkdir(work, { recursive: true });
  try {
    const found = await (file.kind === "image" ? fromImage(file, wanted, work, c) : fromArchive(file, wanted, work, c));
    const missing = programs.find((name) => !found.includes(name));
    if (missing !== undefined) throw new NotTaken(file.url, { kind: "without-program", program: missing });
    for (const name of programs) await rename(join(work, name), join(folder, name));
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

async function fromArchive(file: ReleaseFile, wanted: ReadonlyMap<string, string>, work: string, c: Context): Promise<readonly string[]> {
  const archive = join(work, ".archive");
  await bring(file, archive, c);
  return await unpackPrograms(archive, wanted, work);
}

const fromImage = async (file: ReleaseFile, wanted: ReadonlyMap<string, string>, work: string, c: Context): Promise<readonly string[]> =>
  await takeFromImage(file.url, wanted, work, async ({ url, digest }, path) => {
    await bring({ url, algorithm: "sha256", checksum: digest.slice("sha256:".length), accept: imageTypes }, path, c);
  });

interface Known extends Pick<ReleaseFile, "url" | "algorithm" | "checksum"> {
  readonly accept?: string;
}

async function bring({ url, algorithm, checksum, accept }: Known, target: string, c: Context): Promise<void> {
  const from = c.placeOf(url);
  const trouble = await c.hosts?.troubleOf(from);
  if (trouble) throw new NotTaken(url, trouble);
  const { patience, signal } = c;
  try {
    await download({ url, from, target, algorithm, checksum, patience, signal, ...(accept !== undefined && { accept }) });
  } catch (error) {
    if (error instanceof NotTaken && isSilence(error.trouble)) c.hosts?.giveUp(from, error.trouble);
    throw error;
  }
}

const isSilence = ({ kind }: Trouble): boolean => kind === "silent" || kind === "stalled";

/** An archive that cannot be read, or a disk that is full. */
const asNotTaken = ({ url }: ReleaseFile, error: unknown): NotTaken =>
  error instanceof NotTaken ? error : new NotTaken(url, { kind: "broken", reported: wordsOf(error) });

function troubleMessage({ part, version }: ReleaseFile, { url, trouble }: NotTaken): Message {
  const of = { part, version, url };
  switch (trouble.kind) {
    case "silent":
      return message("release-silent", { ...of, seconds: trouble.seconds });
    case "stalled":
      return message("release-stalled", { ...of, seconds: trouble.seconds, bytes: trouble.bytes });
    case "refused":
      return message("release-refused", { ...of, status: String(trouble.status) });
    case "broken":
      return message("release-broken", { ...of, reported: trouble.reported });
    case "absent":
      return message("release-absent", of);
    case "checksum":
      return message("release-checksum", { ...of, found: trouble.found, expected: trouble.expected });
    case "without-program":
      return message("release-without-program", { ...of, program: trouble.program });
  }
}
