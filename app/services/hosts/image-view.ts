/** An image as pages and API show it: where it lies on this machine is the portal's own business. */
import type { image } from "#app/contract/hosts.ts";
import type { Answer } from "#app/contract/shapes.ts";
import type { ReadyImage } from "#app/ports/setup-status.ts";

export type ImageView = Answer<typeof image>;

export const imageView = ({ folder: _folder, ...image }: ReadyImage): ImageView => image;
