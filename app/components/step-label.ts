/** A step in words: what it is, and which machine it is about; null for what only its name tells. */
import type { TFunction } from "i18next";
import { stepOf } from "#app/domain/cluster/steps.ts";

export function stepLabel(name: string, t: TFunction): string | null {
  const known = stepOf(name);
  return known === null ? null : t(`step.${known.step}`, { of: known.of });
}
