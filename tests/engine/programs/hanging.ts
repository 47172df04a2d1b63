/** Plain machines whose kernel finds nothing to start: they are there, and never come up. */
import * as pulumi from "@pulumi/pulumi";
import type { ClusterSecrets, ClusterSpec } from "#app/domain/cluster/spec.ts";
import type { MachineHost } from "#app/ports/stack-engine.ts";
import { clusterProgram as plainProgram } from "#tests/plain/program.ts";

export const clusterProgram = (spec: ClusterSpec, secrets: ClusterSecrets, host: MachineHost, seedFolder: string) => async () => {
  pulumi.runtime.registerStackTransformation(({ type, props, opts }) => {
    if (type !== "libvirt:index/domain:Domain") return undefined;
    const { xml } = props as { readonly xml: { readonly xslt: string } };
    return { props: { ...props, xml: { xslt: xml.xslt.replace("<cmdline>", "<cmdline>rdinit=/nothing ") } }, opts };
  });
  return await plainProgram(spec, secrets, host, seedFolder)();
};
