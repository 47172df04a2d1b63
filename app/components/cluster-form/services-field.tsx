/** The services of the cluster form: a box for each kind that can be chosen, with what its machines take. */
import { serviceLine, serviceName } from "#app/components/text/service-text.ts";
import { useTranslation } from "#app/components/text/use-translation.ts";
import { serviceKinds } from "#app/domain/services/all.ts";
import { gibOf } from "#app/ui/amounts.ts";
import { ChecksField } from "#app/ui/field.tsx";
import { Fold } from "#app/ui/fold.tsx";
import { textsIn } from "./draft.ts";
import type { FieldsProps } from "./fields.tsx";

/** A service that the cluster has and this version of Berth does not know has a box as well: no box would remove it. */
export function ServicesField({ field, draft, standing }: Pick<FieldsProps, "field" | "draft" | "standing">) {
  const { t } = useTranslation();
  const known = serviceKinds.map(({ id, machines, size, diskGiB }) => ({
    value: id,
    label: t("form.serviceChoice", {
      name: serviceName(id, t),
      machines,
      vcpus: size.vcpus,
      memory: gibOf(size.memoryMiB),
      disk: diskGiB ?? 0,
    }),
    help: serviceLine(id, t),
  }));
  const unknown = (standing?.services ?? [])
    .filter((kind) => !serviceKinds.some(({ id }) => id === kind))
    .map((kind) => ({ value: kind, label: kind, help: "" }));
  const choices = [...known, ...unknown];
  if (choices.length === 0) return null;
  const chosen = textsIn(draft["services"]);
  const going = (standing?.services ?? []).filter((kind) => !chosen.includes(kind));
  const { value, errors } = field("services");
  return (
    <Fold
      title={t("form.services")}
      summary={chosen.length === 0 ? t("word.none") : chosen.map((id) => serviceName(id, t)).join(", ")}
      open={errors.length > 0}
    >
      <ChecksField
        field={field("services")}
        label={t("form.services")}
        help={t("form.servicesHelp")}
        choices={choices}
        checked={textsIn(value)}
      />
      {going.length > 0 && <p>{t("form.serviceRemoved", { services: going.map((id) => serviceName(id, t)).join(", ") })}</p>}
    </Fold>
  );
}
