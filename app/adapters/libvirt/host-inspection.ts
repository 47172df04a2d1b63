/** Inspection of a libvirt host, through virsh. */
import { setTimeout as sleep } from "node:timers/promises";
import { execa } from "execa";
import type { HostSeen, MachineSeen } from "#app/domain/drift/find-drift.ts";
import { type Message, message, MessageError } from "#app/domain/message/message.ts";
import { programReason } from "#app/domain/message/program-reason.ts";
import type { HostInspection } from "#app/ports/host-inspection.ts";
import { parseDefinition, parseInterfaces } from "./definition.ts";
import { firewallOf } from "./firewall.ts";
import { clearHalfStarted } from "./half-started.ts";
import { type LibvirtOptions, libvirtHypervisor } from "./hypervisor.ts";
import { parseFields, parseNames } from "./parse.ts";
import { daemonStartSeconds } from "./restart-daemon.ts";
import { type Virsh, virshAt } from "./virsh.ts";

export function libvirtHostInspection(options: LibvirtOptions): HostInspection {
  const virsh = options.virsh ?? virshAt(options.uri);
  const { inventory } = libvirtHypervisor({ ...options, virsh });
  return {
    async inspect(prefix): Promise<HostSeen> {
      const { machines, networks, pools, volumes } = await inventory(prefix);
      const active = parseNames(await virsh(["pool-list", "--name"]));
      const firewall = await firewallOf(options.uri, options.firewallRules);
      return {
        machines: await Promise.all(
          machines.map(async (m) => ({
            name: m.name,
            state: m.state,
            ...(m.saved ? { saved: true } : {}),
            memoryMiB: m.memoryMiB,
            vcpus: m.vcpus,
            defined: await definition(virsh, m.name),
          })),
        ),
        networks: await Promise.all(
          networks.map(async ({ name, active: on }) => ({
            name,
            active: on,
            firewall: on ? firewall(await bridgeOf(virsh, name)) : "unknown",
          })),
        ),
        pools: pools.map(({ name }) => ({ name, active: active.includes(name) })),
        volumes: volumes.map(({ pool, name, path }) => ({ pool, name, path })),
      };
    },
    wake: (kind, name) => (kind === "firewall" ? restoreFirewall(options, virsh, name) : wakes[kind](virsh, name)),
  };
}

/** Null for a machine that vanished while it was looked at. */
async function definition(virsh: Virsh, name: string): Promise<MachineSeen["defined"]> {
  try {
    return parseDefinition(await virsh(["dumpxml", "--inactive", name]));
  } catch (error) {
    if (parseNames(await virsh(["list", "--all", "--name"])).includes(name)) throw error;
    return null;
  }
}

const wakes: Record<"network" | "pool" | "machine", (virsh: Virsh, name: string) => Promise<void>> = {
  network: async (virsh, name) => {
    await startNetwork(virsh, name);
    await plugIn(virsh, name);
  },
  pool: (virsh, name) => start(virsh, name, ["pool-list", "--name"], ["pool-start", name]),
  machine: async (virsh, name) => {
    const running = ["list", "--name", "--state-running"];
    if (parseNames(await virsh(["list", "--name", "--state-paused"])).includes(name))
      return await start(virsh, name, running, ["resume", name]);
    await restore(virsh, name, running);
  },
};

/** Saved memory that cannot be restored is discarded: the machine boots from its disk, which is whole. */
async function restore(virsh: Virsh, name: string, running: readonly string[]): Promise<void> {
  try {
    await start(virsh, name, running, ["start", name]);
  } catch (error) {
    if (!parseNames(await virsh(["list", "--all", "--name", "--with-managed-save"])).includes(name)) throw error;
    await virsh(["managedsave-remove", name]);
    await start(virsh, name, running, ["start", name]);
  }
}

/** libvirt makes its chains and tables once, when its daemon starts: told to reload, it adds rules to chains that are gone. */
async function restoreFirewall({ uri, firewallRules, restartDaemon }: LibvirtOptions, virsh: Virsh, name: string): Promise<void> {
  const bridge = await bridgeOf(virsh, name);
  const isMissing = async () => (await firewallOf(uri, firewallRules))(bridge) === "missing";
  if (!(await isMissing())) return;
  const notRestored = (reason: Message) => new MessageError([message("restoring-rules", { network: name }), reason]);
  if (restartDaemon === undefined) throw notRestored(message("daemon-not-ours"));
  await restartDaemon();
  const end = Date.now() + daemonStartSeconds * 1_000;
  while (!(await answers(virsh)) || (await isMissing())) {
    if (Date.now() > end) throw notRestored(message("rules-still-missing", { seconds: daemonStartSeconds }));
    await sleep(500);
  }
}

const answers = (virsh: Virsh): Promise<boolean> =>
  virsh(["net-list", "--name"]).then(
    () => true,
    () => false,
  );

/** A start that fails may do so because of an earlier one that libvirtd did not live through. */
async function startNetwork(virsh: Virsh, name: string): Promise<void> {
  const awake = ["net-list", "--name"];
  const words = ["net-start", name];
  try {
    await start(virsh, name, awake, words);
  } catch {
    await clearHalfStarted(virsh, name);
    await start(virsh, name, awake, words);
  }
}

/** Stopping a network unplugs the machines that run on it, and starting it does not plug them in again. */
async function plugIn(virsh: Virsh, network: string): Promise<void> {
  const bridge = await bridgeOf(virsh, network);
  if (bridge === null) return;
  for (const machine of parseNames(await virsh(["list", "--name", "--state-running", "--state-paused"]))) {
    for (const { device, source } of parseInterfaces(await virsh(["domiflist", machine]))) {
      if (source !== network) continue;
      const result = await execa("ip", ["link", "set", "dev", device, "master", bridge], {
        reject: false,
        stdin: "ignore",
        timeout: 10_000,
      });
      if (result.exitCode !== 0) throw new MessageError([message("plugging-in", { machine, network }), programReason("ip", result, 10)]);
    }
  }
}

const bridgeOf = async (virsh: Virsh, network: string): Promise<string | null> =>
  parseFields(await virsh(["net-info", network])).get("Bridge") ?? null;

/** Somebody else may wake it at the same moment: what counts is that it is awake. */
async function start(virsh: Virsh, name: string, awake: readonly string[], words: readonly string[]): Promise<void> {
  const isAwake = async () => parseNames(await virsh(awake)).includes(name);
  if (await isAwake()) return;
  try {
    await virsh(words);
  } catch (error) {
    if (!(await isAwake())) throw error;
  }
}
