/**
 * The one shape in which a use case says no. Pages translate `code` and its numbers; the API answers it as
 * problem+json. It is recognised by shape, because the page bundle and the portal each carry their own copy of the class.
 */
import type { ClusterState } from "./cluster/cluster.ts";
import type { SpecChangeRow } from "./cluster/spec-changes.ts";
import type { HostRefusal } from "./host/placement.ts";
import type { OperationState } from "./operation/operation.ts";
import type { Refusal } from "./plan/plan.ts";

/** A field's rule that a value breaks. `code` is stable (`name.label`); `params` hold what the sentence needs. */
export interface FieldIssue {
  readonly field: string;
  readonly code: string;
  readonly params: Readonly<Record<string, string | number>>;
}

/**
 * What is not as it was: a revision was written or came alive, an operation ran, the cluster is gone, it is another plan, or
 * another cluster has reserved the network.
 */
export type Moved = "revision" | "state" | "gone" | "plan" | "network";

/**
 * Why something is not possible, where the reason is not the state of the cluster or operation: it is about the person who
 * asks; the cluster was never live, or has no Kubernetes; its newest revision is not live, or is live already.
 */
export const blockers = ["oneself", "never-live", "no-kubernetes", "newer-revision", "no-newer-revision"] as const;
export type Blocker = (typeof blockers)[number];

export type ProblemDetail =
  /** Absent, or not for this person: nobody can tell which. */
  | { readonly code: "not-found" }
  | { readonly code: "sign-in-needed" }
  /** The object may be seen, but this verb is not for this person's role. */
  | { readonly code: "not-allowed"; readonly verb: string }
  | { readonly code: "invalid"; readonly issues: readonly FieldIssue[] }
  | { readonly code: "wrong-credentials" }
  | { readonly code: "too-many-attempts"; readonly retryAfterSeconds: number }
  /** More at the same time than one caller gets. */
  | { readonly code: "too-many-requests"; readonly retryAfterSeconds: number }
  /** The body is longer than so many kilobytes (of 1,024 bytes). */
  | { readonly code: "too-large"; readonly kilobytes: number }
  /** The body is of a media type or encoding that this address does not take. */
  | { readonly code: "wrong-type" }
  /** The address or the body is no valid HTTP, form or JSON. */
  | { readonly code: "unreadable" }
  /** One-time link unknown, used or expired. */
  | { readonly code: "link-over" }
  | { readonly code: "name-taken"; readonly name: string }
  | { readonly code: "range-exhausted" }
  /** No libvirt host takes the cluster: each with its reason. */
  | { readonly code: "no-host"; readonly hosts: readonly HostRefusal[] }
  /** The tenant has `limit` drafts; one that nobody changes is discarded after `days` (0: never). */
  | { readonly code: "too-many-drafts"; readonly limit: number; readonly days: number }
  /** The tenant has `limit` previews queued. */
  | { readonly code: "too-many-previews"; readonly limit: number }
  /** The person has `limit` API tokens that have not expired. */
  | { readonly code: "too-many-tokens"; readonly limit: number }
  /** Another operation of this cluster is not finished. */
  | { readonly code: "cluster-busy"; readonly operationId: string }
  | { readonly code: "plan-stale"; readonly moved: readonly Moved[] }
  | { readonly code: "plan-refused"; readonly refusals: readonly Refusal[] }
  /** The typed name is not the cluster's. */
  | { readonly code: "name-mismatch"; readonly expected: string }
  | { readonly code: "not-ready"; readonly waitingFor: readonly string[] }
  /** This verb is not possible in the state of the object, e.g. cancel of something that is over, or for another reason. */
  | { readonly code: "wrong-state"; readonly verb: string; readonly state: ClusterState | OperationState | Blocker }
  | { readonly code: "no-kubeconfig" }
  /** `holder`: who listens on the API server's port in the cluster's place; null: nobody does. */
  | { readonly code: "port-not-published"; readonly port: number; readonly holder: string | null }
  | { readonly code: "key-reused" }
  /** Another portal carries out the same request and has not ended within the time that is waited. */
  | { readonly code: "request-running"; readonly retryAfterSeconds: number }
  /** The request was carried out; its answer held a secret, which is not given any more. */
  | { readonly code: "secret-expired" }
  | { readonly code: "nothing-changed" }
  /** The cluster was changed since the last check, so its rows of drift may not be so any more. */
  | { readonly code: "drift-stale" }
  /** Somebody else wrote `revision` after the form was filled from `basedOn`: `changes` are what would be lost. */
  | { readonly code: "revision-conflict"; readonly basedOn: number; readonly revision: number; readonly changes: readonly SpecChangeRow[] }
  /** Nothing was done: the database cannot be used now. The kinds are those of the port `storage-trouble`. */
  | { readonly code: StorageProblem; readonly retryAfterSeconds: number };

export type StorageProblem = "storage-full" | "storage-locked" | "storage-unreachable" | "storage-corrupt" | "storage-newer";

export type ProblemCode = ProblemDetail["code"];

export class Problem extends Error {
  override readonly name = "Problem";
  readonly detail: ProblemDetail;
  constructor(detail: ProblemDetail) {
    super(detail.code);
    this.detail = detail;
  }
}

/** One field breaks one rule. */
export const invalidField = (field: string, code: string, params: FieldIssue["params"]): Problem =>
  new Problem({ code: "invalid", issues: [{ field, code, params }] });

export const notFound = (): Problem => new Problem({ code: "not-found" });

/** The detail when `error` is a Problem (of any copy of the class), else null: rethrow it then. */
export function problemOf(error: unknown): ProblemDetail | null {
  if (!(error instanceof Error) || error.name !== "Problem" || !("detail" in error)) return null;
  return error.detail as ProblemDetail;
}

const statuses: Readonly<Record<ProblemCode, number>> = {
  "not-found": 404,
  "sign-in-needed": 401,
  "not-allowed": 403,
  invalid: 422,
  "wrong-credentials": 401,
  "too-many-attempts": 429,
  "too-many-requests": 429,
  "too-large": 413,
  "wrong-type": 415,
  unreadable: 400,
  "link-over": 410,
  "name-taken": 409,
  "range-exhausted": 409,
  "no-host": 409,
  "too-many-drafts": 409,
  "too-many-previews": 409,
  "too-many-tokens": 409,
  "cluster-busy": 409,
  "plan-stale": 409,
  "plan-refused": 409,
  "name-mismatch": 422,
  "not-ready": 409,
  "wrong-state": 409,
  "no-kubeconfig": 409,
  "port-not-published": 409,
  "key-reused": 422,
  "request-running": 409,
  "secret-expired": 410,
  "nothing-changed": 409,
  "drift-stale": 409,
  "revision-conflict": 409,
  "storage-full": 503,
  "storage-locked": 503,
  "storage-unreachable": 503,
  "storage-corrupt": 503,
  "storage-newer": 503,
};

/** HTTP status that pages and API answer with. */
export const statusOf = (detail: ProblemDetail): number => statuses[detail.code];
