/**
 * Brings one file whose checksum is known into a folder. It has its name only once it is there in full and its checksum is
 * right; everything else that can happen is a {@link NotTaken}, after a time that is bounded.
 */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { open, rename, rm } from "node:fs/promises";
import type { ChecksumAlgorithm } from "./release-lock.ts";

export interface Patience {
  /** Until a host answers. */
  readonly answerMs: number;
  /** Between two pieces of a file. */
  readonly stallMs: number;
}

export const patience: Patience = { answerMs: 3_000, stallMs: 20_000 };

export type Trouble =
  | { readonly kind: "silent"; readonly seconds: number }
  | { readonly kind: "stalled"; readonly seconds: number; readonly bytes: number }
  | { readonly kind: "refused"; readonly status: number }
  | { readonly kind: "broken"; readonly reported: string }
  | { readonly kind: "absent" }
  | { readonly kind: "checksum"; readonly found: string; readonly expected: string }
  | { readonly kind: "without-program"; readonly program: string };

/** For logs and terminals, after the file's URL. */
function inWords(trouble: Trouble): string {
  switch (trouble.kind) {
    case "silent":
      return `did not answer within ${trouble.seconds} s`;
    case "stalled":
      return `sent nothing for ${trouble.seconds} s after ${trouble.bytes} bytes`;
    case "refused":
      return `answered ${trouble.status}`;
    case "broken":
      return `could not be used: ${trouble.reported}`;
    case "absent":
      return "is not in the folder";
    case "checksum":
      return `has the checksum ${trouble.found}, not ${trouble.expected}`;
    case "without-program":
      return `does not hold the program ${trouble.program}`;
  }
}

export class NotTaken extends Error {
  override readonly name = "NotTaken";
  readonly url: string;
  readonly trouble: Trouble;
  constructor(url: string, trouble: Trouble) {
    super(`${url} ${inWords(trouble)}`);
    this.url = url;
    this.trouble = trouble;
  }
}

export interface Download {
  /** As released; named in what is said about the file. */
  readonly url: string;
  /** Where it is taken from: an address, or a path. */
  readonly from: string;
  readonly target: string;
  readonly algorithm: ChecksumAlgorithm;
  readonly checksum: string;
  readonly accept?: string;
  readonly patience: Patience;
  readonly signal?: AbortSignal | undefined;
}

export async function download(d: Download): Promise<void> {
  const partial = `${d.target}.part`;
  try {
    const found = await writeTo(partial, d);
    if (found !== d.checksum) throw new NotTaken(d.url, { kind: "checksum", found, expected: d.checksum });
    await rename(partial, d.target);
  } finally {
    await rm(partial, { force: true });
  }
}

/** Resolves to the checksum of what was written. */
async function writeTo(path: string, d: Download): Promise<string> {
  const hash = createHash(d.algorithm);
  const file = await open(path, "w");
  try {
    for await (const piece of isAddress(d.from) ? received(d) : read(d)) {
      hash.update(piece);
      await file.writeFile(piece);
    }
  } finally {
    await file.close();
  }
  return hash.digest("hex");
}

export const isAddress = (from: string): boolean => /^https?:\/\//.test(from);

async function* read(d: Download): AsyncGenerator<Uint8Array> {
  try {
    for await (const piece of createReadStream(d.from, { signal: d.signal })) yield piece as Buffer;
  } catch (error) {
    d.signal?.throwIfAborted();
    const absent = (error as NodeJS.ErrnoException).code === "ENOENT";
    throw new NotTaken(d.url, absent ? { kind: "absent" } : { kind: "broken", reported: wordsOf(error) });
  }
}

async function* piecesOf({ body }: Response): AsyncGenerator<Uint8Array> {
  const reader = body?.getReader();
  try {
    for (let read = await reader?.read(); read !== undefined && !read.done; read = await reader?.read()) yield read.value;
  } finally {
    // Of a stream that broke, this is the error that `read` has thrown already.
    await reader?.cancel().catch(() => undefined);
  }
}

async function* received(d: Download): AsyncGenerator<Uint8Array> {
  const watch = watchdog();
  let bytes = 0;
  let answered = false;
  try {
    watch.within(d.patience.answerMs);
    // The checksum is that of the file as it is, not of what a server packs or unpacks on the way.
    const headers = { "accept-encoding": "identity", ...(d.accept && { accept: d.accept }) };
    const response = await fetch(d.from, { headers, signal: both(watch.signal, d.signal) });
    answered = true;
    if (!response.ok) throw await refusal(d.url, response);
    watch.within(d.patience.stallMs);
    for await (const piece of piecesOf(response)) {
      watch.stop();
      bytes += piece.byteLength;
      yield piece;
      watch.within(d.patience.stallMs);
    }
  } catch (error) {
    d.signal?.throwIfAborted();
    if (error instanceof NotTaken) throw error;
    if (!watch.signal.aborted) throw new NotTaken(d.url, { kind: "broken", reported: wordsOf(error) });
    throw new NotTaken(
      d.url,
      answered
        ? { kind: "stalled", seconds: Math.round(d.patience.stallMs / 1000), bytes }
        : { kind: "silent", seconds: Math.round(d.patience.answerMs / 1000) },
    );
  } finally {
    watch.stop();
  }
}

async function refusal(url: string, response: Response): Promise<NotTaken> {
  await response.body?.cancel();
  return new NotTaken(url, { kind: "refused", status: response.status });
}

const both = (a: AbortSignal, b: AbortSignal | undefined): AbortSignal => (b === undefined ? a : AbortSignal.any([a, b]));

/** Its signal is aborted when the time that was set last has passed. */
function watchdog(): { readonly signal: AbortSignal; readonly within: (ms: number) => void; readonly stop: () => void } {
  const late = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const stop = (): void => clearTimeout(timer);
  const within = (ms: number): void => {
    stop();
    timer = setTimeout(() => late.abort(), ms);
  };
  return { signal: late.signal, within, stop };
}

/** fetch's own message says only that it failed. */
export function wordsOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? wordsOf(error.cause) : error.message || error.name;
}
