/** What a backup says about itself, and when it must not be restored. Pure. */
import { z } from "zod";

const fileSchema = z.strictObject({
  /** Relative to the backup, with `/`. */
  path: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9._/-]*$/)
    .refine((p) => !p.split("/").includes("..")),
  bytes: z.int().nonnegative(),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
});

/** Argon2id; memory in KiB, bytes in base64. */
const sealedKeySchema = z.strictObject({
  salt: z.string(),
  memory: z.int().min(8_192).max(1_048_576),
  passes: z.int().min(1).max(16),
  sealed: z.string(),
});
export type SealedKey = z.infer<typeof sealedKeySchema>;

const stackSchema = z.strictObject({
  tenant: z.string(),
  tenantId: z.string(),
  cluster: z.string(),
  stackName: z.string(),
  /** Kind of the operation that was under way while the backup was made; null: the stack was at rest. */
  underWay: z.string().nullable(),
  /** False: the newest state file was not whole. */
  whole: z.boolean(),
});
export type BackupStack = z.infer<typeof stackSchema>;

export const contentsSchema = z.strictObject({
  kind: z.literal("berth-backup"),
  /** Of this file's own form. */
  schema: z.literal(1),
  id: z.string(),
  madeAt: z.iso.datetime(),
  versions: z.record(z.string(), z.string()),
  /** Steps of the database's schema, oldest first. */
  steps: z.array(z.string()).min(1),
  /** BERTH_HOME where it was made: stacks name the disks of their machines by it. */
  home: z.string(),
  /** Settings that were in force, without secret ones: for a person to compare. */
  settings: z.record(z.string(), z.string()),
  stacks: z.array(stackSchema),
  files: z.array(fileSchema),
});
export type BackupContents = z.infer<typeof contentsSchema>;
export type BackupFile = z.infer<typeof fileSchema>;

/** `key` is bound to `contents`: whoever changes a word of them makes the key unreadable. */
export const manifestSchema = z.strictObject({ contents: contentsSchema, key: sealedKeySchema });
export type BackupManifest = z.infer<typeof manifestSchema>;

/** A backup that cannot be made or restored, in a sentence for the person who asked. */
export class BackupRefused extends Error {
  override readonly name = "BackupRefused";
}

const headSchema = z.object({ contents: z.object({ kind: z.literal("berth-backup"), schema: z.number() }) });

/** Reads the manifest's text. Throws BackupRefused: no backup, a newer one, or a damaged one. */
export function readManifest(text: string): BackupManifest {
  const document = parsed(text);
  const head = headSchema.safeParse(document);
  if (!head.success) throw new BackupRefused("this file is no backup of Berth");
  if (head.data.contents.schema > 1)
    throw new BackupRefused("this backup was made by a newer version of Berth: restore it with that version");
  const manifest = manifestSchema.safeParse(document);
  if (!manifest.success) throw new BackupRefused("this backup is damaged: its manifest is not whole");
  return manifest.data;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** Throws BackupRefused when the database in it has schema steps that this version does not know. */
export function demandKnownSteps({ steps, versions }: BackupContents, known: readonly string[]): void {
  const unknown = steps.filter((step) => !known.includes(step));
  if (unknown.length === 0) return;
  throw new BackupRefused(
    `this backup was made by Berth ${versions.berth ?? "of a newer version"}, whose database this version does not know (${unknown.join(", ")}): restore it with that version`,
  );
}

/** What may lie in a home that counts as empty: what can be made again, and the disks of machines, which no backup holds. */
export const harmlessInHome: readonly string[] = ["run", "setup", "libvirt", "pools", "consoles", "lost+found"];

export const shortestPassphrase = 12;

/** Throws BackupRefused. */
export function demandPassphrase(text: string): string {
  if (text.length < shortestPassphrase)
    throw new BackupRefused(`the passphrase has ${text.length} characters: at least ${shortestPassphrase} are needed`);
  return text;
}
