/**
 * Machines whose init or join was begun and not recorded as finished. What is on them is unknown (half a certificate, half
 * an etcd), so they are never initialised or joined again: they are made anew from their image.
 *
 * The stack's own state tells them: a machine's init or join is begun as soon as it is known to be ready, and known to be
 * finished when it is recorded itself. One that was stopped just between the two is made anew without need.
 */
import type { ClusterSpec, MachineSpec } from "#app/domain/cluster/spec.ts";
import { controlPlaneOf } from "#app/domain/cluster/spec.ts";
import { clusterStepName, type MachineStep, machineStepName } from "#app/domain/cluster/steps.ts";
import { sentenceOf } from "#app/domain/sentences.ts";
import type { StackState } from "./stack-files.ts";

export interface HalfMade {
  readonly machines: readonly MachineSpec[];
  /** Resources that the next update has to replace. */
  readonly urns: readonly string[];
}

/** Pure. */
export function findHalfMade(spec: ClusterSpec, state: StackState | null): HalfMade {
  const urns = new Map((state?.resources ?? []).filter((r) => r.custom === true).map((r) => [r.urn.slice(r.urn.lastIndexOf("::") + 2), r.urn]));
  const has = (m: MachineSpec, step: MachineStep) => urns.has(machineStepName(m.nodeName, step));
  const initialised = urns.has(clusterStepName(spec.name, "init"));
  const first = controlPlaneOf(spec);
  const machines = spec.machines.filter((m) => has(m, "ready") && !(initialised && (m === first || has(m, "join"))));
  // A control plane that was never ready has nothing half made on it, and nobody can have joined it.
  if (!initialised && !has(first, "ready")) return { machines: [], urns: [] };
  const names = machines.flatMap((m) => stepsAnew(initialised).map((step) => machineStepName(m.nodeName, step)));
  return { machines, urns: names.flatMap((name) => urns.get(name) ?? []) };
}

/**
 * Of a worker also its seat, which takes the old Node object out of the cluster, and its token. When the control plane
 * itself is made anew there is no Node left, but workers that had joined the old one have to join again.
 */
const stepsAnew = (initialised: boolean): readonly MachineStep[] =>
  initialised ? ["machine", "disk", "seat", "token"] : ["machine", "disk", "join"];

export const halfMadeNote = ({ role, nodeName: machine }: MachineSpec): string =>
  sentenceOf(role === "control-plane" ? "init-anew" : "join-anew", { machine });
