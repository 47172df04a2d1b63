/**
 * What happens to the libvirt host and its network while machines are made: libvirtd goes away or starts again, the
 * network to the guests is cut or loses packets, a guest stands still, QEMU dies.
 */
import { execFileSync } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, describe, expect, it } from "vitest";
import { networkOf } from "#app/domain/cluster/spec.ts";
import { failuresOf, finished } from "#tests/faults/journey.ts";
import type { Violation } from "#tests/faults/oracle.ts";
import { chosen, held, whole } from "#tests/faults/points.ts";
import { record } from "#tests/faults/report.ts";
import { acts, judged, ordersOf, struck } from "./lives.ts";
import { startLibvirtd } from "./libvirtd.ts";
import { type MachineWorld, openMachineWorld } from "./machine-world.ts";
import { kill, libvirtd } from "./victims.ts";

let world: MachineWorld;
afterEach(async () => {
  await startLibvirtd(world.hypervisor);
  await world.close();
});

const ip = (...words: readonly string[]): void => void execFileSync("ip", words, { stdio: "pipe" });
const iptables = (...words: readonly string[]): void => void execFileSync("iptables", ["-w", ...words], { stdio: "pipe" });
const bridge = async (): Promise<string> => networkOf(await world.spec()).bridge;
const lossy = (name: string) => {
  const drop = ["-m", "statistic", "--mode", "random", "--probability", "0.2", "-j", "DROP"];
  return [
    ["INPUT", "-i", name, ...drop],
    ["OUTPUT", "-o", name, ...drop],
  ] as const;
};
const away = whole ? 120_000 : 8_000;

interface HostFault {
  readonly what: string;
  /** Entry of the create at which it begins: the machine is defined, boots, or is dialled. */
  readonly seq: number;
  readonly strike: () => Promise<boolean>;
  /** Ends what the strike began, when the create is over. */
  readonly lift?: () => Promise<void>;
  /** Nobody has to act: the create never fails. */
  readonly passes?: true;
}

const killLibvirtd = async (ms: number): Promise<boolean> => {
  const hit = kill("libvirtd", await world.hunt(), "SIGTERM") > 0;
  while (libvirtd().length > 0) await sleep(50);
  await sleep(ms);
  await startLibvirtd(world.hypervisor);
  return hit;
};

const faults: readonly HostFault[] = [
  { what: "libvirtd started anew", seq: 9, strike: () => killLibvirtd(0), passes: true },
  { what: "libvirtd stopped for a while", seq: 5, strike: () => killLibvirtd(away), passes: true },
  {
    what: "network to the guests cut for a while",
    seq: 16,
    strike: async () => {
      const name = await bridge();
      ip("link", "set", name, "down");
      await sleep(whole ? 30_000 : 8_000);
      ip("link", "set", name, "up");
      return true;
    },
  },
  {
    what: "20 % of packets to and from the guests lost",
    seq: 12,
    strike: async () => {
      for (const rule of lossy(await bridge())) iptables("-I", ...rule);
      return true;
    },
    lift: async () => {
      for (const rule of lossy(await bridge())) iptables("-D", ...rule);
    },
  },
  {
    what: "guest stands still for a while",
    seq: 14,
    strike: async () => {
      const hunt = await world.hunt();
      const hit = kill("qemu", hunt, "SIGSTOP") > 0;
      await sleep(whole ? 40_000 : 8_000);
      kill("qemu", hunt, "SIGCONT");
      return hit;
    },
  },
  { what: "QEMU killed while its guest boots", seq: 14, strike: async () => kill("qemu", await world.hunt()) > 0 },
];

describe("the host", () => {
  // A guest that is gone is given up soon, so that the person (here: the driver) can continue.
  const budgets = { phase: { ssh: 40, boot: 40 }, silenceSeconds: null };
  it.each(chosen("host", faults, 1))(
    "$what: the cluster comes to be all the same, and goes without a trace",
    { timeout: 900_000 },
    async (fault) => {
      const { what, seq, strike, lift, passes } = fault;
      world = await openMachineWorld({ budgets });
      const found: Record<string, readonly Violation[]> = {};
      for (const act of acts.filter((a) => a !== "scale")) {
        const id = await ordersOf(world)[act]();
        if (act === "create") expect(await struck(world, id, seq, strike).finally(lift)).toBe(true);
        else await finished(world, id);
        if (passes) expect(await failuresOf(world, id)).toEqual([]);
        const violations = await judged(world, act);
        if (violations.length > 0) found[act] = violations;
      }
      record({ kind: "fault", what, where: `create, entry ${seq}`, violations: Object.values(found).flat() });
      expect(found).toEqual({});
      held("host", fault);
    },
  );
});
