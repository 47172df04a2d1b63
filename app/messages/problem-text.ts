/** A refusal in words, the same on a page and in the API. */
import type { TFunction } from "i18next";
import { isVerb } from "#app/domain/access.ts";
import { type ClusterState, clusterStates } from "#app/domain/cluster/cluster.ts";
import type { OperationState } from "#app/domain/operation/operation.ts";
import { type Blocker, blockers, type ProblemDetail } from "#app/domain/problem.ts";
import { setupStepIds } from "#app/domain/setup.ts";

/** One sentence in the reader's language. */
export function problemText(problem: ProblemDetail, t: TFunction): string {
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
      return t(problem.days === 0 ? "problem.too-many-drafts" : "problem.too-many-draftsExpiring", {
        limit: problem.limit,
        days: problem.days,
      });
    case "too-many-previews":
      return t("problem.too-many-previews", { limit: problem.limit });
    case "too-many-tokens":
      return t("problem.too-many-tokens", { limit: problem.limit });
    case "revision-conflict":
      return t("problem.revision-conflict", { revision: problem.revision, basedOn: problem.basedOn });
    case "wrong-state":
      return wrongStateText(problem.state, t);
    case "no-host":
      return [t("problem.no-host"), ...problem.hosts.map(({ host, reason }) => t(`placement.${reason}`, { host }))].join(" ");
    case "not-allowed":
      return isVerb(problem.verb) ? t("problem.not-allowedTo", { what: t(`verb.${problem.verb}`) }) : t("problem.not-allowed");
    case "port-not-published":
      return problem.holder === null
        ? t("cluster.silentPort", { port: problem.port })
        : t("cluster.takenPort", { port: problem.port, holder: problem.holder });
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

function wrongStateText(state: ClusterState | OperationState | Blocker, t: TFunction): string {
  if (isOneOf(blockers, state)) return t(`blockedBy.${state}`);
  return t("problem.wrong-state", {
    state: isOneOf(clusterStates, state) ? t(`clusterState.${state}.word`) : t(`operationState.${state}.word`),
  });
}

const isOneOf = <Name extends string>(names: readonly Name[], text: string): text is Name => names.some((name) => name === text);

/** Names of set-up steps, as a list. */
export const stepNames = (ids: readonly string[], t: TFunction): string =>
  setupStepIds
    .filter((id) => ids.includes(id))
    .map((id) => t(`setupStep.${id}.name`))
    .join(t("word.and"));
