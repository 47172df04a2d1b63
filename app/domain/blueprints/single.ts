import type { Blueprint } from "./blueprint.ts";

/** One control plane and its workers. */
export const single: Blueprint = {
  id: "single",
  image: "node",
  addOns: true,
  distribution: "kubeadm",
  controlPlanes: { choices: [1], usual: 1 },
  virtualEndpoint: false,
  apiServer: true,
  sizedDisks: true,
};
