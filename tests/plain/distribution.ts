/**
 * Machines without Kubernetes on them, with the same order of steps as a cluster: for tests of everything around. The
 * stand-ins for init and join refuse to be begun twice on one machine, as the real ones must never be.
 */
import type * as command from "@pulumi/command";
import {
  addressOf,
  type ClusterSpec,
  controlPlaneOf,
  controlPlanesOf,
  kubernetesOf,
  type MachineSpec,
  type NodePoolSpec,
  nodesOf,
  poolOf,
  workersOf,
} from "#app/domain/cluster/spec.ts";
import { taintText } from "#app/domain/cluster/spec-changes.ts";
import { clusterStepName, machineStepName } from "#app/domain/cluster/steps.ts";
import { AddOn } from "#programs/cluster/add-on.ts";
import type { ClusterArgs } from "#programs/cluster/args.ts";
import { certificateRenewal } from "#programs/cluster/certificates.ts";
import type { Distribution, MakeMachine } from "#programs/cluster/distribution.ts";
import type { Machine } from "#programs/cluster/machine.ts";
import { remoteCommand } from "#programs/cluster/remote.ts";
import { resizePauseOf } from "#programs/cluster/resize-pause.ts";
import { membershipOf } from "#programs/cluster/membership.ts";
import { hasNodeSettings } from "#programs/render/pool-scripts.ts";
import { rightMachine, strict } from "#programs/render/scripts.ts";

export const plainDistribution: Distribution = {
  ready: (_, machine) => `${strict}${rightMachine(machine)}echo "ready: $(hostname), Linux $(uname -r)"\n`,
  // The tiny guest has nobody who listens for the power button.
  shutdownSeconds: () => 4,
  members: (cluster, machineOf) => {
    const first = machineOf(controlPlaneOf(cluster.spec));
    const others = workersOf(cluster.spec).map((m) => machineOf(m));
    const init = remoteCommand(
      clusterStepName(kubernetesOf(cluster.spec).key, "init"),
      cluster,
      { on: first.spec, create: standIns.begin("init") },
      { dependsOn: first.ready, deletedWith: first.domain, ignoreChanges: ["create"] },
    );
    const further = furtherControlPlanes(cluster, first, machineOf, init);
    const members = [...further, ...others.map((machine) => join(cluster, first, machine, init))];
    certificateRenewal(cluster, first, standIns.renew(cluster.spec), { dependsOn: init });
    return [new AddOn(cluster, { step: "smoke", script: reachScript(cluster.spec), on: first, after: [init, ...members] }, {}).done];
  },
  awake: () => `${strict}echo "awake"\n`,
};

function join(cluster: ClusterArgs, first: Machine, machine: Machine, init: command.remote.Command): command.remote.Command {
  const { name } = machine.spec;
  const membership = membershipOf(cluster, first, machine, standIns.unseat(machine.spec));
  const joined = remoteCommand(
    machineStepName(name, "join"),
    cluster,
    { on: machine.spec, create: standIns.begin("join") },
    { dependsOn: [machine.ready, membership], deletedWith: machine.domain, ignoreChanges: ["create"] },
  );
  const member = remoteCommand(
    machineStepName(name, "member"),
    cluster,
    { on: first.spec, create: standIns.member(machine.spec), delete: standIns.leave(machine.spec) },
    { dependsOn: [joined, init], deletedWith: first.domain, ignoreChanges: ["create"] },
  );
  const scripts = { back: standIns.back(machine.spec), drain: standIns.drain(machine.spec) };
  resizePauseOf(cluster, first, machine, scripts, { dependsOn: [member] });
  nodeSettings(cluster, first, machine, member);
  return member;
}

/** One after the other, each about itself on the first: as real ones do, without the first one's own way back. */
function furtherControlPlanes(
  cluster: ClusterArgs,
  first: Machine,
  machineOf: MakeMachine,
  init: command.remote.Command,
): readonly command.remote.Command[] {
  const members: command.remote.Command[] = [];
  for (const spec of controlPlanesOf(cluster.spec).slice(1))
    members.push(join(cluster, first, machineOf(spec, [members.at(-1) ?? init]), init));
  return members;
}

/** Bound to the machine and to the text, as the real step is: other labels are an update of this one resource. */
function nodeSettings(cluster: ClusterArgs, first: Machine, { spec, domain }: Machine, member: command.remote.Command): void {
  const pool = poolOf(cluster.spec, spec.name);
  if (pool === undefined || !hasNodeSettings(pool)) return;
  remoteCommand(
    machineStepName(spec.name, "labels"),
    cluster,
    {
      on: first.spec,
      create: standIns.settings(spec, pool),
      delete: standIns.settings(spec, { labels: {}, taints: [] }),
      triggers: [domain.id],
    },
    { dependsOn: member, deletedWith: domain },
  );
}

const reachScript = (spec: ClusterSpec): string =>
  `${strict}${nodesOf(spec)
    .map((m) => `ping -c 1 -W 10 ${addressOf(m)} >/dev/null || { echo "${m.name} does not answer at ${addressOf(m)}" >&2; exit 1; }`)
    .join("\n")}
echo "${nodesOf(spec).length} machines answer"
`;

/** In place of kubeadm: something to see, to cut off and to undo. */
const standIns = {
  /** Takes a second, and cannot be begun again where it was cut off. */
  begin: (what: "init" | "join"): string => `${strict}[ ! -e /run/${what}-done ] || exit 0
[ ! -e /run/${what}-begun ] || { echo "an earlier ${what} on this machine was cut off: the machine has to be made anew" >&2; exit 1; }
touch /run/${what}-begun
echo "${what} begins"
sleep 1
touch /run/${what}-done
echo "${what} done"
`,
  member: ({ name }: MachineSpec): string => `${strict}mkdir -p /run/members\ntouch /run/members/${name}\necho "${name} is a member"\n`,
  leave: ({ name }: MachineSpec): string => `${strict}rm -f /run/members/${name}\necho "${name} has left"\n`,
  back: ({ name }: MachineSpec): string => `${strict}rm -f /run/resting-${name}\necho "${name} is back"\n`,
  drain: ({ name }: MachineSpec): string => `${strict}touch /run/resting-${name}\necho "${name} rests"\n`,
  unseat: ({ name }: MachineSpec): string => `${strict}rm -f /run/members/${name}\necho "${name} has no seat"\n`,
  settings: ({ name }: MachineSpec, { labels, taints }: Pick<NodePoolSpec, "labels" | "taints">): string =>
    `${strict}echo "settings of ${name}: ${
      [
        ...Object.entries(labels)
          .map(([key, value]) => `${key}=${value}`)
          .sort(),
        ...taints.map(taintText),
      ].join(" ") || "none"
    }"\n`,
  renew: ({ name }: ClusterSpec): string =>
    `${strict}echo renewed >> /run/certificates\necho "certificates of ${name} renewed: $(wc -l < /run/certificates) times"\n`,
} as const;
