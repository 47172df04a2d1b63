/** How many control planes a form that is being filled in asks for. */
import { blueprintNamed } from "#app/domain/blueprints/all.ts";
import type { Draft } from "./draft.ts";
import { wholeNumber } from "./pool-impact.ts";

/** What the chosen blueprint offers; none for a blueprint that is not offered any more. */
export const offeredCounts = (draft: Draft): readonly number[] => blueprintNamed(draft["blueprint"])?.controlPlanes.choices ?? [];

/** A number that was chosen for another blueprint counts for nothing. */
export function controlPlanesIn(draft: Draft): number {
  const asked = wholeNumber(draft["controlPlanes"]);
  if (asked !== null && offeredCounts(draft).includes(asked)) return asked;
  return blueprintNamed(draft["blueprint"])?.controlPlanes.usual ?? asked ?? 1;
}
