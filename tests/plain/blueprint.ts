/** One machine that stands for a control plane and others that stand for workers, without Kubernetes on them. */
import type { Blueprint } from "#app/domain/blueprints/blueprint.ts";

export const plainBlueprint: Blueprint = {
  id: "machines",
  image: "tiny",
  addOns: false,
  distribution: "plain",
  controlPlanes: { choices: [1], usual: 1 },
  virtualEndpoint: false,
  apiServer: false,
  sizedDisks: false,
};
