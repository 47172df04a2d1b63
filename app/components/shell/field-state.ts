/** A field's place in a small form, with the sentences for what was wrong with it. */
import type { TFunction } from "i18next";
import type { FieldIssue, ProblemDetail } from "#app/domain/problem.ts";
import { ruleText } from "#app/messages/rule-text.ts";
import type { FieldState } from "#app/ui/field.tsx";
import type { FieldError } from "#app/ui/listed-errors.ts";

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
