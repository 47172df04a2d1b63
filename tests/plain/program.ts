/** The cluster program with the plain distribution and the tests' service in place of Berth's own. */
import type { ClusterSecrets, ClusterSpec } from "#app/domain/cluster/spec.ts";
import type { MachineHost } from "#app/ports/stack-engine.ts";
import { programWith } from "#programs/cluster/program.ts";
import { plainDistribution } from "./distribution.ts";
import { plainServiceProgram } from "./service.ts";

export const clusterProgram = (spec: ClusterSpec, secrets: ClusterSecrets, host: MachineHost, seedFolder: string) =>
  programWith({ plain: plainDistribution }, spec, secrets, host, seedFolder, [plainServiceProgram]);
