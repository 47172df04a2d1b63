/**
 * The rate of the libvirt host's time-stamp counter. An emulated machine counts by it, but on a busy host its kernel
 * measures it wrongly at boot: the machine's clock then runs several times too fast, every time limit in it is over
 * too soon, and its certificates are from the future. So the kernel is told.
 */
import { readFile } from "node:fs/promises";

/** kHz, rounded to whole MHz so that it does not differ from boot to boot; null when it cannot be known for sure. */
export function tscKhzFrom(cpuInfo: string): number | null {
  const flags = /^flags\s*:(.*)$/m.exec(cpuInfo)?.[1]?.split(/\s+/) ?? [];
  // With aperfmperf "cpu MHz" is the speed of the moment; without, Linux prints the rate of the counter.
  if (!flags.includes("constant_tsc") || flags.includes("aperfmperf")) return null;
  const mhz = Number(/^cpu MHz\s*:\s*([\d.]+)$/m.exec(cpuInfo)?.[1]);
  return Number.isFinite(mhz) && mhz > 100 ? Math.round(mhz) * 1000 : null;
}

/** Of the host that the address names, if that is this machine. */
export async function tscKhzOf(libvirtUri: string): Promise<number | null> {
  if (!libvirtUri.includes(":///")) return null;
  return tscKhzFrom(await readFile("/proc/cpuinfo", "utf8").catch(() => ""));
}
