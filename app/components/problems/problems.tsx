/** A refusal in words: what it was, and the way out where there is one. */
import { Link } from "@remix-run/react";
import type { TFunction } from "i18next";
import { useTranslation } from "#app/components/text/use-translation.ts";
import { isObstacle, type Refusal } from "#app/domain/plan/plan.ts";
import type { FieldIssue, Moved, ProblemDetail } from "#app/domain/problem.ts";
import { messageText } from "#app/messages/message-text.ts";
import { problemText } from "#app/messages/problem-text.ts";
import { ruleText } from "#app/messages/rule-text.ts";
import { Message } from "#app/components/text/messages.tsx";
import { operationPath } from "#app/components/shell/paths.ts";
import { shownUnit } from "#app/components/text/quantity.ts";
import { SpecChanges } from "#app/components/problems/spec-changes.tsx";

export interface ProblemMessageProps {
  readonly problem: ProblemDetail;
  /** Fields of the page, which show their own errors. */
  readonly marked?: readonly string[];
}

export function ProblemMessage({ problem, marked = [] }: ProblemMessageProps) {
  const { t } = useTranslation();
  const unmarked = problem.code === "invalid" ? problem.issues.filter((issue) => !marked.includes(issue.field)) : [];
  const allMarked = problem.code === "invalid" && unmarked.length === 0;
  return (
    <Message tone="bad" title={allMarked ? t("problem.invalidFields") : problemText(problem, t)} live>
      {unmarked.length > 0 && <BrokenRules issues={unmarked} />}
      {problem.code === "cluster-busy" && <Link to={operationPath(problem.operationId)}>{t("problem.cluster-busyLink")}</Link>}
      {problem.code === "revision-conflict" && <SpecChanges changes={problem.changes} />}
      {problem.code === "plan-stale" && <MovedList moved={problem.moved} />}
      {problem.code === "plan-refused" && <Refusals refusals={problem.refusals} />}
    </Message>
  );
}

function BrokenRules({ issues }: { readonly issues: readonly FieldIssue[] }) {
  const { t } = useTranslation();
  const sentences = [...new Set(issues.map((issue) => ruleText(issue, t)))];
  return (
    <ul className="b-list">
      {sentences.map((sentence) => (
        <li key={sentence}>{sentence}</li>
      ))}
    </ul>
  );
}

/** What a plan no longer fits. */
export function MovedList({ moved }: { readonly moved: readonly Moved[] }) {
  const { t } = useTranslation();
  return (
    <ul className="b-list">
      {moved.map((what) => (
        <li key={what}>{t(`plan.moved.${what}`)}</li>
      ))}
    </ul>
  );
}

export function Refusals({ refusals }: { readonly refusals: readonly Refusal[] }) {
  const { t } = useTranslation();
  return (
    <ul className="b-list">
      {refusals.map((refusal) => (
        <li key={JSON.stringify(refusal)}>{refusalText(refusal, t)}</li>
      ))}
    </ul>
  );
}

function refusalText(refusal: Refusal, t: TFunction): string {
  if (isObstacle(refusal)) return messageText(refusal, t);
  const { code, needed, available, unit } = refusal;
  const shown = shownUnit(unit, t);
  return t(`refusal.${code}`, { needed: shown.show(needed), available: shown.show(available), unit: shown.unit });
}
