/**
 * Space for what must still be written when the disk is full. A reserve file lies beside the database; the first write
 * that finds no space gives it back to the disk, and from then on only what must not be lost is written: states, failures,
 * leases. Everything that can wait is refused until there is space for a new reserve. A damaged database is only read.
 */
import { randomFillSync } from "node:crypto";
import { open, rm, stat, statfs } from "node:fs/promises";
import { dirname } from "node:path";
import { StorageTrouble, type StorageTroubleKind, storageTroubleOf } from "#app/ports/storage-trouble.ts";

export interface DiskReserve {
  /** Whether the disk was full and only what is vital is written. */
  readonly low: boolean;
  /** Before a write that can wait. Throws StorageTrouble. */
  demand(): Promise<void>;
  /** A write that must not be lost: tried again with the space of the reserve when there was none. */
  keep<T>(write: () => Promise<T>): Promise<T>;
  /** Every statement's trouble comes by here. */
  note(kind: StorageTroubleKind): void;
  /** Resolves when the reserve is as it should be or cannot be. */
  settled(): Promise<void>;
  /** Throws StorageTrouble once damage was seen: nothing more is written to a damaged database. */
  refuseDamaged(): void;
}

/** For an engine whose server looks after its own disk. */
export const noDiskReserve: DiskReserve = {
  low: false,
  demand: () => Promise.resolve(),
  keep: (write) => write(),
  note: () => {},
  settled: () => Promise.resolve(),
  refuseDamaged: () => {},
};

/** Free bytes beyond the reserve before writing continues as usual, so that it does not stop again at once. */
const slackBytes = 4 * 1024 * 1024;

export class ReservedDisk implements DiskReserve {
  readonly #file: string;
  readonly #bytes: number;
  #low = false;
  #damaged = false;
  #changing: Promise<void> = Promise.resolve();

  constructor(file: string, bytes: number) {
    this.#file = file;
    this.#bytes = bytes;
  }

  /** Once the database is known to be usable: nothing is put beside one that is not. */
  prepare(): void {
    this.#change(() => this.#make(0));
  }

  get low(): boolean {
    return this.#low;
  }

  async demand(): Promise<void> {
    this.refuseDamaged();
    if (!this.#low) return;
    this.#change(() => this.#make(slackBytes));
    await this.settled();
    if (this.#low)
      throw new StorageTrouble(
        "full",
        "writing the database: no space is left on its disk, and what is reserved is kept for the end of what runs",
      );
  }

  async keep<T>(write: () => Promise<T>): Promise<T> {
    try {
      return await write();
    } catch (error) {
      if (storageTroubleOf(error)?.kind !== "full") throw error;
      await this.settled();
      return await write();
    }
  }

  note(kind: StorageTroubleKind): void {
    if (kind === "corrupt") this.#damaged = true;
    if (kind !== "full") return;
    this.#low = true;
    this.#change(() => rm(this.#file, { force: true }));
  }

  settled(): Promise<void> {
    return this.#changing;
  }

  refuseDamaged(): void {
    if (this.#damaged)
      throw new StorageTrouble(
        "corrupt",
        "writing the database: damage was found in it, so it is only read; stop Berth and put a backup in its place with `berth restore`",
      );
  }

  /** What the file system refuses shows in `low` and in the next write. */
  #change(act: () => Promise<void>): void {
    this.#changing = this.#changing.then(act).catch(() => {});
  }

  /** Without space for it the reserve stays away, and writing stays careful until there is. */
  async #make(slack: number): Promise<void> {
    this.#low = !((await sizeOf(this.#file)) === this.#bytes || ((await this.#hasRoom(slack)) && (await this.#fill())));
  }

  async #hasRoom(slack: number): Promise<boolean> {
    const { bavail, bsize } = await statfs(dirname(this.#file));
    return bavail * bsize >= this.#bytes + slack;
  }

  async #fill(): Promise<boolean> {
    try {
      await fill(this.#file, this.#bytes);
      return true;
    } catch {
      await rm(this.#file, { force: true });
      return false;
    }
  }
}

const sizeOf = (file: string): Promise<number | null> =>
  stat(file).then(
    (s) => s.size,
    () => null,
  );

/** Bytes that no file system can squeeze: what is reserved must really be there. */
async function fill(file: string, bytes: number): Promise<void> {
  const noise = randomFillSync(Buffer.alloc(1024 * 1024));
  const handle = await open(file, "w", 0o600);
  try {
    for (let at = 0; at < bytes; at += noise.length) await handle.appendFile(noise.subarray(0, bytes - at));
  } finally {
    await handle.close();
  }
}
