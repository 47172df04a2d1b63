/** Changing a cluster: the same form, without what is fixed for its life. */
import type { SubmissionResult } from "@conform-to/react";
import { useTranslation } from "react-i18next";
import type { ProblemDetail } from "#app/domain/problem.ts";
import type { EditClusterView } from "#app/services/portal.ts";
import { Heading } from "#app/ui/heading.tsx";
import { clusterPath } from "../paths.ts";
import { ClusterBadge } from "../states.tsx";
import { ClusterTrail } from "../trail.tsx";
import { ClusterForm } from "./cluster-form.tsx";
import { editDefaults, formContext } from "./defaults.ts";
import { DiskField, SizeFields } from "./fields.tsx";
import type { Draft } from "./offer.ts";

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
  // Whoever was shown what somebody else changed, and sends again, has seen it.
  const seen = problem?.code === "revision-conflict" ? problem.revision : cluster.revision;
  return (
    <>
      <Heading
        trail={<ClusterTrail cluster={cluster} />}
        title={t("form.editTitle", { cluster: cluster.name })}
        badge={<ClusterBadge state={cluster.state} />}
        line={t("form.editLine", { revision: cluster.revision + 1 })}
      />
      <ClusterForm
        view={view.form}
        context={formContext(view.form, cluster.name)}
        defaults={defaults}
        lastResult={lastResult}
        problem={problem}
        once={once}
        standing={{ reserved: view.reserved, disks: cluster.liveRevision === 0 ? [] : spec.machines.map((m) => m.diskGiB) }}
        keptNetwork={spec.network.cidr}
        backTo={clusterPath(cluster)}
      >
        {(fields) => (
          <>
            <Fixed defaults={defaults} />
            <input type="hidden" name="basedOn" value={seen} readOnly />
            <SizeFields {...fields} />
            <DiskField field={fields.field} help={t("form.diskEditHelp")} />
            <p className="b-muted b-small">{t("form.fixed")}</p>
          </>
        )}
      </ClusterForm>
    </>
  );
}

const fixedFields = ["name", "kubernetesVersion", "image", "sshKeyMode", "sshKey", "podCidr", "serviceCidr"] as const;

/** What cannot change travels along, so that the one schema reads a whole form. */
function Fixed({ defaults }: { readonly defaults: Draft }) {
  return (
    <>
      {fixedFields.map((name) => (
        <input key={name} type="hidden" name={name} value={defaults[name] ?? ""} readOnly />
      ))}
    </>
  );
}
