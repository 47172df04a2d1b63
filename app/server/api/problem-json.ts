/**
 * Problems as `application/problem+json` (RFC 9457). The same problem is always the same bytes: nothing in it tells an absent
 * object from somebody else's.
 */
import type { Response } from "express";
import type { TFunction } from "i18next";
import type { z } from "zod";
import { refusalMessage } from "#app/domain/plan/refusal-message.ts";
import { type FieldIssue, type Moved, type ProblemDetail, statusOf } from "#app/domain/problem.ts";
import { excerpt } from "#app/domain/text/characters.ts";
import { fieldPath, isRuleText, readRule } from "#app/forms/rules.ts";
import type { Language } from "#app/messages/languages.ts";
import { messagesText } from "#app/messages/message-text.ts";
import { problemText } from "#app/messages/problem-text.ts";
import { labelOf, ruleText } from "#app/messages/rule-text.ts";
import { withTexts } from "./answer-texts.ts";
import { wordsIn } from "#app/server/http/words.server.ts";

export interface ProblemJson {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly [member: string]: unknown;
}

/** `detail`, and the `message` of each broken rule, are sentences in the language asked for; everything else is for programs. */
export function problemJson(problem: ProblemDetail, language: Language): ProblemJson {
  const { code, ...members } = problem;
  const t = wordsIn(language);
  const said =
    problem.code === "invalid" ? { issues: problem.issues.map((issue) => ({ ...issue, message: issueSentence(issue, t) })) } : {};
  return {
    type: `urn:berth:problem:${code}`,
    title: titles[code],
    status: statusOf(problem),
    detail: detailIn(language, problem, t),
    ...(withTexts(members, t) as typeof members),
    ...said,
  };
}

function detailIn(language: Language, problem: ProblemDetail, t: TFunction): string {
  if (problem.code === "invalid") return problem.issues.map((issue) => issueSentence(issue, t)).join(" ");
  return language === "en" ? detailOf(problem, t) : problemText(problem, t);
}

export function sendProblem(res: Response, body: ProblemJson): void {
  const retry = body.retryAfterSeconds;
  if (typeof retry === "number") res.setHeader("Retry-After", String(retry));
  if (body.status === 401) res.setHeader("WWW-Authenticate", 'Bearer realm="berth"');
  res.status(body.status).set("Cache-Control", "no-store").type("application/problem+json").send(JSON.stringify(body));
}

/** A problem of HTTP itself, without a code of the domain. */
export const plainProblem = (status: number, title: string, detail: string): ProblemJson => ({
  type: "about:blank",
  title,
  status,
  detail,
});

const titles: Readonly<Record<ProblemDetail["code"], string>> = {
  "not-found": "Not found",
  "sign-in-needed": "Sign-in needed",
  "not-allowed": "Not allowed",
  invalid: "Invalid values",
  "wrong-credentials": "Wrong name or password",
  "too-many-attempts": "Too many attempts",
  "too-many-requests": "Too many requests",
  "too-large": "The body is too large",
  "wrong-type": "The body has the wrong type",
  unreadable: "Unreadable request",
  "link-over": "The link cannot be used",
  "name-taken": "The name is taken",
  "range-exhausted": "No network left",
  "no-host": "No libvirt host takes it",
  "too-many-drafts": "Too many drafts",
  "too-many-previews": "Too many previews",
  "too-many-tokens": "Too many tokens",
  "cluster-busy": "The cluster is busy",
  "plan-stale": "The plan is stale",
  "plan-refused": "The plan does not fit",
  "name-mismatch": "The name does not match",
  "not-ready": "Set-up is not finished",
  "wrong-state": "Not possible in this state",
  "no-kubeconfig": "No kubeconfig yet",
  "port-not-published": "The API server is not published",
  "key-reused": "The idempotency key was used for something else",
  "request-running": "The request is still being carried out",
  "secret-expired": "The secret is not shown again",
  "nothing-changed": "Nothing changed",
  "drift-stale": "The last check is out of date",
  "revision-conflict": "Somebody else changed it",
  "storage-full": "The disk is full",
  "storage-locked": "The database is locked",
  "storage-unreachable": "The database does not answer",
  "storage-corrupt": "The database is damaged",
  "storage-newer": "The database is newer than the portal",
};

function detailOf(p: Exclude<ProblemDetail, { code: "invalid" }>, t: TFunction): string {
  switch (p.code) {
    case "not-found":
      return "There is nothing at this address, or it is not yours.";
    case "sign-in-needed":
      return "Send a session cookie or an API token (Authorization: Bearer …).";
    case "not-allowed":
      return `Your role does not allow ${p.verb} here.`;
    case "wrong-credentials":
      return "The name or the password is wrong.";
    case "too-many-attempts":
      return `Try again in ${p.retryAfterSeconds} seconds.`;
    case "too-many-requests":
      return `There are too many requests of this caller at the same time. Try again in ${p.retryAfterSeconds} seconds.`;
    case "too-large":
      return `The body is larger than ${p.kilobytes} kB.`;
    case "wrong-type":
      return "Send the body as application/json, without Content-Encoding.";
    case "unreadable":
      return "The body is not valid JSON, or the address is not valid.";
    case "link-over":
      return "The link is unknown, used or expired. Ask for a new one.";
    case "name-taken":
      return `The name ${JSON.stringify(p.name)} is in use.`;
    case "range-exhausted":
      return "The address range has no free network. Destroy a cluster, or ask the operator for a larger range.";
    case "too-many-drafts":
      return `This tenant has ${p.limit} drafts, as many as it may have (BERTH_MAX_DRAFTS_PER_TENANT). Approve one, or discard one: POST …/clusters/<name>/discard.${p.days === 0 ? "" : ` A draft that nobody changes is discarded after ${p.days} days.`}`;
    case "too-many-previews":
      return `This tenant has ${p.limit} previews queued, as many as it may have (BERTH_MAX_QUEUED_PREVIEWS_PER_TENANT). Wait until one has run, or cancel one.`;
    case "too-many-tokens":
      return `You have ${p.limit} API tokens that have not expired, as many as one person may have. Revoke one: DELETE …/people/tokens/<id>.`;
    case "cluster-busy":
      return `Operation ${p.operationId} of this cluster is not finished. Wait for it, or cancel it.`;
    case "plan-stale":
      return `The plan is not valid any more: ${p.moved.map((m) => movedSentences[m]).join("; ")}. Preview again.`;
    case "plan-refused":
      return messagesText(p.refusals.map(refusalMessage), t);
    case "name-mismatch":
      return `Type the cluster's name, ${p.expected}.`;
    case "not-ready":
      return `Set-up still has to finish: ${p.waitingFor.join(", ")}.`;
    case "no-host":
    case "wrong-state":
      return problemText(p, t);
    case "no-kubeconfig":
      return "The cluster has no kubeconfig yet: it appears when the cluster is ready.";
    case "port-not-published":
      return p.holder === null
        ? `Nothing listens on the API server's port ${p.port}, so it is not published: is Berth's launcher running? On the libvirt host, download with use=direct.`
        : `The API server's port ${p.port} is taken by ${p.holder}: a kubeconfig would lead there. Stop that program, or download with use=direct on the libvirt host.`;
    case "key-reused":
      return "The Idempotency-Key was sent before with another body. Use a new one.";
    case "request-running":
      return `The same request is being carried out. Send it again in ${p.retryAfterSeconds} seconds to get its answer.`;
    case "secret-expired":
      return "The request was carried out, but its answer held a secret that is kept for one hour only. Of a cluster's SSH key: edit the draft with another sshKeyMode, or discard it and create it again. Of a token or an invitation: make a new one.";
    case "nothing-changed":
      return "The newest revision says the same already.";
    case "drift-stale":
      return "The cluster was changed since the last check, so what it found may be out of date. Check again, then decide.";
    case "revision-conflict":
      return `Revision ${p.revision} was written after ${p.basedOn}, on which this is based. Read what it changed, then send again based on it.`;
    case "storage-full":
      return "Nothing was changed: the disk of the database is full. Running operations continue as far as they can. Try again when disk space is free.";
    case "storage-locked":
      return "Nothing was changed: another process keeps the database locked. Try again shortly.";
    case "storage-unreachable":
      return "Nothing was changed: the database does not answer. Try again shortly.";
    case "storage-corrupt":
      return "Nothing was changed: the database is damaged. The operator has to restore a backup (berth restore).";
    case "storage-newer":
      return "Nothing was changed: a newer version of Berth has written the database. The operator has to start that version.";
  }
}

const movedSentences: Readonly<Record<Moved, string>> = {
  revision: "another revision was written or came alive",
  state: "another operation changed the cluster",
  gone: "the cluster is gone",
  plan: "it is another plan than the one that was read",
  network: "another cluster has reserved its network",
};

/** Rules of ours have their sentence in the catalogue; the schema library's own come in words already. */
function issueSentence(issue: FieldIssue, t: TFunction): string {
  if (isRuleText(issue.code)) return ruleText(issue, t);
  const { field, params } = issue;
  const value = params.value === undefined ? "" : ` ${JSON.stringify(params.value)}`;
  return `${field === "" ? t("word.body") : labelOf(field, t)}${value}: ${params.rule ?? issue.code}.`;
}

/** Issues of a schema, with a rule's code where one of ours was broken. `value` is what was sent, shortened. */
export function issuesOf(error: z.ZodError, sent: unknown): readonly FieldIssue[] {
  return error.issues.slice(0, 20).map((issue) => {
    const field = fieldPath(issue.path);
    const value = valueAt(sent, issue.path);
    if (!isRuleText(issue.message)) return { field, code: issue.code, params: { ...value, rule: issue.message } };
    const { code, params } = readRule(issue.message);
    return { field, code, params: { ...value, ...params } };
  });
}

function valueAt(sent: unknown, path: readonly PropertyKey[]): { readonly value?: string | number } {
  let at: unknown = sent;
  for (const key of path) {
    if (typeof at !== "object" || at === null || !Object.hasOwn(at, key)) return {};
    at = (at as Record<PropertyKey, unknown>)[key];
  }
  if (typeof at === "number") return { value: at };
  return typeof at === "string" ? { value: excerpt(at, 100) } : {};
}
