/** One revision: what it says, and what was different before. */
import { useTranslation } from "#app/components/text/use-translation.ts";
import type { RevisionView } from "#app/services/portal.ts";
import { Heading } from "#app/ui/heading.tsx";
import { Panel } from "#app/ui/panel.tsx";
import { AsJson } from "#app/components/shell/as-json.tsx";
import { MachineTable } from "./machine-table.tsx";
import { LinkButton } from "#app/components/shell/link-button.tsx";
import { Moment } from "#app/components/text/timestamp.tsx";
import { revisionPath } from "#app/components/shell/paths.ts";
import { SpecChanges } from "#app/components/problems/spec-changes.tsx";
import { SpecFacts } from "./spec-facts.tsx";
import { ClusterTrail } from "#app/components/shell/breadcrumbs.tsx";

export function RevisionPage({ view }: { readonly view: RevisionView }) {
  const { t } = useTranslation();
  const { cluster, revision, spec } = view;
  return (
    <>
      <Heading
        trail={<ClusterTrail cluster={cluster} />}
        title={t("revision.title", { cluster: cluster.name, revision })}
        line={
          <>
            {t("revision.line")} <Moment at={view.at} />
          </>
        }
        actions={
          revision > 1 && (
            <LinkButton to={revisionPath(cluster, revision - 1)}>{t("revision.previous", { revision: revision - 1 })}</LinkButton>
          )
        }
      />
      <Panel title={revision > 1 ? t("revision.changes", { revision: revision - 1 }) : t("revision.first")}>
        {revision > 1 && view.changes.length === 0 ? (
          <p>{t("revision.noChanges")}</p>
        ) : (
          revision > 1 && <SpecChanges changes={view.changes} />
        )}
        <SpecFacts spec={spec} />
      </Panel>
      <Panel title={t("revision.machines")}>
        <MachineTable spec={spec} />
      </Panel>
      <AsJson />
    </>
  );
}
