/** The cluster program with the plain distribution in place of Berth's own. */
import type { ClusterSecrets, ClusterSpec } from "#app/domain/cluster/spec.ts";
import type { MachineHost } from "#app/ports/stack-engine.ts";
import { programWith } from "#programs/cluster/program.ts";
import { plainDistribution } from "./distribution.ts";

export const clusterProgram = (spec: ClusterSpec, secrets: ClusterSecrets, host: MachineHost, seedFolder: string) => programWith({ plain: plainDistribution }, spec, secrets, host, seedFolder);
