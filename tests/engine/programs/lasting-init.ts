/** Plain machines with an init that lasts for a minute, until there is a file `quick` beside the folder of consoles. */
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { type ClusterSecrets, type ClusterSpec, kubernetesOf } from "#app/domain/cluster/spec.ts";
import { clusterStepName } from "#app/domain/cluster/steps.ts";
import type { MachineHost } from "#app/ports/stack-engine.ts";
import { clusterProgram as plainProgram } from "#tests/plain/program.ts";

export const clusterProgram = (spec: ClusterSpec, secrets: ClusterSecrets, host: MachineHost, seedFolder: string) => async () => {
  const init = clusterStepName(kubernetesOf(spec).key, "init");
  const quick = existsSync(join(dirname(host.consoleFolder), "quick"));
  pulumi.runtime.registerStackTransformation(({ name, props, opts }) => {
    if (quick || name !== init) return undefined;
    const { create } = props as { readonly create: pulumi.Input<string> };
    return { props: { ...props, create: pulumi.interpolate`echo init lasts; sleep 60; ${create}` }, opts };
  });
  return await plainProgram(spec, secrets, host, seedFolder)();
};
