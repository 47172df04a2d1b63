/** Which fields the cluster form's actions read. */
import { intentField, isPoolIntent } from "#app/components/cluster-form/pool-intents.ts";
import { Problem } from "#app/domain/problem.ts";
import { clusterFormFields, isListOfNames } from "#app/forms/cluster-form.ts";
import { refused, textOf } from "./answers.server.ts";
import { type FormFields, onceKeyField } from "./forms.server.ts";

const [often, once] = [clusterFormFields.filter(isListOfNames), clusterFormFields.filter((name) => !isListOfNames(name))];

/** With fields of one page. */
export const clusterFormFieldsWith = (...more: readonly string[]): FormFields => ({
  once: [...once, onceKeyField, "intent", intentField, ...more],
  often,
});

/** Of the form library's intents only those of the page's own buttons: others could name any field. */
export function demandKnownIntent(form: FormData): void {
  if (!form.has(intentField) || isPoolIntent(textOf(form, intentField))) return;
  throw refused(new Problem({ code: "invalid", issues: [{ field: intentField, code: "field.unknown", params: {} }] }).detail);
}
