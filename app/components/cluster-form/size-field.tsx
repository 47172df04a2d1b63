/** Size of machines: a named one, or numbers of one's own. */
import { useTranslation } from "#app/components/text/use-translation.ts";
import { sizeChoices } from "#app/forms/pool-fields.ts";
import { type FieldState, SelectField, TextField } from "#app/ui/field.tsx";

interface LabelledField {
  readonly field: FieldState;
  readonly label: string;
}

export interface SizeFieldProps {
  readonly size: LabelledField;
  readonly vcpus: LabelledField;
  readonly memoryMiB: LabelledField;
}

/** The numbers of a custom size appear beside the choice; the style sheet sees to it, so it works without scripts. */
export function SizeField({ size, vcpus, memoryMiB }: SizeFieldProps) {
  const { t } = useTranslation();
  const choices = sizeChoices.map((value) => ({ value, label: t(`form.sizeChoice.${value}`) }));
  return (
    <div className="b-size">
      <SelectField {...size} choices={choices} />
      <div className="b-size-custom">
        <TextField {...vcpus} type="number" />
        <TextField {...memoryMiB} type="number" />
      </div>
    </div>
  );
}
