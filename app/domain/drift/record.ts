/** How looks and people's decisions come together in a cluster's drift record. Pure. */
import type { ControlPlaneFacts } from "#app/domain/cluster/certificates.ts";
import { type DriftCheckResult, type DriftRecord, type DriftRow, isAboutCertificates } from "./drift.ts";

/** A row that says the same as before keeps its age and what was decided; one that changed is new. */
export function afterCheck(before: DriftRecord, check: DriftCheckResult): DriftRecord {
  const checked = {
    ...before,
    lookingUntil: null,
    wantedAt: before.wantedAt !== null && before.wantedAt > check.at ? before.wantedAt : null,
  };
  if (check.trouble !== null) return { ...checked, trouble: { at: check.at, reasons: check.trouble } };
  const rows = check.findings.map((f): DriftRow => {
    const same = before.rows.find((r) => r.id === f.id && r.found === f.found && r.expected === f.expected);
    const ignored = same?.ignored && same.ignored.until > check.at ? same.ignored : null;
    return { ...f, since: same?.since ?? check.at, ignored };
  });
  return {
    ...checked,
    at: check.at,
    revision: check.revision,
    sources: check.sources,
    trouble: null,
    rows: [...rows, ...unseenRows(before, check)],
    ...seenEnd(before, check),
  };
}

/** An API server that does not answer, because its certificate has ended for one, leaves what is known. */
function seenEnd(before: DriftRecord, check: DriftCheckResult): Pick<DriftRecord, "certificateEndsAt"> {
  const end = check.certificateEndsAt ?? before.certificateEndsAt;
  return end === undefined || end === null ? {} : { certificateEndsAt: end };
}

/** What only a silent source could have denied is still believed. */
function unseenRows(before: DriftRecord, { sources, findings }: DriftCheckResult): readonly DriftRow[] {
  const isUnseen = (kind: DriftRow["kind"]): boolean =>
    (sources.nodes === "silent" && kind.startsWith("node-")) || (sources.engine === "silent" && kind === "resource");
  return before.rows.filter(
    (r) => isUnseen(r.kind) && !findings.some((f) => f.id === r.id || (f.machine !== null && f.machine === r.machine)),
  );
}

const changeRow = (record: DriftRecord, id: string, change: (row: DriftRow) => DriftRow): DriftRecord => ({
  ...record,
  rows: record.rows.map((r) => (r.id === id ? change(r) : r)),
});

/** `until` null: show it again. */
export const ignoreRow = (record: DriftRecord, id: string, until: number | null, by: string): DriftRecord =>
  changeRow(record, id, (r) => ({ ...r, ignored: until === null ? null : { until, by } }));

export const requestCheck = (record: DriftRecord, at: number): DriftRecord => ({ ...record, wantedAt: record.wantedAt ?? at });

/**
 * A renewal succeeded that was approved at `since`: kubeadm made certificates later than that. What an earlier check read
 * or found is about the former ones, so a check of the new ones is asked for, also where no schedule makes one.
 */
export function withRenewedCertificates(record: DriftRecord, since: number, now: number): DriftRecord {
  const { certificateEndsAt: _former, ...kept } = record;
  const rows = record.rows.filter((r) => !isAboutCertificates(r.kind));
  return requestCheck({ ...kept, rows, certificatesRenewedAt: since }, now);
}

/** What is known of when the control plane's certificates end. Null: there is no record. */
export const controlPlaneFacts = (
  record: DriftRecord | null | undefined,
  { createdAt }: { readonly createdAt: number },
): ControlPlaneFacts => ({
  readEnd: record?.certificateEndsAt ?? null,
  createdAt: record?.certificatesRenewedAt ?? createdAt,
});

/** Null when somebody else is looking. */
export function beginCheck(record: DriftRecord, now: number, until: number): DriftRecord | null {
  if (record.lookingUntil !== null && record.lookingUntil > now) return null;
  return { ...record, lookingUntil: until };
}
