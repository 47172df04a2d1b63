/** Asking for a new cluster. */
import type { SubmissionResult } from "@conform-to/react";
import { useTranslation } from "#app/components/text/use-translation.ts";
import type { ProblemDetail } from "#app/domain/problem.ts";
import type { NewClusterView } from "#app/services/portal.ts";
import { Heading } from "#app/ui/heading.tsx";
import { newClusterPath, tenantPath } from "#app/components/shell/paths.ts";
import { TenantTrail } from "#app/components/shell/breadcrumbs.tsx";
import { ClusterForm } from "./cluster-form.tsx";
import { formContext, newClusterDefaults } from "./defaults.ts";
import { typedOver } from "./draft.ts";
import { AllFields } from "./fields.tsx";
import { useKeptForm } from "#app/components/cluster-form/kept-form.ts";

export interface NewClusterFormProps {
  readonly view: NewClusterView;
  readonly lastResult: SubmissionResult<string[]> | null;
  readonly problem: ProblemDetail | null;
  readonly once: string;
}

export function NewClusterForm({ view, lastResult, problem, once }: NewClusterFormProps) {
  const { t } = useTranslation();
  const tenant = view.tenant.slug;
  const kept = useKeptForm(newClusterPath(tenant));
  return (
    <>
      <Heading trail={<TenantTrail tenant={tenant} />} title={t("form.createTitle")} line={t("form.createLine", { tenant })} />
      <ClusterForm
        key={kept.restored === null ? "fresh" : "restored"}
        view={view}
        context={formContext(view, null)}
        defaults={typedOver(newClusterDefaults(view), kept.restored ?? {})}
        restored={kept.restored !== null}
        onSend={kept.onSend}
        lastResult={lastResult}
        problem={problem}
        once={once}
        standing={null}
        backTo={tenantPath(tenant)}
      >
        {(fields) => <AllFields {...fields} />}
      </ClusterForm>
    </>
  );
}
