/**
 * A worker's place in the cluster. Making it does nothing; taking it away removes the Node object. So it goes when its
 * worker goes, also when the worker had only half joined; and when a machine is made again it is taken away in between,
 * because a new machine must not find the Node of the old one.
 */
import type * as command from "@pulumi/command";
import type * as pulumi from "@pulumi/pulumi";
import { machineStepName } from "#app/domain/cluster/steps.ts";
import type { ClusterArgs } from "./args.ts";
import type { Machine } from "./machine.ts";
import { remoteCommand } from "./remote.ts";

/** `unseat`: script that runs on the control plane's machine. */
export const membershipOf = (
  cluster: ClusterArgs,
  controlPlane: Machine,
  worker: Machine,
  unseat: string,
  opts: pulumi.CustomResourceOptions = {},
): command.remote.Command =>
  remoteCommand(
    machineStepName(worker.spec.name, "seat"),
    cluster,
    { on: controlPlane.spec, delete: unseat },
    { ...opts, dependsOn: worker.domain, deletedWith: controlPlane.domain, deleteBeforeReplace: true },
  );
