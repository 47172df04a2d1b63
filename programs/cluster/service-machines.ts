/** The service machines of a cluster. None waits for a node; add-ons wait for them all. */
import type * as pulumi from "@pulumi/pulumi";
import { machineNamed, servicesOf } from "#app/domain/cluster/spec.ts";
import { servicePrograms } from "#programs/services/all.ts";
import type { ServiceProgram } from "#programs/services/service.ts";
import type { ClusterArgs } from "./args.ts";
import type { MakeMachine } from "./distribution.ts";
import { ServiceMachine } from "./service-machine.ts";

/** Makes them, and returns what has to be done before they are of use. `known`: Berth's own, unless a test has something else. */
export function serviceMachines(
  cluster: ClusterArgs,
  machineOf: MakeMachine,
  known: readonly ServiceProgram[] = servicePrograms,
): readonly pulumi.Resource[] {
  const { spec } = cluster;
  return servicesOf(spec).flatMap((service) => {
    const program = known.find(({ kind }) => kind.id === service.kind);
    if (program === undefined) throw new Error(`the spec names the service ${service.kind}, which this version of Berth does not have`);
    return service.machines.map((name) => new ServiceMachine(cluster, machineOf(machineNamed(spec, name)), { service, program }, {}).check);
  });
}
