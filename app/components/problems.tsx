/** A refusal in words: what it was, and the way out where there is one. */
import { Link } from "@remix-run/react";
import type { TFunction } from "i18next";
import { useTranslation } from "#app/components/use-translation.ts";
import { isVerb } from "#app/domain/access.ts";
import { isObstacle, type Obstacle, type Refusal } from "#app/domain/plan/plan.ts";
import type { Moved, ProblemDetail } from "#app/domain/problem.ts";
import { setupStepIds } from "#app/domain/setup.ts";
import { Message } from "./messages.tsx";
import { operationPath } from "./paths.ts";
import { shownUnit } from "./quantity.ts";
import { SpecChanges } from "./spec-changes.tsx";

export function ProblemMessage({ problem }: { readonly problem: ProblemDetail }) {
  const { t } = useTranslation();
  return (
    <Message tone="bad" title={sentenceOf(problem, t)} live>
      {problem.code === "cluster-busy" && <Link to={operationPath(problem.operationId)}>{t("problem.cluster-busyLink")}</Link>}
      {problem.code === "revision-conflict" && <SpecChanges changes={problem.changes} />}
      {problem.code === "plan-stale" && <MovedList moved={problem.moved} />}
      {problem.code === "plan-refused" && <Refusals refusals={problem.refusals} />}
    </Message>
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
  if (isObstacle(refusal)) return obstacleText(refusal, t);
  const { code, needed, available, unit } = refusal;
  const shown = shownUnit(unit, t);
  return t(`refusal.${code}`, { needed: shown.show(needed), available: shown.show(available), unit: shown.unit });
}

function obstacleText({ code, params }: Obstacle, t: TFunction): string {
  const { range = "", found = "", device = "", bridge = "", address = "", port = "", holder = "", name = "", folder = "", needed = "", free = "", chain = "", missing = "" } = params;
  return t(`obstacle.${code}`, { range, found, device, bridge, address, port, holder, name, folder, needed, free, chain, missing });
}

/** One sentence in the page's language. */
export function sentenceOf(problem: ProblemDetail, t: TFunction): string {
  switch (problem.code) {
    case "too-many-attempts":
      return t("problem.too-many-attempts", { count: problem.retryAfterSeconds });
    case "too-many-requests":
      return t("problem.too-many-requests", { count: problem.retryAfterSeconds });
    case "too-large":
      return t("problem.too-large", { kilobytes: problem.kilobytes });
    case "name-taken":
      return t("problem.name-taken", { name: problem.name });
    case "name-mismatch":
      return t("problem.name-mismatch", { expected: problem.expected });
    case "not-ready":
      return t("problem.not-ready", { waitingFor: stepNames(problem.waitingFor, t) });
    case "too-many-drafts":
      return t(problem.days === 0 ? "problem.too-many-drafts" : "problem.too-many-draftsExpiring", { limit: problem.limit, days: problem.days });
    case "too-many-previews":
      return t("problem.too-many-previews", { limit: problem.limit });
    case "too-many-tokens":
      return t("problem.too-many-tokens", { limit: problem.limit });
    case "revision-conflict":
      return t("problem.revision-conflict", { revision: problem.revision, basedOn: problem.basedOn });
    case "wrong-state":
      return t("problem.wrong-state", { state: problem.state });
    case "not-allowed":
      return isVerb(problem.verb) ? t("problem.not-allowedTo", { what: t(`verb.${problem.verb}`) }) : t("problem.not-allowed");
    case "port-not-published":
      return problem.holder === null ? t("cluster.silentPort", { port: problem.port }) : t("cluster.takenPort", { port: problem.port, holder: problem.holder });
    case "not-found":
    case "sign-in-needed":
    case "invalid":
    case "wrong-type":
    case "unreadable":
    case "wrong-credentials":
    case "link-over":
    case "range-exhausted":
    case "cluster-busy":
    case "plan-stale":
    case "plan-refused":
    case "no-kubeconfig":
    case "key-reused":
    case "request-running":
    case "secret-expired":
    case "nothing-changed":
    case "drift-stale":
    case "storage-full":
    case "storage-locked":
    case "storage-unreachable":
    case "storage-corrupt":
    case "storage-newer":
      return t(`problem.${problem.code}`);
  }
}

/** Names of set-up steps, as a list. */
export const stepNames = (ids: readonly string[], t: TFunction): string =>
  setupStepIds
    .filter((id) => ids.includes(id))
    .map((id) => t(`setupStep.${id}.name`))
    .join(t("word.and"));
