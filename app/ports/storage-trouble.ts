/**
 * Trouble of the database as the rest of Berth may know it: five kinds, whatever the engine behind the stores. Stores
 * throw it from any method; nothing of the call has happened then.
 */
export const storageTroubles = ["full", "locked", "unreachable", "corrupt", "newer"] as const;

/**
 * `full`: no space on its disk. `locked`: another process has kept the write lock for too long. `unreachable`: its server
 * does not answer. `corrupt`: what is stored contradicts itself. `newer`: a later version of Berth has written it.
 */
export type StorageTroubleKind = (typeof storageTroubles)[number];

export class StorageTrouble extends Error {
  override readonly name = "StorageTrouble";
  readonly kind: StorageTroubleKind;
  constructor(kind: StorageTroubleKind, message: string, options?: ErrorOptions) {
    super(message, options);
    this.kind = kind;
  }
}

/** Whether the call was written is not known: the connection was lost at its commit, and the server has not come back. */
export class CommitInDoubt extends Error {
  override readonly name = "CommitInDoubt";
}

/** The trouble that `error` is, or that caused it; null: it is something else. By shape, for several copies of the class. */
export function storageTroubleOf(error: unknown): StorageTrouble | null {
  for (let at = error, depth = 0; at instanceof Error && depth < 5; at = at.cause, depth++) {
    if (at.name === "StorageTrouble" && "kind" in at) return at as StorageTrouble;
  }
  return null;
}

/** Whether it can end without anybody touching the database itself, so that trying again later makes sense. */
export const passes = (kind: StorageTroubleKind): boolean => kind === "full" || kind === "locked" || kind === "unreachable";
