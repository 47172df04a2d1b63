/** Every blueprint that a person can choose; the first is the one that a form starts with. */
import type { Blueprint } from "./blueprint.ts";
import { single } from "./single.ts";

export const blueprints: readonly Blueprint[] = [single];
export const usualBlueprint = single.id;
