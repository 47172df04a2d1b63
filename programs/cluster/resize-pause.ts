/**
 * What happens around a machine that is replaced while its disk stays, which is how it gets a new size. Both kinds of step
 * are bound to the machine's id: only a replaced machine runs them. Where everything goes, nobody shuts down.
 */
import * as command from "@pulumi/command";
import type * as libvirt from "@pulumi/libvirt";
import type * as pulumi from "@pulumi/pulumi";
import type { MachineSpec } from "#app/domain/cluster/spec.ts";
import { machineStepName } from "#app/domain/cluster/steps.ts";
import { shutdownScript } from "#programs/render/resize-scripts.ts";
import type { ClusterArgs } from "./args.ts";
import type { Machine } from "./machine.ts";
import { remoteCommand } from "./remote.ts";

/** Making it does nothing; taking it away shuts the machine down. */
export const shutdownOf = (
  cluster: ClusterArgs,
  spec: MachineSpec,
  { domain, disk, parent }: { readonly domain: libvirt.Domain; readonly disk: libvirt.Volume; readonly parent: pulumi.Resource },
): command.local.Command =>
  new command.local.Command(
    machineStepName(spec.name, "off"),
    { delete: shutdownScript(spec, cluster.distribution.shutdownSeconds(cluster.spec), cluster.host.libvirtUri), triggers: [domain.id] },
    { parent, deletedWith: disk, deleteBeforeReplace: true },
  );

export interface PauseScripts {
  /** When the machine is there, for the first time or again. */
  readonly back: string;
  /** Before it is shut down. */
  readonly drain?: string;
}

/** `on`: the control plane's machine, which speaks for the cluster. */
export const resizePauseOf = (
  cluster: ClusterArgs,
  on: Machine,
  machine: Machine,
  { back, drain }: PauseScripts,
  { dependsOn, ...opts }: { readonly dependsOn: readonly pulumi.Resource[]; readonly parent?: pulumi.Resource },
): command.remote.Command =>
  remoteCommand(
    machineStepName(machine.spec.name, "rest"),
    cluster,
    { on: on.spec, create: back, ...(drain === undefined ? {} : { delete: drain }), triggers: [machine.domain.id] },
    // The control plane is asked to shut down only after it has spoken for its workers.
    {
      ...opts,
      dependsOn: [...dependsOn, machine.ready, machine.off, on.off],
      deletedWith: machine.disk,
      deleteBeforeReplace: true,
      ignoreChanges: ["create"],
    },
  );
