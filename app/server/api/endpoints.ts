/** Everything the API answers to. */
import { clusterEndpoints, driftEndpoints } from "./clusters.ts";
import type { Endpoint } from "./endpoint.ts";
import { operationEndpoints } from "./operations.ts";
import { peopleEndpoints, portalEndpoints } from "./portal.ts";

export const endpoints: readonly Endpoint[] = [
  ...portalEndpoints,
  ...peopleEndpoints,
  ...clusterEndpoints,
  ...driftEndpoints,
  ...operationEndpoints,
];
