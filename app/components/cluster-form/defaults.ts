/** What the form is checked against, and what its fields hold before anything is typed. */
import { clusterFormDefaults, formOf, type ClusterFormContext } from "#app/forms/cluster-form.ts";
import { blueprintNamed, usualBlueprint } from "#app/domain/blueprints/all.ts";
import { poolDefaults, usualPool } from "#app/forms/pool-fields.ts";
import type { ClusterSpec } from "#app/domain/cluster/spec.ts";
import type { EditClusterView, NewClusterView } from "#app/services/portal.ts";
import { type Draft, fieldsOf } from "./draft.ts";
import { newPool } from "./pool-intents.ts";

/** `own`: the name of the cluster that is edited, which it may keep. */
export const formContext = (view: NewClusterView, own: string | null): ClusterFormContext => ({
  networkRange: view.networkRange,
  ownName: own,
  takenNames: view.takenNames.filter((name) => name !== own),
  ...(own === null ? { kubernetesVersions: view.kubernetesVersions } : {}),
});

/** A draft chooses its version again; what lives needs no image that is ready now. */
export const editContext = ({ form, cluster }: EditClusterView): ClusterFormContext => ({
  ...formContext(form, cluster.name),
  ...(cluster.state === "draft" ? { kubernetesVersions: form.kubernetesVersions } : {}),
});

export const newClusterDefaults = (view: NewClusterView): Draft =>
  fieldsOf({
    ...clusterFormDefaults,
    name: "",
    blueprint: usualBlueprint,
    kubernetesVersion: view.kubernetesVersions[0] ?? "",
    image: "",
    services: [],
    addOns: [],
    controlPlaneDiskGiB: poolDefaults.diskGiB,
    pools: [{ ...newPool, name: usualPool }],
  });

/** A number that nobody chose is none: another blueprint of a draft begins with what is usual for it. */
export const editDefaults = (spec: ClusterSpec): Draft => {
  const choices = blueprintNamed(spec.blueprint)?.controlPlanes.choices ?? [];
  return fieldsOf({ ...formOf(spec), ...(choices.length > 1 ? {} : { controlPlanes: null }) });
};
