/** Form controls with label, help and error in one place; the error is tied to the control for screen readers. */
import type { ReactNode } from "react";
import { TextInput } from "@patternfly/react-core/dist/esm/components/TextInput";
import { TextArea } from "@patternfly/react-core/dist/esm/components/TextArea";
import { ExclamationCircleIcon } from "./icons.tsx";

/** Where a field stands in its form, and what was wrong with it. */
export interface FieldState {
  readonly id: string;
  readonly name: string;
  readonly value: string;
  readonly errors: readonly string[];
}

interface Frame {
  readonly field: FieldState;
  readonly label: string;
  readonly help?: ReactNode;
}

export function Framed({ field, label, help, children }: Frame & { readonly children: ReactNode }) {
  return (
    <div className="b-field">
      <label className="b-field-label" htmlFor={field.id}>
        {label}
      </label>
      {children}
      <FieldNotes field={field} help={help} />
    </div>
  );
}

export function FieldNotes({ field, help }: { readonly field: FieldState; readonly help?: ReactNode }) {
  return (
    <>
      {help !== undefined && (
        <span className="b-field-help" id={`${field.id}-help`}>
          {help}
        </span>
      )}
      <span className="b-field-error" id={`${field.id}-error`}>
        {field.errors.map((error) => (
          <span key={error}>
            <ExclamationCircleIcon /> {error}
          </span>
        ))}
      </span>
    </>
  );
}

export interface TextFieldProps extends Frame {
  readonly type?: "text" | "password" | "number";
  readonly required?: boolean;
  readonly min?: number;
  readonly max?: number;
  readonly autoComplete?: string;
  readonly autoFocus?: boolean;
  readonly placeholder?: string;
  readonly readOnly?: boolean;
}

export function TextField({ field, label, help, type = "text", required = false, readOnly = false, ...rest }: TextFieldProps) {
  return (
    <Framed field={field} label={label} help={help}>
      <TextInput
        {...attributesOf(field, help)}
        {...rest}
        type={type}
        required={required}
        ouiaId={field.id}
        spellCheck={false}
        {...(readOnly ? { readOnlyVariant: "default" as const } : {})}
      />
    </Framed>
  );
}

export function TextAreaField({ field, label, help, rows = 3 }: Frame & { readonly rows?: number }) {
  const { defaultValue, validated, ...attributes } = attributesOf(field, help);
  return (
    <Framed field={field} label={label} help={help}>
      <TextArea
        {...attributes}
        defaultValue={defaultValue}
        validated={validated}
        rows={rows}
        resizeOrientation="vertical"
        spellCheck={false}
      />
    </Framed>
  );
}

export interface Choice {
  readonly value: string;
  readonly label: string;
}

/** A native list: PatternFly's own insists on being controlled, which a form without scripts cannot be. */
export function SelectField({ field, label, help, choices }: Frame & { readonly choices: readonly Choice[] }) {
  const { validated: _validated, ...attributes } = attributesOf(field, help);
  return (
    <Framed field={field} label={label} help={help}>
      <span className="b-select">
        <select {...attributes}>
          {choices.map((choice) => (
            <option key={choice.value} value={choice.value}>
              {choice.label}
            </option>
          ))}
        </select>
      </span>
    </Framed>
  );
}

export interface RadioChoice extends Choice {
  /** Language of the label where it is not that of the page. */
  readonly lang?: string;
  readonly help?: string;
}

/** A question with few answers, all of them in sight. */
export function RadioField({ field, label, help, choices }: Frame & { readonly choices: readonly RadioChoice[] }) {
  return (
    <fieldset className="b-field b-radios" id={field.id} tabIndex={-1} aria-describedby={`${field.id}-error`}>
      <legend className="b-field-label">{label}</legend>
      {choices.map((choice) => (
        <label key={choice.value} className="b-radio">
          <input type="radio" name={field.name} value={choice.value} defaultChecked={choice.value === field.value} />
          <span lang={choice.lang}>
            {choice.label}
            {choice.help !== undefined && <span className="b-field-help">{choice.help}</span>}
          </span>
        </label>
      ))}
      <FieldNotes field={field} help={help} />
    </fieldset>
  );
}

export interface CheckChoice extends Choice {
  readonly help?: string;
}

/** Several answers to one question, each with a box of the same name. */
export function ChecksField({
  field,
  label,
  help,
  choices,
  checked,
}: Frame & { readonly choices: readonly CheckChoice[]; readonly checked: readonly string[] }) {
  return (
    <fieldset className="b-field b-radios" id={field.id} tabIndex={-1} aria-describedby={`${field.id}-error`}>
      <legend className="b-field-label">{label}</legend>
      {choices.map((choice) => (
        <label key={choice.value} className="b-radio">
          <input type="checkbox" name={field.name} value={choice.value} defaultChecked={checked.includes(choice.value)} />
          <span>
            {choice.label}
            {choice.help !== undefined && <span className="b-field-help">{choice.help}</span>}
          </span>
        </label>
      ))}
      <FieldNotes field={field} help={help} />
    </fieldset>
  );
}

function attributesOf(field: FieldState, help: ReactNode) {
  const wrong = field.errors.length > 0;
  return {
    id: field.id,
    name: field.name,
    defaultValue: field.value,
    validated: wrong ? ("error" as const) : ("default" as const),
    "aria-invalid": wrong,
    "aria-describedby": `${help === undefined ? "" : `${field.id}-help `}${field.id}-error`,
  };
}
