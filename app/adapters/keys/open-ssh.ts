/** Ed25519 key pairs in OpenSSH's own form (PROTOCOL.key): Node makes the keys but does not write this form. */
import { generateKeyPair, type KeyObject, randomBytes } from "node:crypto";
import { promisify } from "node:util";

const kind = "ssh-ed25519";
/** The DER of an Ed25519 public key is this prefix and the 32 bytes; of a private one, the other and its seed. */
const publicPrefix = 12;
const privatePrefix = 16;

export interface OpenSshKeyPair {
  /** `ssh-ed25519 AAAA…`, with the comment when there is one. */
  readonly publicKey: string;
  /** PEM `OPENSSH PRIVATE KEY`, unencrypted. */
  readonly privateKey: string;
}

export async function makeSshKey(comment = ""): Promise<OpenSshKeyPair> {
  const { publicKey, privateKey } = await promisify(generateKeyPair)("ed25519");
  return encode(publicKey, privateKey, comment);
}

function encode(publicKey: KeyObject, privateKey: KeyObject, comment: string): OpenSshKeyPair {
  const open = publicKey.export({ format: "der", type: "spki" }).subarray(publicPrefix);
  const seed = privateKey.export({ format: "der", type: "pkcs8" }).subarray(privatePrefix);
  const blob = Buffer.concat([field(kind), field(open)]);
  return { publicKey: line(blob, comment), privateKey: pem(blob, open, seed, comment) };
}

/** The public line of a private key that {@link makeSshKey} made. */
export function publicOf(privateKey: string): string {
  const body = Buffer.from(privateKey.replace(/-----[^-]+-----|\s/g, ""), "base64");
  const magic = Buffer.from("openssh-key-v1\0");
  if (!body.subarray(0, magic.length).equals(magic)) throw new Error("reading an SSH key: it is not in OpenSSH's form");
  // magic, cipher "none", key derivation "none", no options, one key, then the public part
  const start = magic.length + (4 + 4) + (4 + 4) + 4 + 4;
  const length = body.readUInt32BE(start);
  return line(body.subarray(start + 4, start + 4 + length), "");
}

function pem(blob: Buffer, open: Buffer, seed: Buffer, comment: string): string {
  const check = randomBytes(4);
  const secret = Buffer.concat([check, check, field(kind), field(open), field(Buffer.concat([seed, open])), field(comment)]);
  const padding = Buffer.from(Array.from({ length: (8 - (secret.length % 8)) % 8 }, (_, i) => i + 1));
  const one = Buffer.from([0, 0, 0, 1]);
  const body = Buffer.concat([
    Buffer.from("openssh-key-v1\0"),
    field("none"),
    field("none"),
    field(""),
    one,
    field(blob),
    field(Buffer.concat([secret, padding])),
  ]);
  const lines = body.toString("base64").match(/.{1,70}/g) ?? [];
  return ["-----BEGIN OPENSSH PRIVATE KEY-----", ...lines, "-----END OPENSSH PRIVATE KEY-----", ""].join("\n");
}

const line = (blob: Buffer, comment: string): string => `${kind} ${blob.toString("base64")}${comment === "" ? "" : ` ${comment}`}`;

function field(content: string | Buffer): Buffer {
  const bytes = Buffer.from(content);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}
