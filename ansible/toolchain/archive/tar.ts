/**
 * Writes tar archives that are the same byte for byte whenever their content is: fixed times and owners, entries in
 * the given order. Content streams from files, because layers hold programs of 100 MB.
 */
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";

export type TarEntry =
  | { readonly kind: "folder"; readonly path: string; readonly mode?: number }
  | { readonly kind: "file"; readonly path: string; readonly mode?: number; readonly content: Buffer }
  | { readonly kind: "file"; readonly path: string; readonly mode?: number; readonly source: string }
  | { readonly kind: "link"; readonly path: string; readonly target: string };

const BLOCK = 512;

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

/** A name or link target of more than 100 bytes goes into a PAX record before the entry. */
function headers(e: TarEntry, size: number): Buffer[] {
  const target = e.kind === "link" ? e.target : "";
  const long = [
    ...(Buffer.byteLength(e.path) > 100 ? [paxRecord("path", e.path)] : []),
    ...(Buffer.byteLength(target) > 100 ? [paxRecord("linkpath", target)] : []),
  ];
  const own = header(e.path, modeOf(e), size, flagOf(e), target);
  if (long.length === 0) return [own];
  const body = Buffer.from(long.join(""));
  return [header("pax", 0o644, body.length, "x", ""), body, padding(body.length), own];
}

function modeOf(e: TarEntry): number {
  if (e.kind === "link") return 0o777;
  return e.mode ?? 0o755;
}

function flagOf(e: TarEntry): string {
  switch (e.kind) {
    case "folder":
      return "5";
    case "file":
      return "0";
    case "link":
      return "2";
  }
}

/** The length at the front counts its own digits. */
function paxRecord(key: string, value: string): string {
  const rest = ` ${key}=${value}\n`;
  let length = Buffer.byteLength(rest);
  while (String(length).length + Buffer.byteLength(rest) !== length) {
    length = String(length).length + Buffer.byteLength(rest);
  }
  return `${length}${rest}`;
}

function header(path: string, mode: number, size: number, flag: string, target: string): Buffer {
  const block = Buffer.alloc(BLOCK);
  const octal = (value: number, digits: number): string => `${value.toString(8).padStart(digits, "0")}\0`;
  block.write(Buffer.from(path).subarray(0, 100).toString("latin1"), 0, "latin1");
  block.write(octal(mode, 7), 100);
  block.write(octal(0, 7), 108);
  block.write(octal(0, 7), 116);
  block.write(octal(size, 11), 124);
  block.write(octal(0, 11), 136);
  block.write("        ", 148);
  block.write(flag, 156);
  block.write(Buffer.from(target).subarray(0, 100).toString("latin1"), 157, "latin1");
  block.write("ustar\x0000", 257, "latin1");
  const sum = block.reduce((a, b) => a + b, 0);
  block.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
  return block;
}
