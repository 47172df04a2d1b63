/**
 * Follows the serial consoles of a run's machines, like `tail -F`: starts when a file appears, notices when it was
 * begun anew, and remembers how far it came, so that a resumed operation shows every line once.
 */
import { open, readFile, rename, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { StringDecoder } from "node:string_decoder";
import { z } from "zod";

export interface ConsoleSettings {
  readonly folder: string;
  /** nodeName → libvirtName. */
  readonly machines: ReadonlyMap<string, string>;
  readonly operationId: string;
  /** Where offsets are remembered. */
  readonly offsetsFile: string;
  readonly onLines: (machine: string, lines: readonly string[]) => void;
  readonly everyMs?: number;
}

export interface ConsoleFollower {
  /** Reads what is there, remembers the place, ends. */
  stop(): Promise<void>;
}

interface Place {
  inode: number;
  offset: number;
}

interface Follow extends Place {
  readonly machine: string;
  readonly path: string;
  decoder: StringDecoder;
  rest: string;
}

const rememberedSchema = z.object({
  operationId: z.string(),
  places: z.record(z.string(), z.object({ inode: z.number(), offset: z.number() })),
});

const chunkBytes = 64 * 1024;
/** A line that does not end is shown in parts of this many characters. */
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
 * The same operation goes on where it was. For another operation, what older runs left in a file is old news: it
 * starts at the end.
 */
async function begin(settings: ConsoleSettings): Promise<Follow[]> {
  const remembered = await recall(settings.offsetsFile);
  const resumed = remembered?.operationId === settings.operationId;
  return await Promise.all(
    [...settings.machines].map(async ([machine, libvirtName]) => {
      const path = join(settings.folder, `${libvirtName}-serial.log`);
      const now = await placeAtEnd(path);
      const place = resumed ? (remembered?.places[machine] ?? null) : now;
      return { machine, path, decoder: new StringDecoder("utf8"), rest: "", ...(place ?? { inode: 0, offset: 0 }) };
    }),
  );
}

async function follow(settings: ConsoleSettings, follows: readonly Follow[], stop: AbortSignal): Promise<void> {
  let kept = "";
  for (;;) {
    const last = stop.aborted;
    for (const f of follows) await readNew(f, settings.onLines);
    kept = await remember(settings, follows, kept);
    if (last) break;
    await pause(settings.everyMs ?? 250, stop);
  }
  for (const f of follows) if (f.rest !== "") settings.onLines(f.machine, [f.rest]);
}

async function readNew(f: Follow, onLines: ConsoleSettings["onLines"]): Promise<void> {
  const file = await open(f.path, "r").catch(() => null);
  if (file === null) return;
  try {
    const { ino, size } = await file.stat();
    if (ino !== f.inode || size < f.offset) Object.assign(f, { inode: ino, offset: 0, rest: "", decoder: new StringDecoder("utf8") });
    const buffer = Buffer.alloc(chunkBytes);
    while (f.offset < size) {
      const { bytesRead } = await file.read(buffer, 0, chunkBytes, f.offset);
      if (bytesRead === 0) break;
      f.offset += bytesRead;
      pushText(f, f.decoder.write(buffer.subarray(0, bytesRead)), onLines);
    }
  } finally {
    await file.close();
  }
}

function pushText(f: Follow, text: string, onLines: ConsoleSettings["onLines"]): void {
  const lines = (f.rest + text).split("\n");
  f.rest = lines.pop() ?? "";
  if (f.rest.length > longestPart) {
    lines.push(f.rest);
    f.rest = "";
  }
  if (lines.length > 0) onLines(f.machine, lines);
}

async function remember(settings: ConsoleSettings, follows: readonly Follow[], kept: string): Promise<string> {
  const places = Object.fromEntries(
    follows.filter((f) => f.inode !== 0).map((f) => [f.machine, { inode: f.inode, offset: f.offset - Buffer.byteLength(f.rest) }]),
  );
  const text = JSON.stringify({ operationId: settings.operationId, places });
  if (text === kept) return kept;
  const partial = `${settings.offsetsFile}.new`;
  await writeFile(partial, text, { mode: 0o600 });
  await rename(partial, settings.offsetsFile);
  return text;
}

async function recall(path: string): Promise<z.infer<typeof rememberedSchema> | null> {
  try {
    return rememberedSchema.parse(JSON.parse(await readFile(path, "utf8")));
  } catch {
    return null;
  }
}

async function placeAtEnd(path: string): Promise<Place | null> {
  const found = await stat(path).catch(() => null);
  return found === null ? null : { inode: found.ino, offset: found.size };
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(done, ms);
    function done() {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    }
    signal.addEventListener("abort", done);
    if (signal.aborted) done();
  });
}
