/**
 * Whether the host's firewall still has the rules that libvirt wrote for a network. libvirt writes them when it starts the
 * network and never looks again: `nft flush ruleset`, a restarted firewalld or another program's rules remove them, and then
 * guests lose their way out without a word.
 */
import { execa } from "execa";
import type { NetworkSeen } from "#app/domain/drift/find-drift.ts";

/** By the name of the network's bridge; null: it has none that is known. */
export type FirewallOf = (bridge: string | null) => NetworkSeen["firewall"];

/** Asked once for all networks. `unknown` for a libvirt on another machine, and where no program can list the rules. */
export async function firewallOf(uri: string, rules: () => Promise<string | null> = readRules): Promise<FirewallOf> {
  const text = isLocal(uri) ? await rules() : null;
  return (bridge) => (text === null || bridge === null ? "unknown" : mentions(text, bridge) ? "present" : "missing");
}

const isLocal = (uri: string): boolean => uri.startsWith("qemu:///");

/** Rules name the bridge as `-i berth7` (iptables) or `iifname "berth7"` (nftables). */
const mentions = (rules: string, bridge: string): boolean => rules.split("\n").some((line) => line.split(/[\s"]+/).includes(bridge));

/** libvirt uses iptables before version 10.4 and nftables by default since. */
async function readRules(): Promise<string | null> {
  const texts = [await output("nft", ["list", "ruleset"]), await output("iptables-save", [])].filter((text) => text !== null);
  return texts.length === 0 ? null : texts.join("\n");
}

async function output(program: string, args: readonly string[]): Promise<string | null> {
  const env = { LC_ALL: "C", PATH: `${process.env.PATH ?? ""}:/usr/sbin:/sbin` };
  const { exitCode, stdout } = await execa(program, args, { reject: false, stdin: "ignore", timeout: 10_000, env });
  return exitCode === 0 ? stdout : null;
}
