/** Amounts as people read them: memory is counted in MiB and shown in GiB. */
import type { TFunction } from "i18next";
import { gibOf, trimmed } from "#app/ui/amounts.ts";

export interface Shown {
  readonly unit: string;
  readonly show: (value: number) => string;
}

export function shownUnit(unit: string, t: TFunction): Shown {
  switch (unit) {
    case "MiB":
      return { unit: t("plan.unit.GiB"), show: gibOf };
    case "GiB":
    case "vCPU":
    case "machines":
      return { unit: t(`plan.unit.${unit}`), show: trimmed };
    default:
      return { unit, show: trimmed };
  }
}
