/** Makes the root disk of an image: an ext4 file system without a partition table, as qcow2. */
import { rm } from "node:fs/promises";
import { type OnLine, run } from "./command.ts";

export interface RootDisk {
  /** The tree to copy in; absent for an empty disk. */
  readonly tree?: string;
  readonly bytes: number;
  readonly output: string;
  readonly onLine: OnLine;
  readonly signal?: AbortSignal;
}

export async function makeRootDisk(d: RootDisk): Promise<void> {
  const raw = `${d.output}.raw`;
  const signal = d.signal && { signal: d.signal };
  try {
    await run({
      doing: "making the root file system",
      file: "mke2fs",
      // Lazy tables are written by the running machine; 0 % reserved, since nothing but the node's own root writes here.
      args: [
        ...["-q", "-t", "ext4", "-L", "berth-root", "-m", "0", "-E", "lazy_itable_init=1,lazy_journal_init=1"],
        ...(d.tree === undefined ? [] : ["-d", d.tree]),
        ...[raw, `${Math.floor(d.bytes / 1024)}k`],
      ],
      onLine: d.onLine,
      ...signal,
    });
    await run({
      doing: "converting the root disk",
      file: "qemu-img",
      args: ["convert", "-O", "qcow2", raw, d.output],
      onLine: d.onLine,
      ...signal,
    });
  } finally {
    await rm(raw, { force: true });
  }
}
