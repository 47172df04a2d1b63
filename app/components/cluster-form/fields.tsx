/** The fields of the cluster form. Four lead to a working cluster; the rest is folded, its value in the fold's title. */
import { useTranslation } from "#app/components/text/use-translation.ts";
import { blueprintLine, blueprintText } from "#app/components/text/blueprint-text.ts";
import { blueprints } from "#app/domain/blueprints/all.ts";
import { clusterNameLimit, isLabel, machineName } from "#app/domain/cluster/names.ts";
import { limits } from "#app/domain/cluster/sizes.ts";
import { type ClusterFormContext, nameWarning, sshKeyModes } from "#app/forms/cluster-form.ts";
import { ruleText } from "#app/messages/rule-text.ts";
import type { NewClusterView } from "#app/services/portal.ts";
import { RadioField, SelectField, TextAreaField, TextField, type FieldState } from "#app/ui/field.tsx";
import { Fold } from "#app/ui/fold.tsx";
import { ExclamationTriangleIcon } from "#app/ui/icons.tsx";
import { AddOnsField } from "./add-ons-field.tsx";
import { ServicesField } from "./services-field.tsx";
import { controlPlanesIn, offeredCounts } from "./control-plane-count.ts";
import { type Draft, poolsIn } from "./draft.ts";
import { type PoolEntry, PoolList } from "./pool-list.tsx";
import { SizeField } from "./size-field.tsx";
import type { CurrentCluster } from "./current-cluster.ts";

export interface FieldsProps {
  /** State of a field by its name. */
  readonly field: (name: string) => FieldState;
  readonly draft: Draft;
  readonly view: NewClusterView;
  readonly context: ClusterFormContext;
  readonly pools: readonly PoolEntry[];
  /** What the cluster has already; null for a new one. */
  readonly standing: CurrentCluster | null;
}

const exampleNames = (controlPlanes: number, workers: number): readonly string[] => [
  ...Array.from({ length: controlPlanes }, (_, i) => machineName("control-plane", i)),
  ...Array.from({ length: workers }, (_, i) => machineName("worker", i + 1)),
];

const wrong = (field: FieldsProps["field"], names: readonly string[]): boolean => names.some((name) => field(name).errors.length > 0);

export function NameField({ field, draft, context, standing }: FieldsProps) {
  const { t } = useTranslation();
  const name = draft["name"] ?? "";
  const workers = Math.min(
    2,
    poolsIn(draft).reduce((sum, pool) => sum + (Number(pool.count) || 0), 0),
  );
  const fits = isLabel(name) && name.length <= clusterNameLimit;
  const living = standing !== null && standing.pools.length > 0;
  // Once the form was sent, the same sentence is the field's error.
  const warning = field("name").errors.length === 0 ? nameWarning(name, context) : null;
  const usual = living
    ? t("form.renameHelp")
    : fits
      ? t("form.nameMachines", { names: exampleNames(controlPlanesIn(draft), workers).join(t("word.and")) })
      : t("form.nameHelp");
  const help = (
    <>
      <Warning text={warning === null ? null : ruleText({ field: "name", ...warning }, t)} />
      {warning === null && usual}
    </>
  );
  return <TextField field={field("name")} label={t("form.name")} help={help} required autoFocus={!living} autoComplete="off" />;
}

/**
 * Read out while the person types: no other message is shown before the form is sent. The region is there before its text:
 * screen readers do not read one that comes together with it.
 */
const Warning = ({ text }: { readonly text: string | null }) => (
  <span role="status">
    {text !== null && (
      <>
        <span className="b-tone-warning">
          <ExclamationTriangleIcon />
        </span>{" "}
        {text}
      </>
    )}
  </span>
);

export function VersionField({ field, view }: FieldsProps) {
  const { t } = useTranslation();
  const [first] = view.kubernetesVersions;
  if (first === undefined)
    return <TextField field={field("kubernetesVersion")} label={t("form.kubernetesVersion")} help={t("form.noVersion")} />;
  const choices = view.kubernetesVersions.map((version) => ({
    value: version,
    label: version === first ? t("form.recommended", { version }) : version,
  }));
  return <SelectField field={field("kubernetesVersion")} label={t("form.kubernetesVersion")} choices={choices} />;
}

/** Hidden where there is nothing to choose. */
export function BlueprintField({ field }: FieldsProps) {
  const { t } = useTranslation();
  if (blueprints.length < 2) return null;
  return (
    <RadioField
      field={field("blueprint")}
      label={t("form.blueprint")}
      choices={blueprints.map(({ id }) => ({ value: id, label: blueprintText(id, t), help: blueprintLine(id, t) }))}
    />
  );
}

/** Offered where the blueprint leaves a choice, and in a cluster that lives only as far as it can get more. */
function ControlPlaneCount({ field, draft, standing }: FieldsProps) {
  const { t } = useTranslation();
  const choices = offeredCounts(draft).filter((count) => count >= (standing?.fewest ?? 0));
  if (choices.length < 2) return null;
  const known = field("controlPlanes");
  const shown = { ...known, value: String(controlPlanesIn({ ...draft, controlPlanes: draft["controlPlanes"] ?? known.value })) };
  return (
    <SelectField
      field={shown}
      label={t("form.controlPlanes")}
      help={t("form.controlPlanesHelp")}
      choices={choices.map((count) => ({ value: String(count), label: String(count) }))}
    />
  );
}

export const ControlPlaneFields = (fields: FieldsProps) => {
  const { field } = fields;
  const { t } = useTranslation();
  const numbers = {
    vcpus: { field: field("controlPlaneVcpus"), label: t("form.controlPlaneVcpus") },
    memoryMiB: { field: field("controlPlaneMemoryMiB"), label: t("form.controlPlaneMemoryMiB") },
  };
  return (
    <>
      <ControlPlaneCount {...fields} />
      <SizeField size={{ field: field("controlPlaneSize"), label: t("form.controlPlaneSize") }} {...numbers} />
    </>
  );
};

export function AccessFold({ field, draft }: FieldsProps) {
  const { t } = useTranslation();
  const mode = draft["sshKeyMode"] ?? "none";
  const labels = { none: "sshNone", generate: "sshGenerate", paste: "sshPaste" } as const;
  const helps = { none: "sshNoneHelp", generate: "sshGenerateHelp", paste: "sshPasteHelp" } as const;
  const chosen = sshKeyModes.find((value) => value === mode) ?? "none";
  return (
    <Fold
      title={t("form.access")}
      summary={`${t("form.sshKeyMode")}: ${t(`form.${labels[chosen]}`)}`}
      open={chosen !== "none" || wrong(field, ["sshKey", "sshKeyMode"])}
    >
      <RadioField
        field={field("sshKeyMode")}
        label={t("form.sshKeyMode")}
        choices={sshKeyModes.map((value) => ({ value, label: t(`form.${labels[value]}`), help: t(`form.${helps[value]}`) }))}
      />
      <TextAreaField field={field("sshKey")} label={t("form.sshKey")} />
    </Fold>
  );
}

export function NetworkFold({ field, draft, view }: FieldsProps) {
  const { t } = useTranslation();
  const names = ["podCidr", "serviceCidr"] as const;
  return (
    <Fold title={t("form.network")} summary={names.map((name) => draft[name] ?? "").join(" · ")} open={wrong(field, names)}>
      <div className="b-field-pair">
        {names.map((name) => (
          <TextField key={name} field={field(name)} label={t(`form.${name}`)} help={t("form.cidrHelp", { range: view.networkRange })} />
        ))}
      </div>
    </Fold>
  );
}

export function ImageFold({ field, draft, view }: FieldsProps) {
  const { t } = useTranslation();
  const images = view.images.filter((image) => image.kind === "node");
  const choices = [{ value: "", label: t("form.imageNewest") }, ...images.map((image) => ({ value: image.name, label: image.name }))];
  const summary = `${draft["image"] || t("form.imageNewest")} · ${draft["controlPlaneDiskGiB"] ?? ""} ${t("word.gib")}`;
  return (
    <Fold title={t("form.image")} summary={summary} open={wrong(field, ["image", "controlPlaneDiskGiB"])}>
      <SelectField field={field("image")} label={t("form.image")} choices={choices} />
      <TextField
        field={field("controlPlaneDiskGiB")}
        label={t("form.controlPlaneDiskGiB")}
        help={t("form.diskHelp")}
        type="number"
        min={limits.diskGiB.min}
        max={limits.diskGiB.max}
      />
    </Fold>
  );
}

/** Everything that a cluster without machines can still be. */
export function AllFields(fields: FieldsProps) {
  return (
    <>
      <NameField {...fields} />
      <BlueprintField {...fields} />
      <VersionField {...fields} />
      <ControlPlaneFields {...fields} />
      <PoolList {...fields} />
      <ServicesField {...fields} />
      <AddOnsField {...fields} />
      <AccessFold {...fields} />
      <NetworkFold {...fields} />
      <ImageFold {...fields} />
    </>
  );
}
