/**
 * What libvirtd leaves on this machine when it dies while it starts or stops a network: the bridge, and perhaps the network's
 * firewall rules and its dnsmasq. It knows nothing of them when it comes back: the network is off, every start ends with
 * "File exists", and the rules would outlive all further starts and stops.
 */
import { readdir, readFile } from "node:fs/promises";
import { execa } from "execa";
import { message, MessageError } from "#app/domain/message/message.ts";
import { programReason } from "#app/domain/message/program-reason.ts";
import { parseBridge } from "./parse.ts";
import type { Virsh } from "./virsh.ts";

/** For a network that libvirt has and that is off; does nothing where nothing is left. Rejects with a {@link MessageError}. */
export async function clearHalfStarted(virsh: Virsh, network: string): Promise<void> {
  await endServer(network);
  const name = await bridgeLeftOf(await virsh(["net-dumpxml", "--inactive", network]));
  if (name === null) return;
  // The bridge is what shows that something was left, so it goes last.
  await clearRules(name);
  const result = await execa("ip", ["link", "delete", "dev", name, "type", "bridge"], { reject: false, stdin: "ignore", timeout: 10_000 });
  if (result.exitCode !== 0)
    throw new MessageError([message("removing-bridge", { bridge: name, network }), programReason("ip", result, 10)]);
}

async function clearRules(bridge: string): Promise<void> {
  const saved = await execa("iptables-save", { reject: false, stdin: "ignore", timeout: 10_000 });
  const gone = withoutRulesOf(bridge, saved.stdout ?? "");
  if (gone === "") return;
  const result = await execa("iptables-restore", ["--noflush", "--wait", "10"], { reject: false, input: gone, timeout: 20_000 });
  if (result.exitCode !== 0)
    throw new MessageError([message("removing-bridge-rules", { bridge }), programReason("iptables-restore", result, 20)]);
}

/**
 * Words for `iptables-restore --noflush` that take libvirt's rules for a bridge out of what `iptables-save` printed; empty
 * where there are none. Only from libvirt's own chains; the rules for address translation name the bridge's range alone.
 */
export function withoutRulesOf(bridge: string, saved: string): string {
  const rules = rulesIn(saved);
  const ofBridge = (rule: string): boolean => rule.split(" ").some((word, i, all) => word === bridge && /^-[io]$/.test(all[i - 1] ?? ""));
  const ranges = new Set(rules.flatMap((r) => (ofBridge(r.rule) ? (/ -[sd] (\S+)/.exec(r.rule)?.[1] ?? []) : [])));
  const ofRange = ({ table, rule }: TableRule): boolean => table === "nat" && ranges.has(/ -s (\S+)/.exec(rule)?.[1] ?? "");
  const left = rules.filter((r) => ofBridge(r.rule) || ofRange(r));
  return [...Map.groupBy(left, (r) => r.table)]
    .map(([table, some]) => [`*${table}`, ...some.map((r) => r.rule.replace("-A", "-D")), "COMMIT", ""].join("\n"))
    .join("");
}

interface TableRule {
  readonly table: string;
  /** As `iptables-save` writes it: `-A CHAIN …`. */
  readonly rule: string;
}

/** Of libvirt's own chains. */
function rulesIn(saved: string): readonly TableRule[] {
  let table = "";
  return saved.split("\n").flatMap((line) => {
    if (line.startsWith("*")) table = line.slice(1);
    return line.startsWith("-A LIBVIRT_") ? [{ table, rule: line }] : [];
  });
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
