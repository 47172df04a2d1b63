/** Changing a cluster: the same form. A draft may change everything; in what lives, fixed fields are shown and cannot be edited. */
import type { SubmissionResult } from "@conform-to/react";
import { Message } from "#app/components/text/messages.tsx";
import { useTranslation } from "#app/components/text/use-translation.ts";
import { fixedFields } from "#app/domain/cluster/change-classes.ts";
import type { ProblemDetail } from "#app/domain/problem.ts";
import type { EditClusterView } from "#app/services/portal.ts";
import { TextField } from "#app/ui/field.tsx";
import { Fold } from "#app/ui/fold.tsx";
import { Heading } from "#app/ui/heading.tsx";
import { clusterPath, editPath } from "#app/components/shell/paths.ts";
import { ClusterBadge } from "#app/components/shell/states.tsx";
import { ClusterTrail } from "#app/components/shell/breadcrumbs.tsx";
import { AddOnsField } from "./add-ons-field.tsx";
import { ServicesField } from "./services-field.tsx";
import { ClusterForm } from "./cluster-form.tsx";
import { editContext, editDefaults } from "./defaults.ts";
import { typedOver } from "./draft.ts";
import { AllFields, ControlPlaneFields, type FieldsProps, NameField } from "./fields.tsx";
import { PoolList } from "./pool-list.tsx";
import { currentCluster } from "./current-cluster.ts";
import { useKeptForm } from "#app/components/cluster-form/kept-form.ts";

export interface EditClusterFormProps {
  readonly view: EditClusterView;
  readonly lastResult: SubmissionResult<string[]> | null;
  readonly problem: ProblemDetail | null;
  readonly once: string;
}

export function EditClusterForm({ view, lastResult, problem, once }: EditClusterFormProps) {
  const { t } = useTranslation();
  const { cluster, spec } = view;
  const defaults = editDefaults(spec);
  const kept = useKeptForm(editPath(cluster));
  // Whoever was shown what somebody else changed, and sends again, has seen it.
  const seen = problem?.code === "revision-conflict" ? problem.revision : cluster.revision;
  return (
    <>
      <Heading
        trail={<ClusterTrail cluster={cluster} />}
        title={t("form.editTitle", { cluster: cluster.name })}
        badge={<ClusterBadge cluster={cluster} />}
        line={t("form.editLine", { revision: cluster.revision + 1 })}
      />
      {cluster.power === "saved" && (
        <Message tone="note" title={t("form.savedTitle")}>
          {t("form.savedLine")}
        </Message>
      )}
      <ClusterForm
        key={kept.restored === null ? "fresh" : "restored"}
        view={view.form}
        context={editContext(view)}
        defaults={typedOver(defaults, kept.restored ?? {})}
        restored={kept.restored !== null}
        onSend={kept.onSend}
        lastResult={lastResult}
        problem={problem}
        once={once}
        standing={currentCluster(view)}
        backTo={clusterPath(cluster)}
      >
        {(fields) => (
          <>
            <input type="hidden" name="basedOn" value={seen} readOnly />
            {cluster.state === "draft" ? <AllFields {...fields} /> : <LivingFields {...fields} />}
          </>
        )}
      </ClusterForm>
    </>
  );
}

/** What cannot change is shown and travels along, so that the one schema reads a whole form. */
function LivingFields(fields: FieldsProps) {
  const { t } = useTranslation();
  const shown = fixedFields.filter((name) => name !== "sshKeyMode" && name !== "blueprint");
  return (
    <>
      <NameField {...fields} />
      <ControlPlaneFields {...fields} />
      <PoolList {...fields} />
      <ServicesField {...fields} />
      <AddOnsField {...fields} />
      <Fold title={t("form.fixedTitle")} summary={t("form.fixed")} open={fixedFields.some((name) => fields.field(name).errors.length > 0)}>
        <input type="hidden" name="sshKeyMode" value={fields.field("sshKeyMode").value} readOnly />
        <input type="hidden" name="blueprint" value={fields.field("blueprint").value} readOnly />
        {shown.map((name) => (
          <TextField key={name} field={fields.field(name)} label={t(`form.${name}`)} help={t("form.fixedHelp")} readOnly />
        ))}
      </Fold>
    </>
  );
}
