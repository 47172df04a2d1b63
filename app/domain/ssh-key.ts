/** Public SSH keys in OpenSSH's one-line form: what they are, and what is wrong with those that are none. */
import { characterFault } from "./text/characters.ts";
import { lineFault, normalLine } from "./text/peoples-words.ts";

export type SshKeyFault =
  /**
   * `private`, `putty`: holds a private key. `ssh2`, `pem`, `certificate`: another format. `several`, `wrapped`: more than one
   * line. `options`: something before the key.
   */
  | { readonly fault: "private" | "putty" | "ssh2" | "pem" | "certificate" | "several" | "wrapped" | "options" | "form" | "commentLong" }
  | { readonly fault: "comment"; readonly character: string }
  | { readonly fault: "kind"; readonly kind: string }
  | { readonly fault: "weak"; readonly bits: number; readonly min: number };

export interface SshPublicKey {
  /** E.g. `ssh-ed25519`. */
  readonly kind: string;
  /** `<kind> <base64>`, and the comment when there is one, composed (NFC) and with single blanks. */
  readonly line: string;
  readonly comment: string;
}

export const minRsaBits = 2048;
/** Code points. */
const longestComment = 200;

const ecdsaPoints: Readonly<Record<string, number>> = { nistp256: 65, nistp384: 97, nistp521: 133 };

/** Files and blocks that people paste in place of the one line, by what they begin with. */
const otherFormats: readonly (readonly ["private" | "putty" | "ssh2" | "pem", RegExp])[] = [
  ["private", /-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----/],
  ["putty", /^PuTTY-User-Key-File-/m],
  ["ssh2", /^---- ?BEGIN SSH2 /m],
  ["pem", /-----BEGIN [A-Z0-9 ]+-----/],
];

/** Reads one key. Options before the key (`command=…`) are refused: they belong to a machine's own file. */
export function readSshKey(text: string): SshPublicKey | SshKeyFault {
  const trimmed = text.trim();
  const other = otherFormats.find(([, mark]) => mark.test(trimmed));
  if (other) return { fault: other[0] };
  const lines = trimmed.split(/[\r\n]+/).map((line) => line.trim());
  return lines.length > 1 ? faultOfLines(lines) : readLine(trimmed);
}

/** Comment lines of an authorized_keys file do not count. */
function faultOfLines(lines: readonly string[]): SshPublicKey | SshKeyFault {
  const keys = lines.filter((line) => line !== "" && !line.startsWith("#"));
  const first = readLine(keys[0] ?? "");
  if (keys.length === 1) return first;
  return isSshKeyFault(first) && !isSshKeyFault(readLine(lines.join(""))) ? { fault: "wrapped" } : { fault: "several" };
}

function readLine(line: string): SshPublicKey | SshKeyFault {
  const [kind = "", encoded = "", ...comment] = line.replace(/[\p{Zs}\t]+/gu, " ").split(" ");
  const fields = fieldsOf(encoded);
  if (!fields) return { fault: hasKeyInside(line) ? "options" : "form" };
  if (/-cert-v\d+@openssh\.com$/.test(kind)) return { fault: "certificate" };
  return faultOf(kind, fields) ?? withComment(kind, encoded, comment.join(" "));
}

function withComment(kind: string, encoded: string, typed: string): SshPublicKey | SshKeyFault {
  const comment = normalLine(typed, longestComment);
  const found = lineFault(comment, longestComment);
  if (found?.fault === "long") return { fault: "commentLong" };
  if (found) return { fault: "comment", character: found.character };
  return { kind, line: comment === "" ? `${kind} ${encoded}` : `${kind} ${encoded} ${comment}`, comment };
}

/** A key that stands behind something else: options, or the host names of a known_hosts file. */
function hasKeyInside(line: string): boolean {
  const words = line.split(/\s+/);
  return words.some((word, i) => i > 0 && /^(?:ssh-|ecdsa-|sk-)/.test(word) && fieldsOf(words[i + 1] ?? "") !== null);
}

/** A key that was taken before comments were judged, without the characters that are refused now. */
export function withoutHarm(line: string): string {
  const [kind = "", encoded = "", ...comment] = line.split(" ");
  const kept = [...comment.join(" ").normalize("NFC")]
    .filter((c) => characterFault(c) === null)
    .slice(0, longestComment)
    .join("")
    .trim();
  return isSshKeyFault(readSshKey(line)) ? `${kind} ${encoded} ${kept}`.trim() : line;
}

export const isSshKeyFault = (k: SshPublicKey | SshKeyFault): k is SshKeyFault => "fault" in k;

function faultOf(kind: string, fields: readonly Uint8Array[]): SshKeyFault | null {
  const [inner, a, b] = fields;
  if (!inner || text(inner) !== kind) return { fault: "form" };
  if (kind === "ssh-ed25519" || kind === "sk-ssh-ed25519@openssh.com") return a?.length === 32 ? null : { fault: "form" };
  if (kind === "ssh-rsa") return b ? rsaFault(b) : { fault: "form" };
  const curve = /^(?:ecdsa-sha2-(nistp\d{3})|sk-ecdsa-sha2-(nistp256)@openssh\.com)$/.exec(kind);
  if (!curve) return { fault: "kind", kind };
  const name = curve[1] ?? curve[2] ?? "";
  return a && b && text(a) === name && b.length === ecdsaPoints[name] ? null : { fault: "form" };
}

function rsaFault(modulus: Uint8Array): SshKeyFault | null {
  const digits = modulus.subarray(modulus.findIndex((n) => n !== 0));
  const bits = digits.length * 8 - Math.clz32(digits[0] ?? 0) + 24;
  return bits < minRsaBits ? { fault: "weak", bits, min: minRsaBits } : null;
}

const text = (bytes: Uint8Array): string => String.fromCharCode(...bytes.subarray(0, 100));

/** The length-prefixed fields of a key blob, or null when it is no such thing. */
function fieldsOf(encoded: string): readonly Uint8Array[] | null {
  const blob = decode(encoded);
  if (!blob || blob.length === 0) return null;
  const view = new DataView(blob.buffer);
  const fields: Uint8Array[] = [];
  for (let at = 0; at < blob.length; ) {
    if (at + 4 > blob.length) return null;
    const length = view.getUint32(at);
    if (at + 4 + length > blob.length) return null;
    fields.push(blob.subarray(at + 4, at + 4 + length));
    at += 4 + length;
  }
  return fields;
}

function decode(encoded: string): Uint8Array<ArrayBuffer> | null {
  if (encoded.length % 4 !== 0 || !/^[A-Za-z0-9+/]+={0,2}$/.test(encoded)) return null;
  return Uint8Array.from(atob(encoded), (c) => c.charCodeAt(0));
}
