import { poolOf } from "#app/domain/cluster/spec.ts";
import type * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import { machineStepName } from "#app/domain/cluster/steps.ts";
import { renderBundle } from "#programs/render/bundle.ts";
import { isFounding, renderJoinConfig, tokenOf } from "#programs/render/kubeadm.ts";
import { joinScript, leaveScript, memberScript, tokenScript, removeNodeScript } from "#programs/render/scripts.ts";
import { backScript, drainScript } from "#programs/render/resize-scripts.ts";
import { hasNodeSettings, nodeSettingsScript } from "#programs/render/pool-scripts.ts";
import { renderTokenSecret, tokenId } from "#programs/render/token.ts";
import type { ClusterArgs } from "./args.ts";
import type { ControlPlane } from "./control-plane.ts";
import type { Machine } from "./machine.ts";
import { remoteCommand } from "./remote.ts";
import { resizePauseOf } from "./resize-pause.ts";
import { membershipOf } from "./membership.ts";

/**
 * A machine as a member of the cluster. A founding worker starts to join as soon as it is up, while init still runs;
 * a later one first gets a token. Removing it drains the node and deletes it from the cluster, and only then the
 * machine goes, because everything here depends on it; when the whole cluster goes, nothing is drained.
 */
export class Worker extends pulumi.ComponentResource {
  /** The Node is labelled, and its token is gone. */
  readonly member: command.remote.Command;

  constructor(cluster: ClusterArgs, controlPlane: ControlPlane, machine: Machine, opts: pulumi.ComponentResourceOptions) {
    const { name } = machine.spec;
    super("berth:cluster:Worker", `${name}-member`, {}, opts);
    const token = tokenOf(cluster.secrets, name);
    const stdin = renderBundle([
      { path: "/var/lib/berth/join.yaml", mode: "0600", text: renderJoinConfig(cluster.spec, machine.spec, token) },
    ]);
    const membership = membershipOf(cluster, controlPlane.machine, machine, removeNodeScript(cluster.spec, machine.spec), { parent: this });
    const join = remoteCommand(
      machineStepName(name, "join"),
      cluster,
      { on: machine.spec, create: joinScript(cluster.spec), stdin },
      {
        parent: this,
        deletedWith: machine.domain,
        dependsOn: [machine.ready, membership, this.token(cluster, controlPlane, machine, token)],
        ignoreChanges: ["create", "stdin"],
      },
    );
    this.member = this.membership(cluster, controlPlane, machine, token, join);
    const { spec } = cluster;
    const scripts = { back: backScript(spec, machine.spec, tokenId(token)), drain: drainScript(spec, machine.spec) };
    resizePauseOf(cluster, controlPlane.machine, machine, scripts, { parent: this, dependsOn: [this.member, controlPlane.rest] });
    this.nodeSettings(cluster, controlPlane, machine);
    this.registerOutputs({ join: join.id });
  }

  /** Bound to the machine: a new one is a new node. Where it goes, its labels need not be taken away. */
  private nodeSettings(cluster: ClusterArgs, controlPlane: ControlPlane, machine: Machine): void {
    const { spec } = cluster;
    const pool = poolOf(spec, machine.spec.name);
    if (pool === undefined || !hasNodeSettings(pool)) return;
    remoteCommand(
      machineStepName(machine.spec.name, "labels"),
      cluster,
      {
        on: controlPlane.machine.spec,
        create: nodeSettingsScript(spec, machine.spec, pool),
        delete: nodeSettingsScript(spec, machine.spec, { labels: {}, taints: [] }),
        triggers: [machine.domain.id],
      },
      { parent: this, dependsOn: this.member, deletedWith: machine.domain },
    );
  }

  /** Init knows the tokens of founding workers: theirs is made here only if they have to join again. */
  private token(cluster: ClusterArgs, { machine: on, init }: ControlPlane, { spec }: Machine, token: string): command.remote.Command {
    return remoteCommand(
      machineStepName(spec.name, "token"),
      cluster,
      { on: on.spec, create: tokenScript(cluster.spec), stdin: renderTokenSecret(token, `join of ${spec.name}`) },
      { parent: this, dependsOn: isFounding(spec) ? on.ready : init, deletedWith: on.domain, ignoreChanges: ["create", "stdin"] },
    );
  }

  private membership(
    cluster: ClusterArgs,
    controlPlane: ControlPlane,
    { spec }: Machine,
    token: string,
    join: pulumi.Resource,
  ): command.remote.Command {
    return remoteCommand(
      machineStepName(spec.name, "member"),
      cluster,
      {
        on: controlPlane.machine.spec,
        create: memberScript(cluster.spec, spec, tokenId(token)),
        delete: leaveScript(cluster.spec, spec),
      },
      {
        parent: this,
        dependsOn: [join, controlPlane.init],
        deletedWith: controlPlane.machine.domain,
        // Another way of draining in a newer version is no change of a cluster that is there.
        ignoreChanges: ["create", "delete"],
      },
    );
  }
}
