/** What a row of drift says, in words. */
import type { TFunction } from "i18next";
import type { DriftRowView } from "#app/services/drift/portal-drift.ts";

export function driftText(row: DriftRowView, t: TFunction): string {
  const { subject, expected, machine } = row;
  const values = { subject, expected, machine: machine ?? "", found: row.found };
  switch (row.kind) {
    case "machine-missing":
      return t(row.found === "absent-with-disk" ? "drift.says.machine-missing-disk" : "drift.says.machine-missing", values);
    case "node-not-ready":
      return t("drift.says.node-not-ready", { ...values, found: t(row.found === "false" ? "drift.readyFalse" : "drift.readyUnknown") });
    case "node-clock":
      return t("drift.says.node-clock", { ...values, found: t(row.found === "behind" ? "drift.clockBehind" : "drift.clockAhead") });
    case "resource":
      return t(row.found === "absent" ? "drift.says.resource-absent" : "drift.says.resource", values);
    default:
      return t(`drift.says.${row.kind}`, values);
  }
}

/**
 * What a repair would do, or why there is none. `several`: the cluster has more than one control plane. `saved`: none of its machines
 * runs.
 */
export function repairText(
  row: DriftRowView,
  { several, saved }: { readonly several: boolean; readonly saved: boolean },
  t: TFunction,
): string {
  if (saved && row.repair === "none" && !row.kind.startsWith("orphan-") && row.machine !== null) return t("drift.repairs.whileSaved");
  if (row.repair === "none" && row.impact === "replace") return t(several ? "drift.repairs.lostSeveral" : "drift.repairs.lost");
  if (row.repair === "none") return t(`drift.repairs.${row.kind}`);
  const repair = row.kind === "machine-missing" && row.impact === "replace" ? "machine-missing-disk" : row.kind;
  return `${t(`drift.repairs.${repair}`)} ${t(`drift.impact.${row.impact}`)}`;
}
