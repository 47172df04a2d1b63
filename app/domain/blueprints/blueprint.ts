/** A shape of cluster that a person can choose: one definition per file, and its line in all.ts. */
import type { ImageKind } from "#app/domain/cluster/spec.ts";
import type { Topology } from "#app/domain/cluster/spec-input.ts";

export interface Blueprint extends Topology {
  /** Kind of image its machines are made from. */
  readonly image: ImageKind;
  /** Whether it has a Kubernetes cluster that add-ons can be put into. */
  readonly addOns: boolean;
}
