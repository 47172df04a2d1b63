/**
 * Requests that carried an idempotency key: what was asked, by its digest, and the first answer. A row belongs to one
 * person and one key. Nothing secret lies in it in clear: a secret, or an answer with one in it, is stored sealed.
 */
export interface NewRequest {
  readonly personId: string;
  readonly key: string;
  /** Of the canonical request, the place it was sent to included. */
  readonly digest: string;
  /** Id of the request if this is its first attempt; what the request makes is called by it. */
  readonly requestId: string;
  /** Names this attempt. */
  readonly holder: string;
  readonly now: number;
  readonly leaseMs: number;
  readonly expiresAt: number;
}

/** One try at carrying out a request. */
export interface RequestAttempt {
  readonly personId: string;
  readonly key: string;
  readonly requestId: string;
  readonly holder: string;
}

/** Ciphertext, with the tenant whose data key sealed it. It is not given any more once `until` has passed. */
export interface SealedText {
  readonly tenantId: string;
  readonly sealed: string;
  readonly until: number;
}

export type StoredAnswer =
  | { readonly kind: "open"; readonly text: string }
  | { readonly kind: "sealed"; readonly tenantId: string; readonly sealed: string }
  /** It held a secret, and the time for that is over. */
  | { readonly kind: "expired" };

export type Begun =
  /** Carry it out. `resumed`: an earlier attempt ended in the middle and may have done part of it. */
  | { readonly outcome: "started"; readonly requestId: string; readonly resumed: boolean }
  | { readonly outcome: "answered"; readonly requestId: string; readonly answer: StoredAnswer }
  /** Somebody else is carrying it out right now. */
  | { readonly outcome: "running" }
  /** The key belongs to another request. */
  | { readonly outcome: "reused" };

/** A lease that ends later than any can was given before the clock was set back. */
export const isLeased = (leaseUntil: number, now: number, leaseMs: number): boolean => leaseUntil > now && leaseUntil <= now + leaseMs;

export interface RequestStore {
  /**
   * Of many callers with the same key at once, one gets `started`. A person's oldest ended requests beyond {@link mostRequests} are
   * dropped.
   */
  begin(request: NewRequest): Promise<Begun>;
  /** Prolongs the lease of an attempt that still holds its request. */
  renew(attempt: RequestAttempt, leaseUntil: number): Promise<void>;
  /** Keeps the first secret of a request and gives the one that is kept. */
  keepSecret(attempt: RequestAttempt, secret: SealedText): Promise<SealedText>;
  /** The first answer of a request stays. */
  answer(attempt: RequestAttempt, answer: { readonly text: string } | SealedText): Promise<void>;
  /** The request was refused and nothing of it is written: its key may be used for another one, and it begins again under a new id. */
  refuse(attempt: RequestAttempt): Promise<void>;
  /** The attempt ended in the middle: the same request may continue from there at once. */
  abandon(attempt: RequestAttempt): Promise<void>;
  /** Drops requests and secrets whose time is over. */
  expire(now: number): Promise<void>;
}

export const mostRequests = 500;
