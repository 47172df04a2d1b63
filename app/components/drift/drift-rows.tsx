/** Rows of drift with their buttons; each button is a form of its own and needs no script. */
import { Form } from "@remix-run/react";
import { useTranslation } from "#app/components/text/use-translation.ts";
import type { DriftRights, DriftRowView } from "#app/services/drift/portal-drift.ts";
import { Fold } from "#app/ui/fold.tsx";
import { Records } from "#app/ui/records.tsx";
import { driftText, repairText } from "./drift-text.ts";
import { Submit } from "#app/components/shell/link-button.tsx";
import { Moment } from "#app/components/text/timestamp.tsx";
import { OnceKey } from "#app/components/shell/idempotency-key.tsx";

export interface DriftRowsProps {
  readonly rows: readonly DriftRowView[];
  /** The cluster has more than one control plane. */
  readonly several: boolean;
  /** None of its machines is meant to run. */
  readonly saved: boolean;
  readonly may: DriftRights;
  readonly once: string;
}

export function DriftRows({ rows, several, saved, may, once }: DriftRowsProps) {
  const { t } = useTranslation();
  const decides = may.repair || may.adopt || may.ignore;
  const columns = [
    { name: t("drift.what"), cell: (row: DriftRowView) => <strong>{driftText(row, t)}</strong> },
    { name: t("drift.since"), cell: (row: DriftRowView) => <Moment at={row.since} /> },
    { name: t("drift.repair"), cell: (row: DriftRowView) => repairText(row, { several, saved }, t) },
    ...(decides ? [{ name: t("drift.decide"), cell: (row: DriftRowView) => <Decisions row={row} may={may} once={once} /> }] : []),
  ];
  return <Records caption={t("drift.rows")} columns={columns} rows={rows} keyOf={(row) => row.id} />;
}

function Decisions({ row, may, once }: { readonly row: DriftRowView; readonly may: DriftRights; readonly once: string }) {
  const { t } = useTranslation();
  const { subject } = row;
  return (
    <div className="b-actions">
      {may.repair && row.repair === "plan" && (
        <Decision row={row} intent="repair" once={once}>
          <Submit weight="secondary" label={t("drift.planOneNamed", { subject })}>
            {t("drift.planOne")}
          </Submit>
        </Decision>
      )}
      {may.adopt && row.adopt && (
        <Decision row={row} intent="adopt" once={once}>
          <Submit weight="secondary" label={t("drift.adoptNamed", { subject })}>
            {t("drift.adopt")}
          </Submit>
        </Decision>
      )}
      {may.ignore && <Ignore row={row} />}
    </div>
  );
}

interface DecisionProps {
  readonly row: DriftRowView;
  readonly intent: "repair" | "adopt" | "ignore";
  readonly once: string | null;
  readonly children: React.ReactNode;
}

function Decision({ row, intent, once, children }: DecisionProps) {
  return (
    <Form method="post" className="b-row">
      {/* Two rows of one page are two requests: each has a key of its own. */}
      {once !== null && <OnceKey value={`${once}-${intent}-${encodeURIComponent(row.id).slice(-120)}`} />}
      <input type="hidden" name="intent" value={intent} />
      <input type="hidden" name="id" value={row.id} />
      {children}
    </Form>
  );
}

const spans = [1, 7, 30, 90] as const;

function Ignore({ row }: { readonly row: DriftRowView }) {
  const { t } = useTranslation();
  const { subject } = row;
  return (
    <Decision row={row} intent="ignore" once={null}>
      <span className="b-select">
        <select name="days" aria-label={t("drift.ignoreForNamed", { subject })} defaultValue="7">
          {spans.map((days) => (
            <option key={days} value={days}>
              {t("drift.day", { count: days })}
            </option>
          ))}
        </select>
      </span>
      <Submit weight="link" label={t("drift.ignoreNamed", { subject })}>
        {t("drift.ignore")}
      </Submit>
    </Decision>
  );
}

export function IgnoredRows({ rows, may }: Pick<DriftRowsProps, "rows" | "may">) {
  const { t } = useTranslation();
  if (rows.length === 0) return null;
  return (
    <Fold title={t("drift.ignored")} summary={String(rows.length)}>
      <ul className="b-list">
        {rows.map((row) => (
          <li key={row.id} className="b-row b-between">
            <span>
              {driftText(row, t)}{" "}
              {row.ignored !== null && (
                <span className="b-muted">
                  {t("drift.ignoredUntil", { by: row.ignored.by })} <Moment at={row.ignored.until} />
                </span>
              )}
            </span>
            {may.ignore && (
              <Decision row={row} intent="ignore" once={null}>
                <input type="hidden" name="days" value="0" />
                <Submit weight="link" label={t("drift.showAgainNamed", { subject: row.subject })}>
                  {t("drift.showAgain")}
                </Submit>
              </Decision>
            )}
          </li>
        ))}
      </ul>
    </Fold>
  );
}
