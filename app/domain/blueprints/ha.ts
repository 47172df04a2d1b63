import type { Blueprint } from "./blueprint.ts";

/** Control planes that share an address, and workers: with three or five, the loss of any one machine leaves the cluster up. */
export const ha: Blueprint = {
  id: "ha",
  image: "node",
  addOns: true,
  distribution: "kubeadm",
  controlPlanes: { choices: [1, 3, 5], usual: 3 },
  virtualEndpoint: true,
  apiServer: true,
  sizedDisks: true,
};
