/**
 * Machines without Kubernetes on them, with the same order of steps as a cluster: for tests of everything around. The
 * stand-ins for init and join refuse to be begun twice on one machine, as the real ones must never be.
 */
import type * as command from "@pulumi/command";
import { clusterStepName, machineStepName } from "#app/domain/cluster/steps.ts";
import { smokeScript, standIns } from "#programs/render/scripts.ts";
import { AddOn } from "./add-on.ts";
import type { ClusterArgs } from "./args.ts";
import { certificateRenewal } from "./certificates.ts";
import type { Machine } from "./machine.ts";
import { remoteCommand } from "./remote.ts";
import { restOf } from "./rest.ts";
import { seatOf } from "./seat.ts";

export function plainMachines(cluster: ClusterArgs, first: Machine, others: readonly Machine[]): void {
  const init = remoteCommand(
    clusterStepName(cluster.spec.name, "init"),
    cluster,
    { on: first.spec, create: standIns.begin("init") },
    { dependsOn: first.ready, deletedWith: first.domain, ignoreChanges: ["create"] },
  );
  const members = others.map((machine) => join(cluster, first, machine, init));
  certificateRenewal(cluster, first, standIns.renew(cluster.spec), { dependsOn: init });
  new AddOn(cluster, { step: "smoke", script: smokeScript(cluster.spec), on: first, after: [init, ...members] }, {});
}

function join(cluster: ClusterArgs, first: Machine, machine: Machine, init: command.remote.Command): command.remote.Command {
  const { nodeName } = machine.spec;
  const seat = seatOf(cluster, first, machine, standIns.unseat(machine.spec));
  const joined = remoteCommand(
    machineStepName(nodeName, "join"),
    cluster,
    { on: machine.spec, create: standIns.begin("join") },
    { dependsOn: [machine.ready, seat], deletedWith: machine.domain, ignoreChanges: ["create"] },
  );
  const member = remoteCommand(
    machineStepName(nodeName, "member"),
    cluster,
    { on: first.spec, create: standIns.member(machine.spec), delete: standIns.leave(machine.spec) },
    { dependsOn: [joined, init], deletedWith: first.domain, ignoreChanges: ["create"] },
  );
  const scripts = { back: standIns.back(machine.spec), drain: standIns.drain(machine.spec) };
  restOf(cluster, first, machine, scripts, { dependsOn: [member] });
  return member;
}
