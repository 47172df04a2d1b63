/**
 * Whether the host's firewall still has the rules that libvirt wrote for a network. libvirt writes them when it starts the
 * network and never looks again: `nft flush ruleset`, a restarted firewalld or another program's rules remove them, and then
 * guests lose their way out without a word.
 */
import { execa } from "execa";
import type { NetworkSeen } from "#app/domain/drift/find-drift.ts";

/** By the name of the network's bridge; null: it has none that is known. */
export type FirewallOf = (bridge: string | null) => NetworkSeen["firewall"];

/** The rules that could be listed. Not complete: those of a program that is installed could not, or there is no such program. */
export interface Rules {
  readonly text: string;
  readonly complete: boolean;
}

/** Asked once for all networks. `unknown` for a libvirt on another machine, and where rules that were not listed may be there. */
export async function firewallOf(uri: string, rules: () => Promise<Rules> = readRules): Promise<FirewallOf> {
  const { text, complete } = isLocal(uri) ? await rules() : { text: "", complete: false };
  const judge = (bridge: string) => (mentions(text, bridge) ? "present" : complete ? "missing" : "unknown");
  return (bridge) => (bridge === null ? "unknown" : judge(bridge));
}

const isLocal = (uri: string): boolean => uri.startsWith("qemu:///");

/** Rules name the bridge as `-i berth7` (iptables) or `iifname "berth7"` (nftables). */
const mentions = (rules: string, bridge: string): boolean => rules.split("\n").some((line) => line.split(/[\s"]+/).includes(bridge));

type Command = readonly [program: string, args: readonly string[]];

/** libvirt uses iptables before version 10.4 and nftables by default since. */
const readers: readonly Command[] = [
  ["nft", ["list", "ruleset"]],
  ["iptables-save", []],
];

export async function readRules(commands: readonly Command[] = readers): Promise<Rules> {
  const outputs: (string | null)[] = [];
  for (const command of commands) outputs.push(...(await outputOf(command)));
  return { text: outputs.filter((text) => text !== null).join("\n"), complete: outputs.length > 0 && !outputs.includes(null) };
}

/** Empty for a program that is not installed, and null in it for one that failed. */
async function outputOf([program, args]: Command): Promise<readonly (string | null)[]> {
  const env = { LC_ALL: "C", PATH: `${process.env.PATH ?? ""}:/usr/sbin:/sbin` };
  const { exitCode, stdout, code } = await execa(program, args, { reject: false, stdin: "ignore", timeout: 10_000, env });
  return code === "ENOENT" ? [] : [exitCode === 0 ? stdout : null];
}
