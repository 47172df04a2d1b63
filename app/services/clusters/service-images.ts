/** Which services a request may have, and the images that their machines are made from. */
import { type ServiceChoice, type ServiceImages, addedServices, refusedServices } from "#app/domain/services/chosen.ts";
import type { ServiceKind } from "#app/domain/services/service.ts";
import type { ImageKind, ImageRef } from "#app/domain/cluster/spec.ts";
import { Problem } from "#app/domain/problem.ts";
import type { PlannedImage, SetupStatus } from "#app/ports/setup-status.ts";

/** Problem `invalid` with what is wrong with the choice. */
export function demandServicesPossible(choice: ServiceChoice, known: readonly ServiceKind[]): void {
  const issues = refusedServices(choice, known);
  if (issues.length > 0) throw new Problem({ code: "invalid", issues });
}

/** The image that the cluster's nodes are made from, and its kind. */
export interface NodeImage {
  readonly kind: ImageKind;
  readonly image: ImageRef;
}

/**
 * Of the services that the choice adds. The image of the nodes serves for its kind; of another kind the newest that is ready comes
 * first.
 */
export async function imagesForServices(
  setupStatus: SetupStatus,
  choice: ServiceChoice,
  known: readonly ServiceKind[],
  own: NodeImage,
): Promise<ServiceImages> {
  const kinds = [...new Set(addedServices(choice, known).map(({ image }) => image))].filter((kind) => kind !== own.kind);
  const others = kinds.length === 0 ? [] : await imagesIn(setupStatus);
  return { [own.kind]: own.image, ...Object.fromEntries(kinds.map((kind) => [kind, newest(others, kind)])) };
}

async function imagesIn(setupStatus: SetupStatus): Promise<readonly PlannedImage[]> {
  const planned = await setupStatus.plannedImage();
  return [...(await setupStatus.images()), ...(planned === null ? [] : [planned])];
}

function newest(images: readonly PlannedImage[], kind: ImageKind): ImageRef {
  const found = images.find((image) => image.kind === kind);
  if (found === undefined) throw new Problem({ code: "not-ready", waitingFor: ["image"] });
  return { name: found.name, contentHash: found.contentHash };
}
