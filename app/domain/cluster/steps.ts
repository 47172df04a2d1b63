/**
 * Names of the things a program makes, and what each is about. The program names its resources here, and the plan and
 * the progress view read phase and machine back from the same names: one list, in two directions.
 */
import type { Phase } from "#app/domain/operation/event.ts";
import type { Change } from "#app/domain/plan/plan.ts";
import { nodeName } from "./names.ts";

/** Steps that belong to the cluster as a whole. */
export const clusterSteps = {
  network: "network",
  pool: "disks",
  init: "init",
  cni: "cni",
  smoke: "ready",
  certificates: "ready",
  kubeconfig: "ready",
} as const satisfies Readonly<Record<string, Phase>>;
export type ClusterStep = keyof typeof clusterSteps;

/** Those whose commands run on the control plane: what they print, and where they fail, is there. */
const onControlPlane: readonly ClusterStep[] = ["init", "cni", "smoke", "certificates", "kubeconfig"];

/** Steps that belong to one machine. `machine` is the libvirt machine itself and has no suffix. */
export const machineSteps = {
  disk: "disks",
  seed: "disks",
  machine: "boot",
  off: "boot",
  ready: "ssh",
  token: "join",
  seat: "join",
  join: "join",
  member: "join",
  rest: "join",
} as const satisfies Readonly<Record<string, Phase>>;
export type MachineStep = keyof typeof machineSteps;

export const clusterStepName = (cluster: string, step: ClusterStep): string => `${cluster}-${step}`;

export const machineStepName = (node: string, step: MachineStep): string => (step === "machine" ? node : `${node}-${step}`);

export interface StepPlace {
  readonly phase: Phase;
  /** nodeName, or null for a step that runs on no machine. */
  readonly machine: string | null;
}

const isMachineStep = (text: string): text is MachineStep => Object.hasOwn(machineSteps, text);
const isClusterStep = (text: string): text is ClusterStep => Object.hasOwn(clusterSteps, text);

/** What a step is, for people: the step, and the machine (nodeName) or cluster that it is about; null for names of other programs. */
export function stepOf(name: string): { readonly step: MachineStep | ClusterStep; readonly of: string } | null {
  const [, node, suffix = "machine"] = /^(.+-(?:cp|w)\d+)(?:-([a-z]+))?$/.exec(name) ?? [];
  if (node !== undefined && isMachineStep(suffix)) return { step: suffix, of: node };
  const dash = name.lastIndexOf("-");
  const step = name.slice(dash + 1);
  return dash > 0 && isClusterStep(step) ? { step, of: name.slice(0, dash) } : null;
}

/** The control plane speaks for the machine that these are about. */
const forAMachine: readonly string[] = ["seat", "token", "member", "rest"];
/** Beside these a machine may well be off. */
const withoutMachines: readonly string[] = ["network", "pool", "disk", "seed", "machine", "off"];

/** nodeNames of the machines that have to be on while the step's script runs; none for steps that have no script. */
export function machinesNeededBy({ name, machine }: { readonly name: string; readonly machine: string | null }): readonly string[] {
  const step = stepOf(name)?.step;
  if (step === undefined || machine === null || withoutMachines.includes(step)) return [];
  if (!forAMachine.includes(step)) return [machine];
  // That one waits until the machine has become a node.
  return step === "member" ? [controlPlaneBeside(machine), machine] : [controlPlaneBeside(machine)];
}

/** Steps that only arrange something: what counts is done later, when the machine gets a new size or leaves. */
const standing = ["off", "seat", "rest", "token"] as const;
export type StandingStep = (typeof standing)[number];

/**
 * What really happens at such a step. `arrange`: nothing yet. `carry`: what was arranged is done. `renew`: it is done and
 * arranged anew. `again`: only arranged anew. `lapse`: nothing is done, because what it was for goes as a whole.
 */
export type Deed = "arrange" | "again" | "renew" | "carry" | "lapse";

export interface NamedChange {
  readonly name: string;
  readonly change: Change;
}

/** Null for every other step. `changes`: of all rows beside this one, by name. */
export function deedOf({ name, change }: NamedChange, changes: ReadonlyMap<string, Change>): { readonly step: StandingStep; readonly deed: Deed } | null {
  const known = stepOf(name);
  const step = standing.find((one) => one === known?.step);
  if (known === null || step === undefined || change === "same") return null;
  if (change === "create") return { step, deed: "arrange" };
  if (change === "update") return { step, deed: "again" };
  const ground = changes.get(groundOf(step, known.of));
  if (change === "replace") return { step, deed: ground === "replace" || ground === "delete" ? "again" : "renew" };
  return { step, deed: ground === "delete" ? "lapse" : "carry" };
}

/** nodeName of the machine that speaks for the cluster which this one (a nodeName too) is part of. */
export const controlPlaneBeside = (node: string): string => nodeName(node.replace(/-(?:cp|w)\d+$/, ""), "control-plane", 0);

/** The programs' `deletedWith`: where this goes too, nobody is shut down, drained or taken out. */
function groundOf(step: StandingStep, node: string): string {
  return step === "off" || step === "rest" ? machineStepName(node, "disk") : machineStepName(controlPlaneBeside(node), "machine");
}

/**
 * Where a resource belongs, by its name; null for resources that are no step of their own (the stack, providers,
 * components).
 */
export function placeOf(type: string, name: string): StepPlace | null {
  if (type.startsWith("pulumi:") || type.startsWith("berth:")) return null;
  const [, node, suffix = "machine"] = /^(.+-(?:cp|w)\d+)(?:-([a-z]+))?$/.exec(name) ?? [];
  if (node !== undefined && isMachineStep(suffix)) return { phase: machineSteps[suffix], machine: node };
  const dash = name.lastIndexOf("-");
  const step = name.slice(dash + 1);
  if (isClusterStep(step)) {
    const machine = onControlPlane.includes(step) ? nodeName(name.slice(0, dash), "control-plane", 0) : null;
    return { phase: clusterSteps[step], machine };
  }
  return { phase: phaseOfType(type), machine: null };
}

/** For resources of other programs: the type alone. */
function phaseOfType(type: string): Phase {
  if (type.includes("network:Network")) return "network";
  if (type.includes("domain:Domain")) return "boot";
  return type.startsWith("libvirt:") ? "disks" : "ready";
}
