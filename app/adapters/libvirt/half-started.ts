/**
 * What libvirtd leaves on this machine when it dies while it starts or stops a network: the bridge, and perhaps the network's
 * dnsmasq. It knows nothing of either when it comes back: the network is off, and every start ends with "File exists".
 */
import { readdir, readFile } from "node:fs/promises";
import { execa } from "execa";
import { parseBridge } from "./parse.ts";
import type { Virsh } from "./virsh.ts";

/** For a network that libvirt has and that is off; does nothing where nothing is left. Rejects with a sentence. */
export async function clearHalfStarted(virsh: Virsh, network: string): Promise<void> {
  await endServer(network);
  const name = await bridgeLeftOf(await virsh(["net-dumpxml", "--inactive", network]));
  if (name === null) return;
  const { exitCode, stderr } = await execa("ip", ["link", "delete", "dev", name, "type", "bridge"], { reject: false, stdin: "ignore", timeout: 10_000 });
  if (exitCode !== 0) throw new Error(`removing bridge ${name}, which libvirt left of network ${network}: ${stderr || "ip ended without a reason"}`);
}

/** The bridge of a network that is off, by its definition; null where there is none, as it should be. */
export async function bridgeLeftOf(definition: string): Promise<string | null> {
  const bridge = parseBridge(definition);
  if (bridge === null) return null;
  // The address is drawn for each network: another program's bridge of this name has another one.
  const address = await readFile(`${linkOf(bridge.name)}/address`, "utf8").catch(() => "");
  return address.trim() === bridge.mac ? bridge.name : null;
}

/** Machines that run on although their network is off hang on its bridge by ports. */
export const isUsed = async (bridge: string): Promise<boolean> => (await readdir(`${linkOf(bridge)}/brif`).catch(() => [])).length > 0;

const linkOf = (device: string): string => `/sys/class/net/${device}`;

/** Found by the file that holds its pid, so that a network of the same name in another libvirt here is left alone. */
async function endServer(network: string): Promise<void> {
  const pid = Number(await readFile(`/run/libvirt/network/${network}.pid`, "utf8").catch(() => "0"));
  if (!(pid > 0)) return;
  const words = (await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "")).split("\0");
  if (!words.some((w) => w.endsWith(`/${network}.conf`))) return;
  try {
    process.kill(pid, "SIGTERM");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}
