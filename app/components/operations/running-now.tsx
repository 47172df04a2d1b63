/** What is under way: one line per operation, each a link to its live page. */
import { Link } from "@remix-run/react";
import { useTranslation } from "#app/components/text/use-translation.ts";
import type { OperationSummary } from "#app/services/portal.ts";
import { Panel } from "#app/ui/panel.tsx";
import { OperationTime } from "./operation-time.tsx";
import { titleOf } from "./operation-title.ts";
import { operationPath } from "#app/components/shell/paths.ts";
import { OperationBadge } from "#app/components/shell/states.tsx";

export function RunningNow({ operations }: { readonly operations: readonly OperationSummary[] }) {
  const { t } = useTranslation();
  if (operations.length === 0) return null;
  return (
    <Panel title={t("dashboard.running")} tone="active">
      <ul className="b-running">
        {operations.map((operation) => (
          <li key={operation.id}>
            <Link to={operationPath(operation.id)}>{titleOf(operation, t)}</Link>
            <OperationBadge state={operation.state} />
            <span className="b-muted">
              <OperationTime operation={operation} />
            </span>
          </li>
        ))}
      </ul>
    </Panel>
  );
}
