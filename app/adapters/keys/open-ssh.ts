/** Ed25519 key pairs in OpenSSH's own form: Node makes the keys, sshpk writes this form. */
import { generateKeyPair } from "node:crypto";
import { promisify } from "node:util";
import type { PrivateKey } from "sshpk";

export interface OpenSshKeyPair {
  /** `ssh-ed25519 AAAA…`, with the comment when there is one. */
  readonly publicKey: string;
  /** PEM `OPENSSH PRIVATE KEY`, unencrypted. */
  readonly privateKey: string;
}

export async function makeSshKey(comment = ""): Promise<OpenSshKeyPair> {
  const { privateKey } = await promisify(generateKeyPair)("ed25519");
  const key = await read(privateKey.export({ format: "pem", type: "pkcs8" }).toString(), "pkcs8", comment);
  return { publicKey: publicLine(key), privateKey: key.toString("openssh") };
}

/** The public line of a private key that {@link makeSshKey} made. */
export const publicOf = async (privateKey: string): Promise<string> => publicLine(await read(privateKey, "openssh", ""));

/** Loaded with the first key: the portal starts without it. */
async function read(privateKey: string, format: "openssh" | "pkcs8", comment: string): Promise<PrivateKey> {
  const { default: sshpk } = await import("sshpk");
  return Object.assign(sshpk.parsePrivateKey(privateKey, format), { comment });
}

const publicLine = (key: PrivateKey): string => key.toPublic().toString("ssh");
