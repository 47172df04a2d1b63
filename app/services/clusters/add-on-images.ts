/** Whether a cluster can have an add-on: its blueprint takes add-ons, and its machines' image holds their container images. */
import type { AddOnSpec } from "#app/domain/add-ons/add-on.ts";
import { chosenAddOns, imagesOf } from "#app/domain/add-ons/chosen.ts";
import type { Blueprint } from "#app/domain/blueprints/blueprint.ts";
import { addOnsOf, type ClusterSpec, controlPlaneOf } from "#app/domain/cluster/spec.ts";
import { invalidField } from "#app/domain/problem.ts";
import type { PlannedImage, SetupStatus } from "#app/ports/setup-status.ts";

/** Problem `invalid` when there are add-ons and nothing to put them into. */
export function demandAddOnsPossible({ id, addOns }: Blueprint, ids: readonly string[]): void {
  if (ids.length > 0 && !addOns) throw invalidField("addOns", "addOn.blueprint", { value: id });
}

/** Container images of add-ons that a new cluster gets. */
export const imagesForNew = (ids: readonly string[]): readonly string[] => imagesOf(chosenAddOns({ ids, kubernetes: "" }));

/** One that is not built yet will hold everything that this version of Berth puts into it. */
export const holds = ({ containerImages }: PlannedImage, names: readonly string[]): boolean =>
  containerImages === undefined || names.every((name) => containerImages.includes(name));

/** Problem `invalid` when an add-on is new to a cluster whose machines were made from an image without it. */
export async function demandImagesFor(setupStatus: SetupStatus, spec: ClusterSpec, live: ClusterSpec | null): Promise<void> {
  const there = live === null ? [] : addOnsOf(live).map(({ id }) => id);
  const added = addOnsOf(spec).filter(({ id }) => !there.includes(id));
  if (added.length === 0) return;
  const { contentHash } = controlPlaneOf(spec).image;
  const image = [...(await setupStatus.images()), ...(await plannedOf(setupStatus))].find((one) => one.contentHash === contentHash);
  const lacking = added.find((addOn) => image === undefined || !holds(image, imagesOf([addOn])));
  if (lacking !== undefined) throw lacks(lacking);
}

const plannedOf = async (setupStatus: SetupStatus): Promise<readonly PlannedImage[]> => {
  const planned = await setupStatus.plannedImage();
  return planned === null ? [] : [planned];
};

export const lacks = ({ id }: Pick<AddOnSpec, "id">) => invalidField("addOns", "addOn.image", { value: id });
