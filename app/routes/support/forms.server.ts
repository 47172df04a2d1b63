/** Reads a form only after its field names were checked: a library that builds values from names never sees others. */
import { Problem, type FieldIssue } from "#app/domain/problem.ts";
import type { RuleCode } from "#app/forms/rules.ts";
import { refused } from "./answers.server.ts";

export interface FormFields {
  /** Names that may come once. */
  readonly once: readonly string[];
  /** Names that may come several times. */
  readonly often?: readonly string[];
}

const mostValues = 600;
const mostIssues = 20;

/** Fields of every form that makes something. */
export const onceKeyField = "key";

/** The form of a request whose body the server has bounded. Ends the action with 422 when a field is not the form's. */
export async function formOf(request: Request, fields: FormFields): Promise<FormData> {
  const sent = [...new URLSearchParams(await request.text())];
  const issues = issuesOf(sent, fields);
  if (issues.length > 0) throw refused(new Problem({ code: "invalid", issues: issues.slice(0, mostIssues) }).detail);
  const form = new FormData();
  for (const [name, value] of sent) form.append(name, value);
  return form;
}

function issuesOf(sent: readonly (readonly [string, string])[], { once, often = [] }: FormFields): readonly FieldIssue[] {
  if (sent.length > mostValues) return [issue("", "field.repeated")];
  const seen = new Set<string>();
  return sent.flatMap(([name]) => {
    const repeated = seen.has(name) && !often.includes(name);
    seen.add(name);
    if (!once.includes(name) && !often.includes(name)) return [issue(name, "field.unknown")];
    return repeated ? [issue(name, "field.repeated")] : [];
  });
}

const longestName = 100;

/** An unknown name is shown as far as it can be: it comes from outside. */
const issue = (name: string, code: RuleCode): FieldIssue => ({
  field: name.slice(0, longestName).replaceAll("\0", "").toWellFormed(),
  code,
  params: {},
});
