/** How each add-on of `app/domain/add-ons` gets into a cluster. */
import type { AddOnProgram } from "./add-on.ts";

export const addOnPrograms: readonly AddOnProgram[] = [];
