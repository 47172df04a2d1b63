/**
 * Control planes besides the first. They are made, and made again, one after the other: each waits until the one before it
 * answers, so that etcd never misses more than one of its members.
 */
import * as pulumi from "@pulumi/pulumi";
import type * as command from "@pulumi/command";
import { controlPlanesOf, type MachineSpec } from "#app/domain/cluster/spec.ts";
import { machineStepName } from "#app/domain/cluster/steps.ts";
import { renderBundle } from "#programs/render/bundle.ts";
import { renewFurtherScript } from "#programs/render/certificate-scripts.ts";
import {
  controlPlaneBackScript,
  controlPlaneTokenScript,
  joinControlPlaneScript,
  removeControlPlaneScript,
} from "#programs/render/control-plane-scripts.ts";
import { keepalivedFiles } from "#programs/render/keepalived.ts";
import { etcdConfigFile } from "#programs/render/etcd-scripts.ts";
import { patchFiles, renderControlPlaneJoinConfig, renderEtcdConfig, tokenOf } from "#programs/render/kubeadm.ts";
import { renderPki } from "#programs/render/pki.ts";
import { renderTokenSecret, tokenId } from "#programs/render/token.ts";
import type { ClusterArgs } from "./args.ts";
import { furtherRenewal } from "./certificates.ts";
import type { ControlPlane } from "./control-plane.ts";
import type { MakeMachine } from "./distribution.ts";
import type { Machine } from "./machine.ts";
import { remoteCommand } from "./remote.ts";
import { resizePauseOf } from "./resize-pause.ts";
import { membershipOf } from "./membership.ts";

/** What has to be done before all control planes are members; nothing in a cluster with one. */
export function furtherControlPlanes(cluster: ClusterArgs, first: ControlPlane, machineOf: MakeMachine): readonly pulumi.Resource[] {
  const [, ...further] = controlPlanesOf(cluster.spec);
  const members: FurtherControlPlane[] = [];
  for (const spec of further)
    members.push(new FurtherControlPlane(cluster, { spec, first, before: members.at(-1) ?? null, machineOf }, {}));
  const [second] = members;
  if (second === undefined) return [];
  return [
    ...members.map((m) => m.rest),
    new Membership(cluster, { machine: first.machine, on: second.machine, after: [second.rest] }, {}).join,
  ];
}

interface MembershipArgs {
  readonly machine: Machine;
  /** Another control plane, where what the cluster has to do about this one runs. */
  readonly on: Machine;
  /** When that one is a member. */
  readonly after: readonly pulumi.Resource[];
}

/**
 * A control plane's place among the others. The first one has it as well, from the moment there is a second: its join finds
 * that init has done everything, and has something to do only when its machine was lost and is made again.
 */
class Membership extends pulumi.ComponentResource {
  readonly join: command.remote.Command;

  constructor(cluster: ClusterArgs, { machine, on, after }: MembershipArgs, opts: pulumi.ComponentResourceOptions) {
    const { name } = machine.spec;
    super("berth:cluster:Membership", `${name}-member`, {}, opts);
    const { spec, secrets } = cluster;
    const token = tokenOf(secrets, name);
    const membership = membershipOf(cluster, on, machine, removeControlPlaneScript(spec, machine.spec), { parent: this });
    const tokenReady = remoteCommand(
      machineStepName(name, "token"),
      cluster,
      { on: on.spec, create: controlPlaneTokenScript(spec, machine.spec), stdin: renderTokenSecret(token, `join of ${name}`) },
      { parent: this, dependsOn: [membership, ...after], deletedWith: on.domain, ignoreChanges: ["create", "stdin"] },
    );
    this.join = remoteCommand(
      machineStepName(name, "join"),
      cluster,
      {
        on: machine.spec,
        create: joinControlPlaneScript(spec, machine.spec, tokenId(token)),
        stdin: joinBundle(cluster, machine.spec, token),
      },
      { parent: this, dependsOn: [machine.ready, tokenReady], deletedWith: machine.domain, ignoreChanges: ["create", "stdin"] },
    );
    this.registerOutputs({ join: this.join.id });
  }
}

const joinBundle = ({ spec, secrets }: ClusterArgs, machine: MachineSpec, token: string): string =>
  renderBundle([
    ...renderPki(secrets.pki),
    { path: "/var/lib/berth/join.yaml", mode: "0600", text: renderControlPlaneJoinConfig(spec, machine, token) },
    { path: etcdConfigFile, mode: "0644", text: renderEtcdConfig(spec, machine) },
    ...patchFiles(spec),
    ...keepalivedFiles(spec, machine),
  ]);

interface FurtherArgs {
  readonly spec: MachineSpec;
  readonly first: ControlPlane;
  /** Null: the first one is before it. */
  readonly before: FurtherControlPlane | null;
  readonly machineOf: MakeMachine;
}

class FurtherControlPlane extends pulumi.ComponentResource {
  readonly machine: Machine;
  /** Its API server answers, also after a restart. */
  readonly rest: command.remote.Command;
  /** Null: its certificates were never renewed. */
  readonly renewal: command.remote.Command | null;

  constructor(cluster: ClusterArgs, { spec, first, before, machineOf }: FurtherArgs, opts: pulumi.ComponentResourceOptions) {
    super("berth:cluster:FurtherControlPlane", `${spec.name}-control-plane`, {}, opts);
    const ahead = before ?? first;
    this.machine = machineOf(spec, [ahead.rest]);
    const { join } = new Membership(
      cluster,
      { machine: this.machine, on: first.machine, after: [first.init, ahead.rest] },
      { parent: this },
    );
    this.rest = resizePauseOf(
      cluster,
      this.machine,
      this.machine,
      { back: controlPlaneBackScript(cluster.spec, spec) },
      { parent: this, dependsOn: [join] },
    );
    this.renewal = furtherRenewal(cluster, this.machine, renewFurtherScript(cluster.spec), {
      parent: this,
      dependsOn: [this.rest, ...(ahead.renewal === null ? [] : [ahead.renewal])],
    });
    this.registerOutputs({ rest: this.rest.id });
  }
}
