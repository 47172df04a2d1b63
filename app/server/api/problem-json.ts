/** Problems as `application/problem+json` (RFC 9457). The same problem is always the same bytes: nothing in it tells an absent object from somebody else's. */
import type { Response } from "express";
import type { z } from "zod";
import { type FieldIssue, type Moved, type ProblemDetail, statusOf } from "#app/domain/problem.ts";

export interface ProblemJson {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly [member: string]: unknown;
}

export function problemJson(problem: ProblemDetail): ProblemJson {
  const { code, ...members } = problem;
  return { type: `urn:berth:problem:${code}`, title: titles[code], status: statusOf(problem), detail: detailOf(problem), ...members };
}

export function sendProblem(res: Response, body: ProblemJson): void {
  const retry = body.retryAfterSeconds;
  if (typeof retry === "number") res.setHeader("Retry-After", String(retry));
  if (body.status === 401) res.setHeader("WWW-Authenticate", 'Bearer realm="berth"');
  res.status(body.status).set("Cache-Control", "no-store").type("application/problem+json").send(JSON.stringify(body));
}

/** A problem of HTTP itself, without a code of the domain. */
export const plainProblem = (status: number, title: string, detail: string): ProblemJson => ({ type: "about:blank", title, status, detail });

const titles: Readonly<Record<ProblemDetail["code"], string>> = {
  "not-found": "Not found",
  "sign-in-needed": "Sign-in needed",
  "not-allowed": "Not allowed",
  invalid: "Invalid values",
  "wrong-credentials": "Wrong name or password",
  "too-many-attempts": "Too many attempts",
  "link-over": "The link is over",
  "name-taken": "The name is taken",
  "range-exhausted": "No network left",
  "cluster-busy": "The cluster is busy",
  "plan-stale": "The plan is stale",
  "plan-refused": "The plan does not fit",
  "name-mismatch": "The name does not match",
  "not-ready": "Set-up is not finished",
  "wrong-state": "Not possible in this state",
  "no-kubeconfig": "No kubeconfig yet",
  "key-reused": "The idempotency key was used for something else",
  "nothing-changed": "Nothing changed",
};

function detailOf(p: ProblemDetail): string {
  switch (p.code) {
    case "not-found":
      return "There is nothing at this address, or it is not yours.";
    case "sign-in-needed":
      return "Send a session cookie or an API token (Authorization: Bearer …).";
    case "not-allowed":
      return `Your role does not allow ${p.verb} here.`;
    case "invalid":
      return p.issues.map(issueSentence).join(" ");
    case "wrong-credentials":
      return "The name or the password is wrong.";
    case "too-many-attempts":
      return `Try again in ${p.retryAfterSeconds} s.`;
    case "link-over":
      return "The link is unknown, used or expired. Ask for a new one.";
    case "name-taken":
      return `The name ${JSON.stringify(p.name)} is in use.`;
    case "range-exhausted":
      return "The address range has no free network. Destroy a cluster, or ask the operator for a larger range.";
    case "cluster-busy":
      return `Operation ${p.operationId} of this cluster is not finished. Wait for it, or cancel it.`;
    case "plan-stale":
      return `The plan is not valid any more: ${p.moved.map((m) => movedSentences[m]).join("; ")}. Preview again.`;
    case "plan-refused":
      return p.refusals.map((r) => `${r.code}: ${r.needed} ${r.unit} needed, ${r.available} ${r.unit} available.`).join(" ");
    case "name-mismatch":
      return `Type the cluster's name, ${p.expected}.`;
    case "not-ready":
      return `Set-up still has to finish: ${p.waitingFor.join(", ")}.`;
    case "wrong-state":
      return `${p.verb} is not possible while it is ${p.state}.`;
    case "no-kubeconfig":
      return "The cluster has no kubeconfig yet: it appears when the cluster is ready.";
    case "key-reused":
      return "The Idempotency-Key was sent before with another body. Use a new one.";
    case "nothing-changed":
      return "The newest revision says the same already.";
  }
}

const movedSentences: Readonly<Record<Moved, string>> = {
  revision: "another revision was written or came alive",
  state: "another operation changed the cluster",
  gone: "the cluster is gone",
  plan: "it is another plan than the one that was read",
};

function issueSentence({ field, code, params }: FieldIssue): string {
  const { value, rule, ...numbers } = params;
  const shown = value === undefined ? "" : ` ${JSON.stringify(value)}`;
  const limits = Object.entries(numbers).map(([name, n]) => `${name} ${n}`).join(", ");
  return `${field || "The body"}${shown}: ${rule ?? code}${limits === "" ? "" : ` (${limits})`}.`;
}

/** Issues of a schema without codes of its own. `value` is what was sent, shortened. */
export function issuesOf(error: z.ZodError, sent: unknown): readonly FieldIssue[] {
  return error.issues.slice(0, 20).map((issue) => ({
    field: issue.path.map(String).join("."),
    code: issue.code,
    params: { ...valueAt(sent, issue.path), rule: issue.message },
  }));
}

function valueAt(sent: unknown, path: readonly PropertyKey[]): { readonly value?: string | number } {
  let at: unknown = sent;
  for (const key of path) {
    if (typeof at !== "object" || at === null || !Object.hasOwn(at, key)) return {};
    at = (at as Record<PropertyKey, unknown>)[key];
  }
  if (typeof at === "number") return { value: at };
  return typeof at === "string" ? { value: at.slice(0, 100) } : {};
}
