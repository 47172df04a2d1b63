/** Before a teardown: what goes and what stays, in words; the exact list comes with the preview. */
import { networkOf } from "#app/domain/cluster/spec.ts";
import { Form } from "@remix-run/react";
import { useTranslation } from "#app/components/text/use-translation.ts";
import { planKindOf } from "#app/domain/operation/kinds.ts";
import type { ProblemDetail } from "#app/domain/problem.ts";
import type { ClusterView } from "#app/services/portal.ts";
import { Heading } from "#app/ui/heading.tsx";
import { Panel } from "#app/ui/panel.tsx";
import { LinkButton, Submit } from "#app/components/shell/link-button.tsx";
import { OnceKey } from "#app/components/shell/idempotency-key.tsx";
import { clusterPath, planPath } from "#app/components/shell/paths.ts";
import { ProblemMessage } from "#app/components/problems/problems.tsx";
import { ClusterBadge } from "#app/components/shell/states.tsx";
import { ClusterTrail } from "#app/components/shell/breadcrumbs.tsx";

export interface DestroyPageProps {
  readonly view: ClusterView;
  readonly once: string;
  readonly problem: ProblemDetail | null;
}

export function DestroyPage({ view, once, problem }: DestroyPageProps) {
  const { t } = useTranslation();
  const { summary } = view;
  const ready = view.plans.find((plan) => planKindOf(plan).removesCluster && !plan.stale);
  return (
    <>
      <Heading
        trail={<ClusterTrail cluster={summary} />}
        title={t("destroy.title", { cluster: summary.name })}
        badge={<ClusterBadge cluster={summary} />}
        line={t("destroy.line")}
      />
      {problem !== null && <ProblemMessage problem={problem} />}
      <div className="b-cards">
        <WhatGoes view={view} />
        <Panel title={t("destroy.stays")}>
          <p>{t("destroy.history")}</p>
        </Panel>
      </div>
      <div className="b-actions">
        {view.may.destroy && (
          <Form method="post">
            <OnceKey value={once} />
            <Submit weight={ready === undefined ? "primary" : "secondary"}>{t("destroy.preview")}</Submit>
          </Form>
        )}
        {ready !== undefined && (
          <LinkButton to={planPath(summary, ready.number)} weight="primary">
            {t("destroy.seePlan", { number: ready.number })}
          </LinkButton>
        )}
        <LinkButton to={clusterPath(summary)} weight="link">
          {t("destroy.keep", { cluster: summary.name })}
        </LinkButton>
      </div>
    </>
  );
}

function WhatGoes({ view }: { readonly view: ClusterView }) {
  const { t } = useTranslation();
  const machines = [...view.nodes, ...(view.serviceMachines ?? [])].map(({ name }) => name);
  const things = [
    t("destroy.machines", { count: machines.length, names: machines.join(t("word.and")) }),
    t("destroy.disk", { disk: view.summary.diskGiB }),
    t("destroy.network", { network: networkOf(view.spec).cidr }),
    t("destroy.kubeconfigs"),
    t("destroy.keys"),
  ];
  return (
    <Panel title={t("destroy.goes")} tone="warning">
      <ul className="b-list">
        {things.map((thing) => (
          <li key={thing}>{thing}</li>
        ))}
      </ul>
    </Panel>
  );
}
