/**
 * How long things may take before Berth says that they will not come to an end. A budget lies far above what was ever
 * measured, and is the last word: scripts have shorter limits of their own and can say more about what they waited for.
 */
import type { MachineProfile } from "#app/domain/cluster/spec.ts";
import { type Phase, phases } from "./event.ts";

export interface Budgets {
  /** Seconds that one step of the phase may run. */
  readonly phase: Readonly<Record<Phase, number>>;
  /** Seconds without any sign of life from the engine, while no step runs that has a budget of its own. */
  readonly silenceSeconds: number;
}

/** What an operator may set otherwise, in seconds. */
export interface BudgetSettings {
  readonly phase: Readonly<Partial<Record<Phase, number>>>;
  readonly silenceSeconds: number | null;
}

export const noBudgetSettings: BudgetSettings = { phase: {}, silenceSeconds: null };

/** An emulated machine boots and computes many times slower, and shares its processors with the others of its cluster. */
const byProfile: Readonly<Record<MachineProfile, Budgets>> = {
  accelerated: {
    phase: { network: 60, disks: 300, boot: 120, ssh: 420, init: 2_400, cni: 420, join: 4_500, ready: 1_500 },
    silenceSeconds: 120,
  },
  emulated: {
    phase: { network: 120, disks: 600, boot: 300, ssh: 1_200, init: 6_600, cni: 1_200, join: 10_800, ready: 4_500 },
    silenceSeconds: 240,
  },
};

export const budgetsFor = (profile: MachineProfile, set: BudgetSettings = noBudgetSettings): Budgets => ({
  phase: { ...byProfile[profile].phase, ...set.phase },
  silenceSeconds: set.silenceSeconds ?? byProfile[profile].silenceSeconds,
});

/** `boot=120,ssh=600` → seconds by phase; null when the text is not such a list. Empty text is the empty list. */
export function readPhaseBudgets(text: string): BudgetSettings["phase"] | null {
  const pairs = text
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "");
  const read = pairs.map((pair) => /^([a-z]+)=(\d{1,6})$/.exec(pair));
  if (!read.every((m) => m !== null && phases.some((p) => p === m[1]) && Number(m[2]) >= 1)) return null;
  return Object.fromEntries(read.map((m) => [m?.[1], Number(m?.[2])]));
}
