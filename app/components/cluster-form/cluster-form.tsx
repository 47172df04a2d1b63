/** The form behind “create” and “change”: fields on the left, what they give on the right, one button: preview. */
import { useForm, type SubmissionResult } from "@conform-to/react";
import { parseWithZod } from "@conform-to/zod/v4";
import { Form } from "@remix-run/react";
import { useState, type FormEvent, type ReactNode } from "react";
import { useTranslation } from "#app/components/text/use-translation.ts";
import type { ProblemDetail } from "#app/domain/problem.ts";
import { clusterFormFields, clusterFormSchema, type ClusterFormContext } from "#app/forms/cluster-form.ts";
import { zodRuleText } from "#app/messages/rule-text.ts";
import type { NewClusterView } from "#app/services/portal.ts";
import { ErrorSummary } from "#app/ui/error-summary.tsx";
import type { FieldState } from "#app/ui/field.tsx";
import { Panel } from "#app/ui/panel.tsx";
import { LinkButton, Submit } from "#app/components/shell/link-button.tsx";
import { Message } from "#app/components/text/messages.tsx";
import { OnceKey } from "#app/components/shell/idempotency-key.tsx";
import { ProblemMessage } from "#app/components/problems/problems.tsx";
import type { FieldsProps } from "./fields.tsx";
import { offerOf, type Draft, type Standing } from "./offer.ts";
import { SidePanel } from "./side-panel.tsx";
import { useDraft } from "./use-draft.ts";

export interface ClusterFormProps {
  readonly view: NewClusterView;
  readonly context: ClusterFormContext;
  /** What the fields hold before anything is typed. */
  readonly defaults: Draft;
  readonly lastResult: SubmissionResult<string[]> | null;
  readonly problem: ProblemDetail | null;
  readonly once: string;
  /** What the cluster has already; null for a new one. */
  readonly standing: Standing | null;
  readonly backTo: string;
  /** The values are those from before the session ended. */
  readonly restored: boolean;
  /** Called with a form that is sent. */
  readonly onSend: (form: HTMLFormElement) => void;
  readonly children: (fields: FieldsProps) => ReactNode;
}

export function ClusterForm(props: ClusterFormProps) {
  const { view, defaults, problem } = props;
  const { t } = useTranslation();
  const { form, field, errors } = useClusterForm(props);
  const { draft, onInput } = useDraft({ ...defaults, ...textsOf(props.lastResult) });
  const [sent, setSent] = useState(props.lastResult === null ? 0 : 1);
  const checked = sent > 0;
  const onSubmit = (event: FormEvent<HTMLFormElement>) => {
    // Each key that is pressed in a checked form asks the same handler to check one field: that sends nothing.
    const checksOnly = submitterOf(event)?.name === checkButton;
    if (!checksOnly) setSent(sent + 1);
    form.onSubmit(event);
    if (!checksOnly && !event.defaultPrevented) props.onSend(event.currentTarget);
  };
  return (
    <Form method="post" id={form.id} onSubmit={onSubmit} noValidate onInput={onInput} className={checked ? "b-columns b-columns-side b-checked" : "b-columns b-columns-side"}>
      <OnceKey value={props.once} />
      <div className="b-stack">
        {props.restored && <Message tone="note" title={t("form.restored")} live />}
        {problem !== null && <ProblemMessage problem={problem} />}
        <ErrorSummary title={(count) => (count === 0 ? t("form.errorsFixed") : t("form.errorsTitle", { count }))} errors={errors} sent={sent} fixed={t("form.errorFixed")} />
        <Panel>
          <div className="b-form">{props.children({ field, draft, view, context: props.context })}</div>
        </Panel>
      </div>
      <div className="b-stack b-sticky">
        <SidePanel offer={offerOf(draft, view, props.standing)} view={view} keptNetwork={props.standing?.network ?? null} />
        <div className="b-actions">
          <Submit>{t("form.preview")}</Submit>
          <LinkButton to={props.backTo} weight="link">
            {t("form.cancel")}
          </LinkButton>
          <noscript>
            <Submit weight="secondary" name="intent" value="recount">
              {t("form.recount")}
            </Submit>
          </noscript>
        </div>
        <span className="b-muted b-small">{t("form.previewLine")}</span>
      </div>
    </Form>
  );
}

/** Name of the button with which conform submits a form to check one of its fields. */
const checkButton = "__intent__";

const submitterOf = ({ nativeEvent }: FormEvent<HTMLFormElement>): HTMLButtonElement | HTMLInputElement | null => {
  const submitter = "submitter" in nativeEvent ? nativeEvent.submitter : null;
  return submitter instanceof HTMLButtonElement || submitter instanceof HTMLInputElement ? submitter : null;
};

function useClusterForm({ context, defaults, lastResult }: ClusterFormProps) {
  const { t } = useTranslation();
  const [form, fields] = useForm({
    id: "cluster",
    lastResult,
    defaultValue: defaults,
    // Nothing is wrong before somebody says that it is complete, and nothing moves while a field is left.
    shouldValidate: "onSubmit",
    shouldRevalidate: "onInput",
    onValidate: ({ formData }: { formData: FormData }) => parseWithZod(formData, { schema: clusterFormSchema(context) }),
  });
  const field = (name: string): FieldState => {
    const found = fields[name];
    const value = found?.initialValue;
    return {
      id: found?.id ?? `cluster-${name}`,
      name,
      value: typeof value === "string" ? value : (defaults[name] ?? ""),
      errors: (found?.errors ?? []).map((message) => zodRuleText(message, name, t)),
    };
  };
  const errors = inFormOrder(form.allErrors).flatMap(([name, messages]) => messages.map((message) => ({ fieldId: field(name).id, message: zodRuleText(message, name, t) })));
  return { form, field, errors };
}

/** The order of the fields on the page, whatever the order in which their rules are checked. */
const inFormOrder = (errors: Readonly<Record<string, string[]>>): readonly (readonly [string, string[]])[] =>
  Object.entries(errors).toSorted(([a], [b]) => clusterFormFields.indexOf(a) - clusterFormFields.indexOf(b));

/** What was typed in the form that the server answered. */
function textsOf(result: SubmissionResult<string[]> | null): Draft {
  const entries = Object.entries(result?.initialValue ?? {});
  return Object.fromEntries(entries.filter((entry): entry is [string, string] => typeof entry[1] === "string"));
}
