import { createHash } from "node:crypto";
import type * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import { serviceStepName } from "#app/domain/cluster/steps.ts";
import { renderService, serviceCheckScript, type ServicePlace, setupScript } from "#programs/services/scripts.ts";
import type { ClusterArgs } from "./args.ts";
import type { Machine } from "./machine.ts";
import { remoteCommand } from "./remote.ts";

/**
 * A machine that gives the cluster a service. Another text sets it up again in place; it is checked when it was set up, and
 * when its machine is made again. It keeps everything on its disk, so nothing has to be done before it goes.
 */
export class ServiceMachine extends pulumi.ComponentResource {
  /** The service works. */
  readonly check: command.remote.Command;

  constructor(
    cluster: ClusterArgs,
    machine: Machine,
    place: Omit<ServicePlace, "spec" | "machine">,
    opts: pulumi.ComponentResourceOptions,
  ) {
    const { name } = machine.spec;
    super("berth:cluster:ServiceMachine", `${name}-service`, {}, opts);
    const whole: ServicePlace = { ...place, spec: cluster.spec, machine: machine.spec };
    const [create, stdin] = [setupScript(whole), renderService(whole)];
    const here = { parent: this, deletedWith: machine.domain };
    const setup = remoteCommand(
      serviceStepName(name, "setup"),
      cluster,
      { on: machine.spec, create, stdin },
      { ...here, dependsOn: machine.ready },
    );
    this.check = remoteCommand(
      serviceStepName(name, "check"),
      cluster,
      { on: machine.spec, create: serviceCheckScript(whole), triggers: [machine.domain.id, digest(create, stdin)] },
      { ...here, dependsOn: [setup, machine.ready] },
    );
    this.registerOutputs({ check: this.check.id });
  }
}

const digest = (...texts: readonly string[]): string => createHash("sha256").update(texts.join("\0")).digest("hex").slice(0, 16);
