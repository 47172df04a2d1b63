/**
 * What a program's resources are to a person. The program names its resources here, and the table that a plan and the
 * progress of an operation are read by is derived from the same spec: nothing is read out of a name.
 */
import type { Phase } from "#app/domain/operation/event.ts";
import type { Change } from "#app/domain/plan/plan.ts";
import { controlPlaneFor } from "#app/domain/control-plane/control-planes.ts";
import { addOnsOf, type ClusterSpec, isControlPlane, type MachineSpec, serviceMachinesOf } from "./spec.ts";

/** Steps of a network. */
export const networkSteps = { network: "network", pool: "disks" } as const satisfies Readonly<Record<string, Phase>>;
export type NetworkStep = keyof typeof networkSteps;

/** Steps of all machines together. They run beside the engine and are called after the first network. */
export const powerSteps = { save: "ready", wake: "ready" } as const satisfies Readonly<Record<string, Phase>>;
export type PowerStep = keyof typeof powerSteps;

/** Steps of a Kubernetes cluster as a whole. Their commands run on its control plane. */
export const kubernetesSteps = {
  init: "init",
  cni: "cni",
  smoke: "ready",
  certificates: "ready",
  kubeconfig: "ready",
  awake: "ready",
} as const satisfies Readonly<Record<string, Phase>>;
export type KubernetesStep = keyof typeof kubernetesSteps;

/** What a step of a machine is. */
export interface MachineStepDefinition {
  readonly phase: Phase;
  /**
   * Where its script runs; null: it has none, or it runs beside the engine. `control-plane`: one that speaks for the machine.
   * `control-plane-or-itself`: the same, but a control plane speaks for itself.
   */
  readonly runsOn: "machine" | "control-plane" | "control-plane-or-itself" | null;
  /** Making it only arranges what is done later, when the machine gets a new size or leaves. */
  readonly arrangement: boolean;
}

/** The step of each add-on. Its command runs on the control plane of its Kubernetes cluster. */
export const addOnSteps = { addOn: "ready" } as const satisfies Readonly<Record<string, Phase>>;
export type AddOnStep = keyof typeof addOnSteps;

/** Steps that belong to one machine. `machine` is the libvirt machine itself and has no suffix. */
export const machineSteps = {
  disk: { phase: "disks", runsOn: null, arrangement: false },
  seed: { phase: "disks", runsOn: null, arrangement: false },
  machine: { phase: "boot", runsOn: null, arrangement: false },
  off: { phase: "boot", runsOn: null, arrangement: true },
  ready: { phase: "ssh", runsOn: "machine", arrangement: false },
  token: { phase: "join", runsOn: "control-plane", arrangement: true },
  seat: { phase: "join", runsOn: "control-plane", arrangement: true },
  join: { phase: "join", runsOn: "machine", arrangement: false },
  member: { phase: "join", runsOn: "control-plane", arrangement: false },
  rest: { phase: "join", runsOn: "control-plane-or-itself", arrangement: true },
  labels: { phase: "join", runsOn: "control-plane", arrangement: false },
  renewal: { phase: "ready", runsOn: "machine", arrangement: false },
  // Not of the phase `ssh`: while a machine of that one is waited for, its power may be cycled.
  clock: { phase: "ready", runsOn: "machine", arrangement: false },
} as const satisfies Readonly<Record<string, MachineStepDefinition>>;
export type MachineStep = keyof typeof machineSteps;

/** Steps of a service machine besides those that every machine has. Their scripts run on the machine. */
export const serviceSteps = { setup: "ready", check: "ready" } as const satisfies Readonly<Record<string, Phase>>;
export type ServiceStep = keyof typeof serviceSteps;

export type StepKind = NetworkStep | PowerStep | KubernetesStep | AddOnStep | MachineStep | ServiceStep;
export const stepKinds = [
  ...Object.keys(networkSteps),
  ...Object.keys(powerSteps),
  ...Object.keys(kubernetesSteps),
  ...Object.keys(addOnSteps),
  ...Object.keys(machineSteps),
  ...Object.keys(serviceSteps),
] as readonly StepKind[];

/** `key`: of the network or of the Kubernetes cluster. */
export const clusterStepName = (key: string, step: NetworkStep | PowerStep | KubernetesStep): string => `${key}-${step}`;
/** `kubernetes`: key of the Kubernetes cluster. `id`: of the add-on. */
export const addOnStepName = (kubernetes: string, id: string): string => `${kubernetes}-add-on-${id}`;
/** `machine`: its name. */
export const machineStepName = (machine: string, step: MachineStep): string => (step === "machine" ? machine : `${machine}-${step}`);

/** `machine`: name of a service machine. */
export const serviceStepName = (machine: string, step: ServiceStep): string => `${machine}-${step}`;

/** What one resource is about. */
export interface StepPlace {
  /** Null for resources of other programs. */
  readonly step: StepKind | null;
  readonly phase: Phase;
  /** Name of the machine that it is about, or that it runs on where it is about the whole cluster; null: neither. */
  readonly machine: string | null;
  /** Name of the machine where its script runs; null: it has none, or it runs beside the engine. */
  readonly on: string | null;
  /** Id of the add-on that it is about, if any. */
  readonly addOn?: string | undefined;
}

/** By resource name. */
export type StepTable = ReadonlyMap<string, StepPlace>;

/** Every resource that these revisions may have: the newest one, and one that is alive and may have to be changed. */
export function stepTable(specs: readonly ClusterSpec[]): StepTable {
  return new Map(
    specs.flatMap((spec) => [
      ...ofNetworks(spec),
      ...ofPower(spec),
      ...ofKubernetes(spec),
      ...ofAddOns(spec),
      ...spec.machines.flatMap((m) => ofMachine(spec, m)),
      ...ofServices(spec),
    ]),
  );
}

type Row = readonly [string, StepPlace];
const keysOf = <K extends string>(table: Readonly<Record<K, unknown>>): readonly K[] => Object.keys(table) as K[];

const ofNetworks = ({ networks }: ClusterSpec): readonly Row[] =>
  networks.flatMap(({ key }) =>
    keysOf(networkSteps).map((step): Row => [clusterStepName(key, step), { step, phase: networkSteps[step], machine: null, on: null }]),
  );

const ofPower = ({ networks: [first] }: ClusterSpec): readonly Row[] =>
  first === undefined
    ? []
    : keysOf(powerSteps).map((step): Row => [clusterStepName(first.key, step), { step, phase: powerSteps[step], machine: null, on: null }]);

const ofKubernetes = (spec: ClusterSpec): readonly Row[] =>
  spec.kubernetes.flatMap(({ key, controlPlane }) => {
    const machine = controlPlane[0] ?? null;
    return keysOf(kubernetesSteps).map(
      (step): Row => [clusterStepName(key, step), { step, phase: kubernetesSteps[step], machine, on: machine }],
    );
  });

const ofAddOns = (spec: ClusterSpec): readonly Row[] =>
  addOnsOf(spec).map(({ id, kubernetes }): Row => {
    const machine = spec.kubernetes.find(({ key }) => key === kubernetes)?.controlPlane[0] ?? null;
    return [addOnStepName(kubernetes, id), { step: "addOn", phase: addOnSteps.addOn, machine, on: machine, addOn: id }];
  });

function ofMachine(spec: ClusterSpec, { name }: MachineSpec): readonly Row[] {
  const controlPlane = controlPlaneFor(spec, name).name;
  const places = {
    machine: name,
    "control-plane": controlPlane,
    "control-plane-or-itself": isControlPlane(spec, name) ? name : controlPlane,
  };
  return keysOf(machineSteps).map((step): Row => {
    const { phase, runsOn } = machineSteps[step];
    return [machineStepName(name, step), { step, phase, machine: name, on: runsOn === null ? null : places[runsOn] }];
  });
}

const ofServices = (spec: ClusterSpec): readonly Row[] =>
  serviceMachinesOf(spec).flatMap(({ name }) =>
    keysOf(serviceSteps).map((step): Row => [serviceStepName(name, step), { step, phase: serviceSteps[step], machine: name, on: name }]),
  );

/** Steps that only machines with a service have. */
export const isServiceStep = (step: StepKind | null): step is ServiceStep => step !== null && Object.hasOwn(serviceSteps, step);

/**
 * Where a resource belongs; null for resources that are no step of their own (the stack, providers, components). Of a
 * resource that is in no table its type tells the phase.
 */
export function placeOf(table: StepTable, type: string, name: string): StepPlace | null {
  if (type.startsWith("pulumi:") || type.startsWith("berth:")) return null;
  return table.get(name) ?? { step: null, phase: phaseOfType(type), machine: null, on: null };
}

function phaseOfType(type: string): Phase {
  if (type.includes("network:Network")) return "network";
  if (type.includes("domain:Domain")) return "boot";
  return type.startsWith("libvirt:") ? "disks" : "ready";
}

export const isAboutWholeCluster = (step: StepKind | null): boolean =>
  step !== null && [kubernetesSteps, networkSteps, powerSteps, addOnSteps].some((steps) => Object.hasOwn(steps, step));

/** Names of the machines that have to be on while the step's script runs; none for steps that have no script. */
export function machinesNeededBy({ step, machine, on }: Pick<StepPlace, "step" | "machine" | "on">): readonly string[] {
  if (step === null || on === null) return [];
  // That one waits until the machine has become a node.
  return step === "member" && machine !== null ? [on, machine] : [on];
}

/** Steps of the table that are arrangements. */
export type ArrangedStep = { [Step in MachineStep]: (typeof machineSteps)[Step]["arrangement"] extends true ? Step : never }[MachineStep];

const isArrangement = (step: StepKind | null): step is ArrangedStep =>
  step !== null && Object.hasOwn(machineSteps, step) && machineSteps[step as MachineStep].arrangement;

/**
 * What really happens at such a step. `arrange`: nothing yet. `carry`: what was arranged is done. `renew`: it is done and
 * arranged again. `again`: only arranged again. `lapse`: nothing is done, because what it was for goes as a whole.
 */
export type StepEffect = "arrange" | "again" | "renew" | "carry" | "lapse";

export interface PlacedChange extends Pick<StepPlace, "step" | "machine" | "on"> {
  readonly change: Change;
}

/** Null for every other step. `beside`: all rows of the same plan or run. */
export function effectOf(
  { step, machine, on, change }: PlacedChange,
  beside: readonly PlacedChange[],
): { readonly step: ArrangedStep; readonly effect: StepEffect } | null {
  if (!isArrangement(step) || change === "same") return null;
  if (change === "create") return { step, effect: "arrange" };
  if (change === "update") return { step, effect: "again" };
  const ground = groundOf(step, { machine, on }, beside);
  if (change === "replace") return { step, effect: ground === "replace" || ground === "delete" ? "again" : "renew" };
  return { step, effect: ground === "delete" ? "lapse" : "carry" };
}

/** Nothing is done to machine or node at such a step: it arranges what is for later, or it leaves with what it was for. */
const onlyArranges: Readonly<Record<StepEffect, boolean>> = { arrange: true, again: true, lapse: true, renew: false, carry: false };

/** `beside`: all rows of the same plan or run. */
export function isForLater(row: PlacedChange, beside: readonly PlacedChange[]): boolean {
  const known = effectOf(row, beside);
  return known !== null && onlyArranges[known.effect];
}

/** The programs' `deletedWith`: where this goes too, nobody is shut down, drained or taken out. */
function groundOf(
  step: ArrangedStep,
  { machine, on }: Pick<StepPlace, "machine" | "on">,
  beside: readonly PlacedChange[],
): Change | undefined {
  const boundToDisk = step === "off" || step === "rest";
  return beside.find((row) => (boundToDisk ? row.step === "disk" && row.machine === machine : row.step === "machine" && row.machine === on))
    ?.change;
}
