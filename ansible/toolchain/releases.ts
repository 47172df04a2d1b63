/**
 * Release files instead of compiling: a folder, or the address of an internal mirror, with a `SHA256SUMS` file in
 * sha256sum's format. A set of programs is taken from it when all of its files are listed as
 * `<set>-<version>/<file>`, for example `kubernetes-1.35.4/kubeadm`. Nothing unlisted or changed is ever used.
 *
 * Over plain HTTP whoever changes a file can change the list, too. There the address must end in `#sha256=` with the
 * digest of `SHA256SUMS`, which the operator got another way; elsewhere it may.
 */
import { createHash } from "node:crypto";
import { chmod, copyFile, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { isTrustedSource } from "#app/foundation/paths.ts";
import { sha256 } from "./manifest.ts";

export interface ReleaseFile {
  /** As listed, relative to the folder or mirror. */
  readonly path: string;
  readonly name: string;
  readonly sha256: string;
}

export interface Releases {
  /** Folder, or address without a trailing slash. */
  readonly source: string;
  /** The set's files, or null when not all of them are listed. */
  readonly filesOf: (set: { readonly name: string; readonly version: string; readonly files: readonly string[] }) => ReleaseFile[] | null;
}

const SUMS = "SHA256SUMS";

/** Reads the list of a folder or `http(s)` address; throws when there is none, or when it is not the one asked for. */
export async function openReleases(source: string): Promise<Releases> {
  const { base, digest } = sourceOf(source);
  const list = await read(base, SUMS);
  const found = createHash("sha256").update(list).digest("hex");
  if (digest !== null && found !== digest)
    throw new Error(`checking ${SUMS} from ${base}: its SHA-256 is ${found}, but ${digest} was asked for; nothing of it is used`);
  const sums = parseSums(list.toString("utf8"), `${base}/${SUMS}`);
  return {
    source: base,
    filesOf: (set) => {
      const files = set.files.flatMap((name) => {
        const path = `${set.name}-${set.version}/${name}`;
        const sum = sums.get(path);
        return sum === undefined ? [] : [{ path, name, sha256: sum }];
      });
      return files.length === set.files.length ? files : null;
    },
  };
}

/** Throws for plain HTTP without a digest, except from this machine itself. */
function sourceOf(source: string): { readonly base: string; readonly digest: string | null } {
  const [, address = source, digest = null] = /^(.*?)(?:#sha256=([0-9a-f]{64}))?$/.exec(source) ?? [];
  const base = address.replace(/\/+$/, "");
  if (digest === null && !isTrustedSource(base))
    throw new Error(`reading the release files: ${base} is plain HTTP; use https, or add #sha256= and the SHA-256 of its ${SUMS}`);
  return { base, digest };
}

/** sha256sum's format: digest, space, a space or `*`, path. */
export function parseSums(text: string, origin: string): Map<string, string> {
  const sums = new Map<string, string>();
  for (const [index, line] of text.split("\n").entries()) {
    if (line.trim() === "" || line.startsWith("#")) continue;
    const found = /^([0-9a-fA-F]{64}) [ *](?:\.\/)?(.+)$/.exec(line.trimEnd());
    const [, digest, path] = found ?? [];
    if (digest === undefined || path === undefined) {
      throw new Error(`reading ${origin}: line ${index + 1} is not "<sha256>  <file>"`);
    }
    sums.set(path, digest.toLowerCase());
  }
  return sums;
}

/** Puts the files into the folder, executable; refuses the first one whose content is not the listed one. */
export async function fetchReleaseFiles(releases: Releases, files: readonly ReleaseFile[], folder: string): Promise<void> {
  for (const file of files) {
    const target = join(folder, file.name);
    await obtain(releases.source, file.path, target);
    const found = await sha256(target);
    if (found !== file.sha256) {
      await rm(target);
      throw new Error(
        `checking ${file.path} from ${releases.source}: its SHA-256 is ${found}, but ${SUMS} says ${file.sha256}; it is not used`,
      );
    }
    await chmod(target, 0o755);
  }
}

const isAddress = (source: string): boolean => /^https?:\/\//.test(source);

async function obtain(source: string, path: string, target: string): Promise<void> {
  if (isAddress(source)) await writeFile(target, await read(source, path));
  else await copyFile(join(source, path), target);
}

async function read(source: string, path: string): Promise<Buffer> {
  if (!isAddress(source)) {
    return await readFile(join(source, path)).catch((cause: unknown) => {
      throw new Error(`reading the release files: ${join(source, path)} cannot be read`, { cause });
    });
  }
  const response = await fetch(`${source}/${path}`);
  if (!response.ok) throw new Error(`reading the release files: ${source}/${path} answered ${response.status}`);
  return Buffer.from(await response.arrayBuffer());
}
