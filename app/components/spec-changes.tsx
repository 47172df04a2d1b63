/** What differs between two revisions: path, before, after. */
import { useTranslation } from "react-i18next";
import type { SpecChangeRow } from "#app/domain/cluster/spec-changes.ts";

export function SpecChanges({ changes }: { readonly changes: readonly SpecChangeRow[] }) {
  const { t } = useTranslation();
  return (
    <div>
      {changes.map((change) => (
        <div key={change.path} className="b-change">
          <code>{change.path}</code>
          {change.before !== null && (
            <del>
              <span className="pf-v6-screen-reader">{t("revision.before")}: </span>
              {change.before}
            </del>
          )}
          {change.after !== null && (
            <ins>
              <span className="pf-v6-screen-reader">{t("revision.after")}: </span>
              {change.after}
            </ins>
          )}
        </div>
      ))}
    </div>
  );
}
