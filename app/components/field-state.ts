/** A field's place in a small form, with the sentences for what was wrong with it. */
import type { TFunction } from "i18next";
import type { FieldIssue, ProblemDetail } from "#app/domain/problem.ts";
import { readRule } from "#app/forms/rules.ts";
import type { FieldError } from "#app/ui/error-summary.tsx";
import type { FieldState } from "#app/ui/field.tsx";

/** `id` and `name` are the same: small forms stand alone on their page. */
export const fieldState = (name: string, problem: ProblemDetail | null, t: TFunction, value = ""): FieldState => ({
  id: name,
  name,
  value,
  errors: issuesOf(problem)
    .filter((issue) => issue.field === name)
    .map((issue) => ruleText(issue, t)),
});

export const issuesOf = (problem: ProblemDetail | null): readonly FieldIssue[] => (problem?.code === "invalid" ? problem.issues : []);

export const errorList = (problem: ProblemDetail | null, t: TFunction): readonly FieldError[] =>
  issuesOf(problem).map((issue) => ({ fieldId: issue.field, message: ruleText(issue, t) }));

/** The rule in words: it names the field, the value where there is one, and what would be right. */
export function ruleText(issue: FieldIssue, t: TFunction): string {
  const { code, params } = readRule(`${issue.code} ${JSON.stringify(issue.params)}`);
  // Which words a sentence needs depends on the code; the type of `t` cannot follow that for all codes at once.
  const say = t as (key: `rule.${typeof code}`, words: Readonly<Record<string, string | number>>) => string;
  return say(`rule.${code}`, { ...params, field: labelOf(issue.field, t) });
}

/** The same for the text that a schema's issue carries. */
export const zodRuleText = (message: string, field: string, t: TFunction): string => ruleText({ field, ...readRule(message) }, t);

const labels = {
  name: "form.name",
  kubernetesVersion: "form.kubernetesVersion",
  image: "form.image",
  controlPlaneSize: "form.controlPlaneSize",
  controlPlaneVcpus: "form.controlPlaneVcpus",
  controlPlaneMemoryMiB: "form.controlPlaneMemoryMiB",
  workerSize: "form.workerSize",
  workerVcpus: "form.workerVcpus",
  workerMemoryMiB: "form.workerMemoryMiB",
  workers: "form.workers",
  diskGiB: "form.diskGiB",
  sshKeyMode: "form.sshKeyMode",
  sshKey: "form.sshKey",
  podCidr: "form.podCidr",
  serviceCidr: "form.serviceCidr",
  password: "join.password",
  label: "people.label",
  days: "people.days",
  slug: "people.tenantName",
} as const;

const isLabelled = (name: string): name is keyof typeof labels => Object.hasOwn(labels, name);

/** What the field is called on the page. */
const labelOf = (name: string, t: TFunction): string => (isLabelled(name) ? t(labels[name]) : name);
