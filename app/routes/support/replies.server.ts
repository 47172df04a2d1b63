/** Answers of the cluster form's actions: what was typed comes back with what was wrong with it. */
import type { SubmissionResult } from "@conform-to/react";
import { data } from "@remix-run/node";
import { statusOf, type ProblemDetail } from "#app/domain/problem.ts";
import { issueText, rule } from "#app/forms/rules.ts";
import { intentField } from "#app/components/cluster-form/pool-intents.ts";
import { textOf } from "./answers.server.ts";

/** The parts of a conform submission that are used here. */
interface Replying {
  reply(options?: { readonly fieldErrors: Record<string, string[]> }): SubmissionResult<string[]>;
}

/** The form as it was sent, with its errors. */
export const invalidReply = (submission: Replying) => data({ lastResult: submission.reply(), problem: null, made: null }, { status: 422 });

/** The form as it was sent, or with a pool more or less, and without errors: nothing else was asked for. */
export function recalculatedReply(submission: Replying) {
  const { initialValue } = submission.reply();
  return { lastResult: { initialValue: initialValue ?? null } satisfies SubmissionResult<string[]>, problem: null, made: null };
}

/** The side panel again, or another number of pools. */
export const asksForFormOnly = (form: FormData): boolean => textOf(form, "intent") === "recount" || form.has(intentField);

/** What the use case refused: at the field where it belongs to one, else above the form. */
export function refusedReply(submission: Replying, problem: ProblemDetail) {
  const status = statusOf(problem);
  const fieldErrors = fieldErrorsOf(problem);
  if (fieldErrors === null) return data({ lastResult: submission.reply(), problem, made: null }, { status });
  return data({ lastResult: submission.reply({ fieldErrors }), problem: null, made: null }, { status });
}

function fieldErrorsOf(problem: ProblemDetail): Record<string, string[]> | null {
  if (problem.code === "name-taken") return { name: [rule("name.taken", { value: problem.name })] };
  return problem.code === "invalid" ? Object.fromEntries(problem.issues.map((issue) => [issue.field, [issueText(issue)]])) : null;
}
