/** The form behind “create” and “change”: fields on the left, what they give on the right, one button: preview. */
import { useForm, type SubmissionResult } from "@conform-to/react";
import { parseWithZod } from "@conform-to/zod/v4";
import { Form } from "@remix-run/react";
import { useEffect, useRef, useState, type FormEvent, type ReactNode } from "react";
import { useTranslation } from "#app/components/text/use-translation.ts";
import type { ProblemDetail } from "#app/domain/problem.ts";
import {
  type ClusterForm as ClusterFormValues,
  clusterFormFields,
  type ClusterFormInput,
  clusterFormSchema,
  type ClusterFormContext,
} from "#app/forms/cluster-form.ts";
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
import { type Draft, fieldsOf, nested, typedOver } from "./draft.ts";
import { offerOf } from "./offer.ts";
import { intentField } from "./pool-intents.ts";
import { type PoolEntry, poolsId } from "./pool-list.tsx";
import type { CurrentCluster } from "./current-cluster.ts";
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
  readonly standing: CurrentCluster | null;
  readonly backTo: string;
  /** The values are those from before the session ended. */
  readonly restored: boolean;
  /** Called with a form that is sent. */
  readonly onSend: (form: HTMLFormElement) => void;
  readonly children: (fields: FieldsProps) => ReactNode;
}

export function ClusterForm(props: ClusterFormProps) {
  const { view, defaults, problem, standing } = props;
  const { t } = useTranslation();
  const [initial] = useState(() => typedOver(defaults, fieldsOf(props.lastResult?.initialValue)));
  const { form, field, pools, errors } = useClusterForm(props, initial);
  const { draft, onInput, reread } = useDraft(initial);
  const element = useRereadAfter(pools.map(({ key }) => key).join(" "), reread);
  const [sent, setSent] = useState(props.lastResult === null ? 0 : 1);
  const checked = sent > 0;
  const onSubmit = (event: FormEvent<HTMLFormElement>) => {
    // Each key that is pressed in a checked form asks the same handler to check one field: that sends nothing.
    const checksOnly = submitterOf(event)?.name === intentField;
    if (!checksOnly) setSent(sent + 1);
    form.onSubmit(event);
    if (!checksOnly && !event.defaultPrevented) props.onSend(event.currentTarget);
  };
  return (
    <Form
      method="post"
      id={form.id}
      ref={element}
      onSubmit={onSubmit}
      noValidate
      onInput={onInput}
      className={checked ? "b-columns b-columns-side b-checked" : "b-columns b-columns-side"}
    >
      {/* The first button is what Enter presses: not the one that adds or removes a pool. */}
      <button type="submit" className="pf-v6-screen-reader" tabIndex={-1} aria-hidden="true" />
      <OnceKey value={props.once} />
      <div className="b-stack">
        {props.restored && <Message tone="note" title={t("form.restored")} live />}
        {problem !== null && <ProblemMessage problem={problem} />}
        <ErrorSummary
          title={(count) => (count === 0 ? t("form.errorsFixed") : t("form.errorsTitle", { count }))}
          errors={errors}
          sent={sent}
          fixed={t("form.errorFixed")}
        />
        <Panel>
          <div className="b-form">{props.children({ field, pools, draft, view, standing, context: props.context })}</div>
        </Panel>
      </div>
      <div className="b-stack b-sticky">
        <SidePanel offer={offerOf(draft, view, standing)} view={view} keptNetwork={standing?.network ?? null} />
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

/** The controls are other ones: what they hold is read again. */
function useRereadAfter(keys: string, reread: (form: HTMLFormElement) => void) {
  const element = useRef<HTMLFormElement>(null);
  const [seen, setSeen] = useState(keys);
  useEffect(() => {
    if (keys === seen) return;
    setSeen(keys);
    if (element.current !== null) reread(element.current);
  }, [keys, seen, reread]);
  return element;
}

const submitterOf = ({ nativeEvent }: FormEvent<HTMLFormElement>): HTMLButtonElement | HTMLInputElement | null => {
  const submitter = "submitter" in nativeEvent ? nativeEvent.submitter : null;
  return submitter instanceof HTMLButtonElement || submitter instanceof HTMLInputElement ? submitter : null;
};

const idOf = (name: string): string => (name === "pools" ? poolsId : `cluster-${name.replace(/\W+/g, "-")}`);

/** What the form library knows of one field. */
interface Known {
  readonly initialValue?: unknown;
  readonly errors?: readonly string[] | undefined;
}

function useClusterForm({ context, lastResult }: ClusterFormProps, initial: Draft) {
  const { t } = useTranslation();
  const [form, fields] = useForm<ClusterFormInput, ClusterFormValues>({
    id: "cluster",
    lastResult,
    defaultValue: nested(initial),
    // Nothing is wrong before somebody says that it is complete, and nothing moves while a field is left.
    shouldValidate: "onSubmit",
    shouldRevalidate: "onInput",
    onValidate: ({ formData }: { formData: FormData }) => parseWithZod(formData, { schema: clusterFormSchema(context) }),
  });
  const stateOf = (name: string, known: Known | undefined, otherwise = ""): FieldState => {
    const value = known?.initialValue;
    return {
      id: idOf(name),
      name,
      value: Array.isArray(value) ? value.join(",") : typeof value === "string" ? value : otherwise,
      errors: (known?.errors ?? []).map((message) => zodRuleText(message, name, t)),
    };
  };
  const field = (name: string): FieldState => stateOf(name, (fields as Readonly<Record<string, Known | undefined>>)[name], initial[name]);
  const pools = fields.pools.getFieldList().map((entry, at): PoolEntry => {
    const own = entry.getFieldset() as Readonly<Record<string, Known | undefined>>;
    return { key: entry.key ?? entry.name, at, field: (name) => stateOf(`${entry.name}.${name}`, own[name]) };
  });
  const errors = inFormOrder(form.allErrors).flatMap(([name, messages]) =>
    messages.map((message) => ({ fieldId: idOf(name), message: zodRuleText(message, name, t) })),
  );
  return { form, field, pools, errors };
}

/** The order of the fields on the page, whatever the order in which their rules are checked. */
const inFormOrder = (errors: Readonly<Record<string, string[]>>): readonly (readonly [string, string[]])[] =>
  Object.entries(errors).toSorted(([a], [b]) => clusterFormFields.indexOf(a) - clusterFormFields.indexOf(b));
