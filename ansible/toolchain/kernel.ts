/**
 * Debian's cloud kernel with the few drivers that a machine needs before it has its root: read from any folder into
 * which Debian packages were unpacked or installed.
 */
import { execFile } from "node:child_process";
import { readdir } from "node:fs/promises";
import { basename, join } from "node:path";
import { promisify } from "node:util";

const execFileAsync = promisify(execFile);

export interface Kernel {
  /** As in `uname -r`. */
  readonly release: string;
  /** Path of the bootable image. */
  readonly image: string;
  /** Driver name, as in `virtio_blk`, to the unpacked module. */
  readonly drivers: ReadonlyMap<string, Buffer>;
}

/** Paths below `kernel/` of the module tree. */
export const DISK_DRIVERS = ["drivers/block/virtio_blk"];
export const TINY_DRIVERS = [
  ...DISK_DRIVERS,
  "net/core/failover",
  "drivers/net/net_failover",
  "drivers/net/virtio_net",
  "drivers/cdrom/cdrom",
  "fs/isofs/isofs",
];

export async function readKernel(root: string, driverPaths: readonly string[]): Promise<Kernel> {
  const releases = (await readdir(join(root, "usr/lib/modules"))).sort();
  const release = releases.at(-1);
  if (release === undefined) throw new Error(`reading the guest's kernel: no kernel is installed in ${root}`);
  const drivers = new Map<string, Buffer>();
  for (const path of driverPaths) {
    drivers.set(basename(path), await readDriver(join(root, "usr/lib/modules", release, "kernel", path)));
  }
  return { release, image: join(root, "boot", `vmlinuz-${release}`), drivers };
}

async function readDriver(path: string): Promise<Buffer> {
  const { stdout } = await execFileAsync("xz", ["-dc", `${path}.ko.xz`], { encoding: "buffer", maxBuffer: 64 << 20 });
  return stdout;
}
