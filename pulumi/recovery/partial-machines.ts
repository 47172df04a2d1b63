/**
 * Machines whose init or join was begun and not recorded as finished. What is on them is unknown (half a certificate, half
 * an etcd), so they are never initialised or joined again: they are recreated from their image. Control planes that join
 * others are left alone: their join clears away what it left, and their etcd member may already count for the quorum, so
 * their machine must not go before it.
 *
 * The stack's own state tells them: a machine's init or join is begun as soon as it is known to be ready, and known to be
 * finished when it is recorded itself. One that was stopped just between the two is recreated without need.
 */
import {
  type ClusterSpec,
  controlPlaneOf,
  isControlPlane,
  kubernetesOf,
  type MachineRole,
  type MachineSpec,
  nodesOf,
} from "#app/domain/cluster/spec.ts";
import { clusterStepName, type MachineStep, machineStepName } from "#app/domain/cluster/steps.ts";
import { type Message, message, type MessageCode } from "#app/domain/message/message.ts";
import type { StackState, StateResource } from "#pulumi/stack/stack-files.ts";

export interface HalfMade {
  readonly machines: readonly MachineSpec[];
  /** Resources that the next update has to replace. */
  readonly urns: readonly string[];
}

/** Pure. */
export function findHalfMade(spec: ClusterSpec, state: StackState | null): HalfMade {
  const urns = new Map((state?.resources ?? []).filter((r) => r.custom === true).map((r) => [nameIn(r.urn), r.urn]));
  const has = (m: MachineSpec, step: MachineStep) => urns.has(machineStepName(m.name, step));
  const initialised = urns.has(clusterStepName(kubernetesOf(spec).key, "init"));
  const first = controlPlaneOf(spec);
  const machines = nodesOf(spec).filter(
    (m) => has(m, "ready") && (m === first || !isControlPlane(spec, m.name)) && !(initialised && (m === first || has(m, "join"))),
  );
  // A control plane that was never ready has nothing half made on it, and nobody can have joined it.
  if (!initialised && !has(first, "ready")) return { machines: [], urns: [] };
  const names = machines.flatMap((m) => stepsToRepeat(initialised).map((step) => machineStepName(m.name, step)));
  return { machines, urns: names.flatMap((name) => urns.get(name) ?? []) };
}

/**
 * Of a worker also its membership, which takes the old Node object out of the cluster, and its token. When the control plane
 * itself is recreated there is no Node left, but workers that had joined the old one have to join again.
 */
const stepsToRepeat = (initialised: boolean): readonly MachineStep[] =>
  initialised ? ["machine", "disk", "seat", "token"] : ["machine", "disk", "join"];

/**
 * Disks that libvirt made and that were not written to their end. The engine takes such a resource for made and would
 * only try to change it, which for a disk does nothing; and it forgets when it looks at the host. Pure.
 */
export const findHalfWritten = (state: StackState | null): readonly StateResource[] =>
  (state?.resources ?? []).filter((r) => r.type === "libvirt:index/volume:Volume" && (r.initErrors ?? []).length > 0);

export const halfWrittenNote = ({ urn, outputs }: StateResource): Message =>
  message("disk-recreated", { name: typeof outputs?.name === "string" ? outputs.name : nameIn(urn) });

const nameIn = (urn: string): string => urn.slice(urn.lastIndexOf("::") + 2);

/** A service machine is never half made: its set-up may be run again. */
const notes = {
  "control-plane": "recreated-after-init",
  worker: "recreated-after-join",
  service: "recreated-after-join",
} as const satisfies Readonly<Record<MachineRole, MessageCode>>;

export const halfMadeNote = ({ role, name: machine }: MachineSpec): Message => message(notes[role], { machine });
