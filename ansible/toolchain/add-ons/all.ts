/** What the node image holds for each add-on of `app/domain/add-ons`. */
import type { AddOnImage, AddOnImages } from "./add-on.ts";
import { metricsServer } from "./metrics-server.ts";

export const addOnImages: readonly AddOnImages[] = [metricsServer];

/** Of all add-ons together. */
export const allAddOnImages: readonly AddOnImage[] = addOnImages.flatMap(({ images }) => images);
