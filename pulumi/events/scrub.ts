/**
 * The door's guard: every text that leaves a run passes here and comes out without the secrets of that run. Known
 * values are found by short pieces of them, so that wrapping, cutting or base64 coding does not carry them through;
 * unknown ones (keys made inside a guest) by their shape.
 */
import { plainLines } from "#app/domain/text/plain-lines.ts";

/** Pieces of this many characters of a secret are enough to recognise it. */
export const pieceLength = 12;
/** Shorter values are found only as a whole; below four characters nothing is a secret. */
const shortestSecret = 4;
/** Longest line that leaves; the rest is cut. Characters. */
export const longestLine = 2_000;
/** A PEM block longer than this many lines is no PEM block: someone printed a BEGIN line only. */
const longestBlock = 200;

export const hidden = "[secret]";

export interface Scrubber {
  /** Adds values learnt during the run (a kubeconfig, say). */
  add(values: readonly string[]): void;
  /** One line without line end; `source` keeps PEM blocks of different sources apart. */
  line(source: string, text: string): string;
  /** A free text, perhaps of several lines. */
  text(text: string): string;
}

/** A source name that no caller uses: a text begins and ends its own blocks. */
const ownBlock = "\0text";

export function createScrubber(values: readonly string[]): Scrubber {
  const pieces = new Set<string>();
  const wholes = new Set<string>();
  const blocks = new Map<string, number>();
  const add = (more: readonly string[]) => {
    for (const value of more) addSecret(value.trim(), pieces, wholes);
  };
  const clean = (text: string) => bounded(hideShapes(hideKnown(plain(text), pieces, wholes)));
  const line = (source: string, text: string) => {
    const cleaned = clean(text);
    return insideBlock(blocks, source, plain(text)) ? hidden : cleaned;
  };
  const text = (whole: string) => {
    const out = whole.split(/\r?\n/).map((l) => line(ownBlock, l));
    blocks.delete(ownBlock);
    return out.join("\n");
  };
  add(values);
  return { add, line, text };
}

/** Every string in a document, for handing a whole secrets document to a scrubber. */
export function stringsIn(value: unknown): string[] {
  if (typeof value === "string") return [value];
  if (Array.isArray(value)) return value.flatMap(stringsIn);
  if (typeof value === "object" && value !== null) return Object.values(value).flatMap(stringsIn);
  return [];
}

/** As a terminal would show it in the end, without trailing space. Tabs become one space. */
export const plain = (text: string): string => plainLines(text).replace(/\t/g, " ").trimEnd();

const bounded = (text: string): string => (text.length <= longestLine ? text : `${text.slice(0, longestLine)}…`);

/** URL-safe base64 is compared as if it were the ordinary kind; lengths stay the same. */
const normal = (text: string): string => text.replace(/-/g, "+").replace(/_/g, "/");

function addSecret(secret: string, pieces: Set<string>, wholes: Set<string>): void {
  if (secret.length < shortestSecret) return;
  for (const line of secret.split(/\r?\n/)) {
    const short = line.trim();
    if (short.length >= shortestSecret && short.length < pieceLength) wholes.add(short);
  }
  for (const form of formsOf(secret)) addPieces(normal(form), pieces);
}

/** The secret as it is, on one line, and base64-coded at the three possible offsets. */
function formsOf(secret: string): string[] {
  const oneLine = secret.replace(/\r?\n/g, "");
  const escaped = secret.replace(/\r?\n/g, "\\n");
  return [...new Set([secret, oneLine, escaped])].concat(
    [secret, `${secret}\n`].flatMap((s) => [0, 1, 2].map((offset) => encodedAt(s, offset))),
  );
}

/** Base64 of the secret as it appears inside a longer coded text; the ends, which depend on neighbours, are left out. */
function encodedAt(secret: string, offset: number): string {
  const coded = Buffer.concat([Buffer.alloc(offset), Buffer.from(secret)]).toString("base64");
  return coded.slice(offset === 0 ? 0 : 4, Math.max(0, coded.length - 4));
}

function addPieces(form: string, pieces: Set<string>): void {
  for (let i = 0; i + pieceLength <= form.length; i++) {
    const piece = form.slice(i, i + pieceLength);
    // Runs of one character ("AAAA…", "-----") say nothing and would hide innocent text.
    if (new Set(piece).size > 3) pieces.add(piece);
  }
}

function hideKnown(text: string, pieces: ReadonlySet<string>, wholes: ReadonlySet<string>): string {
  let out = hidePieces(text, pieces);
  for (const whole of wholes) if (out.includes(whole)) out = out.replaceAll(whole, hidden);
  return out;
}

function hidePieces(text: string, pieces: ReadonlySet<string>): string {
  if (pieces.size === 0 || text.length < pieceLength) return text;
  const form = normal(text);
  let out = "";
  let kept = 0;
  for (let i = 0; i + pieceLength <= form.length; i++) {
    if (!pieces.has(form.slice(i, i + pieceLength))) continue;
    let end = i + pieceLength;
    for (let j = i + 1; j <= end && j + pieceLength <= form.length; j++) {
      if (pieces.has(form.slice(j, j + pieceLength))) end = j + pieceLength;
    }
    out += text.slice(kept, i) + hidden;
    kept = end;
    i = end - 1;
  }
  return out + text.slice(kept);
}

const shapes: readonly RegExp[] = [
  // base64 of "-----BEGIN ", as kubeconfigs carry keys
  /LS0tLS1CRUdJTi[A-Za-z0-9+/=]*/g,
  // JSON web tokens, as service accounts carry them
  /\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*)?/g,
  // kubeadm bootstrap tokens and certificate keys
  /\b[a-z0-9]{6}\.[a-z0-9]{16}\b/g,
  /(?<=--certificate-key[ =])[0-9a-f]{32,}/g,
  /(?<=\b[Bb]earer )[A-Za-z0-9._~+/=-]{8,}/g,
  /-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/gs,
];

const hideShapes = (text: string): string => shapes.reduce((t, shape) => t.replace(shape, hidden), text);

/** True for the lines of a private-key block after its BEGIN line, up to and including END. */
function insideBlock(blocks: Map<string, number>, source: string, text: string): boolean {
  const left = blocks.get(source) ?? 0;
  const begin = text.lastIndexOf("-----BEGIN ");
  const opens = begin >= 0 && /-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(text.slice(begin));
  const closes = text.lastIndexOf("-----END ") > begin;
  if (opens && !closes) blocks.set(source, longestBlock);
  else if (closes || left <= 1) blocks.delete(source);
  else blocks.set(source, left - 1);
  return left > 0 && !opens;
}
