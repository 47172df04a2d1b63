/** The add-ons of the cluster form: a box for each that can be chosen, with what it needs. */
import { addOnLine, addOnName } from "#app/components/text/add-on-text.ts";
import { useTranslation } from "#app/components/text/use-translation.ts";
import { addOns } from "#app/domain/add-ons/all.ts";
import { takesAddOns, usualBlueprint } from "#app/domain/blueprints/all.ts";
import { ChecksField } from "#app/ui/field.tsx";
import { Fold } from "#app/ui/fold.tsx";
import { textsIn } from "./draft.ts";
import type { FieldsProps } from "./fields.tsx";

export function AddOnsField({ field, draft, standing }: Pick<FieldsProps, "field" | "draft" | "standing">) {
  const { t } = useTranslation();
  if (addOns.length === 0 || !takesAddOns(standing?.blueprint ?? usualBlueprint)) return null;
  const chosen = textsIn(draft["addOns"]);
  const { value, errors } = field("addOns");
  const choices = addOns.map(({ id, versions: [version], memoryMiB }) => ({
    value: id,
    label: t("form.addOnChoice", { name: addOnName(id, t), version, memory: memoryMiB }),
    help: addOnLine(id, t),
  }));
  return (
    <Fold
      title={t("form.addOns")}
      summary={chosen.length === 0 ? t("word.none") : chosen.map((id) => addOnName(id, t)).join(", ")}
      open={errors.length > 0}
    >
      <ChecksField
        field={field("addOns")}
        label={t("form.addOns")}
        help={t("form.addOnsHelp")}
        choices={choices}
        checked={textsIn(value)}
      />
    </Fold>
  );
}
