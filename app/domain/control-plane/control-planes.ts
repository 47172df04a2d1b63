/** The control planes of a cluster: how many there may be, which ones the next revision has, and what they are to each other. Pure. */
import { newMachine, type Placement, slotOf } from "#app/domain/cluster/new-machine.ts";
import { machineName } from "#app/domain/cluster/names.ts";
import { range } from "#app/domain/cluster/range.ts";
import {
  type ClusterSpec,
  controlPlaneOf,
  controlPlanesOf,
  hasVirtualEndpoint,
  kubernetesOf,
  type MachineSpec,
  networkOf,
  rootDiskOf,
} from "#app/domain/cluster/spec.ts";
import type { ControlPlaneChoice, Revision } from "#app/domain/cluster/spec-input.ts";
import type { FieldIssue } from "#app/domain/problem.ts";

type Specs = Pick<Revision, "previous" | "live">;

const countOf = (spec: ClusterSpec): number => kubernetesOf(spec).controlPlane.length;

const issue = (code: string, params: FieldIssue["params"] = {}): readonly FieldIssue[] => [{ field: "controlPlanes", code, params }];

/** Why a new cluster cannot have so many. `asked`: undefined: as many as is usual. */
export const refusedChoice = ({ choices }: ControlPlaneChoice, asked: number | undefined): readonly FieldIssue[] =>
  asked === undefined || choices.includes(asked) ? [] : issue("controlPlanes.choice", { value: asked, choices: choices.join(", ") });

/**
 * Why a cluster that exists cannot have so many. Fewer is refused, because etcd would lose members that its quorum counts on;
 * a revision that asked for more and was not completed may be taken back.
 */
export function refusedCount(offered: ControlPlaneChoice, asked: number | undefined, { previous, live }: Specs): readonly FieldIssue[] {
  const now = countOf(live ?? previous);
  if (asked === undefined || asked === countOf(previous) || asked === now) return [];
  if (asked < now) return issue("controlPlanes.fewer", { value: asked, now });
  return hasVirtualEndpoint(previous) ? refusedChoice(offered, asked) : issue("controlPlanes.endpoint", { value: asked });
}

interface Change {
  readonly controlPlanes?: number | undefined;
}

/** Those that exist or may exist, by their slot among the addresses. */
function known({ previous, live }: Specs): ReadonlyMap<number, MachineSpec> {
  const { cidr } = networkOf(previous);
  return new Map([...controlPlanesOf(previous), ...(live === null ? [] : controlPlanesOf(live))].map((m) => [slotOf(cidr, m), m]));
}

const slotsOf = ({ previous }: Specs, { controlPlanes }: Change): readonly number[] => range(0, controlPlanes ?? countOf(previous));

/** Those of the next revision, without its new sizes. New ones are like the first. */
export function nextControlPlanes(specs: Specs, change: Change, place: Placement, revision: number): readonly MachineSpec[] {
  const first = controlPlaneOf(specs.previous);
  const before = known(specs);
  const size = { vcpus: first.vcpus, memoryMiB: first.memoryMiB, diskGiB: rootDiskOf(first).gib ?? 0 };
  return slotsOf(specs, change).map(
    (slot) => before.get(slot) ?? newMachine(place, { role: "control-plane", pool: null, slot, ...size }, revision),
  );
}

/** Names of control planes that the change adds, for the key maker. */
export function addedControlPlanes(specs: Specs, change: Change): readonly string[] {
  const before = known(specs);
  return slotsOf(specs, change)
    .filter((slot) => !before.has(slot))
    .map((slot) => machineName("control-plane", slot));
}

/**
 * Where commands about this machine run: on the first control plane, and about that one itself on the second, where there
 * is one. So a control plane that is lost is replaced by another one.
 */
export function controlPlaneFor(spec: ClusterSpec, machine: string): MachineSpec {
  const [first = controlPlaneOf(spec), second] = controlPlanesOf(spec);
  return machine === first.name && second !== undefined ? second : first;
}

/** Whether there is another one that still has the cluster's data, so that a lost one can join again. */
export const hasOthers = (spec: ClusterSpec): boolean => controlPlanesOf(spec).length > 1;

/** Whether more than half of the control planes have their disk, so that etcd answers. `lost`: names of machines without theirs. */
export function keepsQuorum(spec: ClusterSpec, lost: readonly string[]): boolean {
  const all = controlPlanesOf(spec);
  return all.filter((m) => !lost.includes(m.name)).length * 2 > all.length;
}

/**
 * Whether this lost control plane can be created again and join the others. One at a time: kubeadm adds a member to an etcd
 * in which all others answer.
 */
export const canRejoin = (spec: ClusterSpec, lost: readonly string[]): boolean =>
  keepsQuorum(spec, lost) && controlPlanesOf(spec).filter((m) => lost.includes(m.name)).length === 1;
