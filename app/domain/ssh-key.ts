/** Public SSH keys in OpenSSH's one-line form: what they are, and what is wrong with those that are none. */

export type SshKeyFault =
  | { readonly fault: "private" | "lines" | "form" }
  | { readonly fault: "kind"; readonly kind: string }
  | { readonly fault: "weak"; readonly bits: number; readonly min: number };

export interface SshPublicKey {
  /** E.g. `ssh-ed25519`. */
  readonly kind: string;
  /** `<kind> <base64>`, and the comment when there is one, with single blanks. */
  readonly line: string;
  readonly comment: string;
}

export const minRsaBits = 2048;

const ecdsaPoints: Readonly<Record<string, number>> = { nistp256: 65, nistp384: 97, nistp521: 133 };

/** Reads one key. Options before the key (`command=…`) are refused: they belong to a machine's own file. */
export function readSshKey(text: string): SshPublicKey | SshKeyFault {
  const trimmed = text.trim();
  if (/-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(trimmed)) return { fault: "private" };
  if (/[\r\n]/.test(trimmed)) return { fault: "lines" };
  const [kind = "", encoded = "", ...comment] = trimmed.split(/[ \t]+/);
  const fields = fieldsOf(encoded);
  if (!fields) return { fault: "form" };
  const fault = faultOf(kind, fields);
  if (fault) return fault;
  const words = comment.join(" ");
  return { kind, line: words === "" ? `${kind} ${encoded}` : `${kind} ${encoded} ${words}`, comment: words };
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
