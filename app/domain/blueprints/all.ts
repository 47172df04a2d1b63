/** Every blueprint that a person can choose; the first is the one that a form starts with. */
import type { Blueprint } from "./blueprint.ts";
import { ha } from "./ha.ts";
import { single } from "./single.ts";

export const blueprints: readonly Blueprint[] = [single, ha];
export const usualBlueprint = single.id;

/** Whether add-ons can be put into clusters of this blueprint; of one that this version does not have: no. */
export const takesAddOns = (id: string): boolean => blueprints.some((blueprint) => blueprint.id === id && blueprint.addOns);

/** Undefined for one that a person cannot choose. */
export const blueprintNamed = (id: string | undefined): Blueprint | undefined => blueprints.find((b) => b.id === id);
