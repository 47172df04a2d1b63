import type { Blueprint } from "./blueprint.ts";

/** One control plane and its workers. */
export const single: Blueprint = { id: "single", image: "node", addOns: true, distribution: "kubeadm", controlPlanes: 1, apiServer: true, sizedDisks: true };
