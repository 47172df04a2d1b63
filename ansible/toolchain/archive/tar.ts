/**
 * Writes tar archives that are the same byte for byte whenever their content is: fixed times and owners, entries in
 * the given order. Content streams from files, because layers hold programs of 100 MB.
 */
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { Header } from "tar/header";
import { Pax } from "tar/pax";

export type TarEntry =
  | { readonly kind: "folder"; readonly path: string; readonly mode?: number }
  | { readonly kind: "file"; readonly path: string; readonly mode?: number; readonly content: Buffer }
  | { readonly kind: "file"; readonly path: string; readonly mode?: number; readonly source: string }
  | { readonly kind: "link"; readonly path: string; readonly target: string };

const BLOCK = 512;
const types = { folder: "Directory", file: "File", link: "SymbolicLink" } as const;

/** Paths have no leading slash. Yields the whole archive, end mark included. */
export async function* tar(entries: Iterable<TarEntry>): AsyncGenerator<Buffer> {
  for (const entry of entries) {
    const size = await sizeOf(entry);
    yield* headers(entry, size);
    if (entry.kind !== "file") continue;
    if ("content" in entry) yield entry.content;
    else yield* createReadStream(entry.source) as AsyncIterable<Buffer>;
    yield padding(size);
  }
  yield Buffer.alloc(2 * BLOCK);
}

async function sizeOf(e: TarEntry): Promise<number> {
  if (e.kind !== "file") return 0;
  return "content" in e ? e.content.length : (await stat(e.source)).size;
}

const padding = (size: number): Buffer => Buffer.alloc((BLOCK - (size % BLOCK)) % BLOCK);

/** What the header cannot hold, such as a name of more than 100 bytes, goes into a PAX record before the entry. */
function headers(e: TarEntry, size: number): Buffer[] {
  const own = { path: e.path, size, ...(e.kind === "link" && { linkpath: e.target }) };
  const header = new Header({ ...own, mode: modeOf(e), type: types[e.kind], uid: 0, gid: 0, mtime: new Date(0) });
  const block = Buffer.alloc(BLOCK);
  return header.encode(block) ? [new Pax({ ...own, mtime: new Date(0) }).encode(), block] : [block];
}

function modeOf(e: TarEntry): number {
  if (e.kind === "link") return 0o777;
  return e.mode ?? 0o755;
}
