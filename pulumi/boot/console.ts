/**
 * Follows the serial consoles of a run's machines, like `tail -F`: starts when a file appears, and notices when it was
 * started again. Every batch of lines carries the place where it ends, and the journal keeps both together: what was
 * journalled is never read again, and what was not is. Only where the operation's own story begins is kept in a file.
 */
import { open, readFile, rename, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import type { ConsolePlace } from "#app/domain/operation/event.ts";
import { failpoint } from "#app/ports/failpoint.ts";

export interface ConsoleSettings {
  readonly folder: string;
  /** machine name → libvirtName. */
  readonly machines: ReadonlyMap<string, string>;
  readonly operationId: string;
  /** machine name → how far earlier attempts of the operation journalled it. */
  readonly places: Readonly<Record<string, ConsolePlace>>;
  /** Where the places are remembered at which the operation found the files at its very start. */
  readonly beginningsFile: string;
  readonly onLines: (machine: string, lines: readonly string[], place: ConsolePlace) => void;
  readonly everyMs?: number;
}

export interface ConsoleFollower {
  /** Reads what is there, ends. */
  stop(): Promise<void>;
}

interface Follow {
  readonly machine: string;
  readonly path: string;
  inode: number;
  /** Up to where the file was read. */
  offset: number;
  /** Bytes of a line that has not ended. */
  rest: Buffer;
}

const placeSchema = z.object({ inode: z.number(), offset: z.number() });
const beginningsSchema = z.object({ operationId: z.string(), places: z.record(z.string(), placeSchema) });

const chunkBytes = 64 * 1024;
/** A line that does not end is shown in parts of this many bytes. */
const longestPart = 8_000;

export async function followConsoles(settings: ConsoleSettings): Promise<ConsoleFollower> {
  const follows = await begin(settings);
  const stopping = new AbortController();
  const loop = follow(settings, follows, stopping.signal);
  return {
    async stop() {
      stopping.abort();
      await loop;
    },
  };
}

/**
 * The same operation continues where its journal stands, or where it began. For another operation, what older runs left
 * in a file is old news: it starts at the end.
 */
async function begin(settings: ConsoleSettings): Promise<Follow[]> {
  const beginnings = await beginningsOf(settings);
  return [...settings.machines].map(([machine, libvirtName]) => {
    const place = settings.places[machine] ?? beginnings[machine] ?? { inode: 0, offset: 0 };
    return { machine, path: pathOf(settings, libvirtName), rest: Buffer.alloc(0), ...place };
  });
}

const pathOf = ({ folder }: ConsoleSettings, libvirtName: string): string => join(folder, `${libvirtName}-serial.log`);

async function beginningsOf(settings: ConsoleSettings): Promise<Readonly<Record<string, ConsolePlace>>> {
  const kept = await recall(settings.beginningsFile);
  if (kept?.operationId === settings.operationId) return kept.places;
  const found = await Promise.all(
    [...settings.machines].map(async ([machine, name]) => [machine, await placeAtEnd(pathOf(settings, name))] as const),
  );
  const places = Object.fromEntries(found.flatMap(([machine, place]) => (place === null ? [] : [[machine, place]])));
  await remember(settings.beginningsFile, { operationId: settings.operationId, places });
  return places;
}

async function follow(settings: ConsoleSettings, follows: readonly Follow[], stop: AbortSignal): Promise<void> {
  for (;;) {
    const last = stop.aborted;
    for (const f of follows) await readNew(f, settings.onLines);
    if (last) break;
    await pause(settings.everyMs ?? 250, stop);
  }
  for (const f of follows)
    if (f.rest.length > 0) settings.onLines(f.machine, [f.rest.toString("utf8")], { inode: f.inode, offset: f.offset });
}

async function readNew(f: Follow, onLines: ConsoleSettings["onLines"]): Promise<void> {
  const file = await open(f.path, "r").catch(() => null);
  if (file === null) return;
  try {
    const { ino, size } = await file.stat();
    if (ino !== f.inode || size < f.offset) Object.assign(f, { inode: ino, offset: 0, rest: Buffer.alloc(0) });
    const buffer = Buffer.alloc(chunkBytes);
    while (f.offset < size) {
      const { bytesRead } = await file.read(buffer, 0, chunkBytes, f.offset);
      if (bytesRead === 0) break;
      f.offset += bytesRead;
      takeLines(f, buffer.subarray(0, bytesRead), onLines);
    }
  } finally {
    await file.close();
  }
}

function takeLines(f: Follow, chunk: Buffer, onLines: ConsoleSettings["onLines"]): void {
  const bytes = Buffer.concat([f.rest, chunk]);
  const end = bytes.lastIndexOf(0x0a) + 1;
  // A part of a line that does not end is cut between two characters.
  const whole = bytes.length - end > longestPart ? end + wholeCharacters(bytes.subarray(end)) : end;
  f.rest = Buffer.from(bytes.subarray(whole));
  if (whole === 0) return;
  const text = bytes.toString("utf8", 0, whole);
  const lines = (text.endsWith("\n") ? text.slice(0, -1) : text).split("\n");
  onLines(f.machine, lines, { inode: f.inode, offset: f.offset - f.rest.length });
}

/** Length without the bytes of a last character that is not whole. */
function wholeCharacters(bytes: Buffer): number {
  for (let length = bytes.length; length > bytes.length - 4; length--) {
    const last = bytes[length - 1] ?? 0;
    if (last < 0x80) return length;
    if (last >= 0xc0) return length - 1;
  }
  return bytes.length;
}

async function remember(path: string, beginnings: z.infer<typeof beginningsSchema>): Promise<void> {
  const partial = `${path}.new`;
  failpoint("console.before-offsets");
  await writeFile(partial, JSON.stringify(beginnings), { mode: 0o600 });
  await rename(partial, path);
  failpoint("console.after-offsets");
}

async function recall(path: string): Promise<z.infer<typeof beginningsSchema> | null> {
  try {
    return beginningsSchema.parse(JSON.parse(await readFile(path, "utf8")));
  } catch {
    return null;
  }
}

async function placeAtEnd(path: string): Promise<ConsolePlace | null> {
  const found = await stat(path).catch(() => null);
  return found === null ? null : { inode: found.ino, offset: found.size };
}

const pause = (ms: number, signal: AbortSignal): Promise<void> => sleep(ms, undefined, { signal }).catch(() => undefined);
