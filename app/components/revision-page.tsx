/** One revision: what it says, and what was different before. */
import { useTranslation } from "#app/components/use-translation.ts";
import type { RevisionView } from "#app/services/portal.ts";
import { Heading } from "#app/ui/heading.tsx";
import { Panel } from "#app/ui/panel.tsx";
import { AsJson } from "./as-json.tsx";
import { MachineTable } from "./machine-table.tsx";
import { LinkButton } from "./link-button.tsx";
import { Moment } from "./moment.tsx";
import { revisionPath } from "./paths.ts";
import { SpecChanges } from "./spec-changes.tsx";
import { SpecFacts } from "./spec-facts.tsx";
import { ClusterTrail } from "./trail.tsx";

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
        actions={revision > 1 && <LinkButton to={revisionPath(cluster, revision - 1)}>{t("revision.previous", { revision: revision - 1 })}</LinkButton>}
      />
      <Panel title={revision > 1 ? t("revision.changes", { revision: revision - 1 }) : t("revision.first")}>
        {revision > 1 && view.changes.length === 0 ? <p>{t("revision.noChanges")}</p> : revision > 1 && <SpecChanges changes={view.changes} />}
        <SpecFacts spec={spec} />
      </Panel>
      <Panel title={t("revision.machines")}>
        <MachineTable spec={spec} />
      </Panel>
      <AsJson />
    </>
  );
}
