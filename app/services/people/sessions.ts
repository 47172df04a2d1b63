/**
 * Who is asking: sign-in, sessions, API tokens and the one-time links that make accounts. Secrets are seen here once
 * and stored only as their digest.
 */
import { invalidField, Problem } from "#app/domain/problem.ts";
import { localTenant, tenantReservation } from "#app/domain/reserved-names.ts";
import type { Actor, Person } from "#app/domain/tenant.ts";
import { fits } from "#app/domain/text/machine-words.ts";
import { passwordCandidates, preparePassword } from "#app/domain/text/password.ts";
import type { AttemptLimiter } from "#app/ports/attempt-limiter.ts";
import { HasherBusy, type PasswordHasher } from "#app/ports/password-hasher.ts";
import { AlreadyExists, type PeopleStore } from "#app/ports/people-store.ts";
import type { SecretMaker } from "#app/ports/secret-maker.ts";

export interface SessionDeps {
  readonly people: PeopleStore;
  readonly hasher: PasswordHasher;
  readonly limiter: AttemptLimiter;
  readonly secrets: SecretMaker;
  readonly now: () => number;
}

export interface OpenedSession {
  readonly secret: string;
  readonly expiresAt: number;
}

export interface Sessions {
  /** Problems: wrong-credentials, too-many-attempts. `address` is the caller's, for throttling. */
  signIn(name: string, password: string, address: string): Promise<OpenedSession>;
  signOut(secret: string): Promise<void>;
  bySession(secret: string): Promise<Actor | null>;
  byToken(secret: string): Promise<Actor | null>;
  invitation(secret: string): Promise<{ readonly operator: boolean } | null>;
  /** Problems: link-over, name-taken, too-many-attempts. */
  join(secret: string, name: string, password: string, address: string): Promise<OpenedSession>;
  /** A secret for the machine's own administrator: an operator without an account, for as long as this portal runs. */
  acceptLocal(secret: string): void;
  /** The secret of a link that makes the first operator, or null when there are people. `kept` is reused if it still works. */
  firstLink(kept: string | null): Promise<string | null>;
}

const day = 86_400_000;
export const sessionDays = 7;
export const inviteDays = 3;
/** Person id of the machine's own administrator: no row in the store has it. */
export const localPersonId = "local";
const localActor: Actor = { personId: localPersonId, name: localTenant, operator: true, memberships: {} };

export function createSessions(deps: SessionDeps): Sessions {
  let local: string | null = null;
  const { people, secrets } = deps;
  return {
    signIn: (name, password, address) => signIn(deps, name, password, address),
    signOut: (secret) => people.endSession(secrets.digest(secret)),
    bySession: (secret) => people.session(secrets.digest(secret), deps.now()),
    byToken: async (secret) => {
      const digest = secrets.digest(secret);
      if (local !== null && digest === local) return localActor;
      return people.token(digest, deps.now());
    },
    invitation: (secret) => people.invite(secrets.digest(secret), deps.now()),
    join: (secret, name, password, address) => join(deps, secret, name, password, address),
    acceptLocal: (secret) => {
      local = secrets.digest(secret);
    },
    firstLink: (kept) => firstLink(deps, kept),
  };
}

async function signIn(deps: SessionDeps, name: string, password: string, address: string): Promise<OpenedSession> {
  await throttle(deps.limiter, name, address);
  const known = fits("label", name) ? await deps.people.credentials(name) : null;
  if (!(await isPassword(deps.hasher, known?.passwordHash ?? null, password)) || !known) throw new Problem({ code: "wrong-credentials" });
  await deps.limiter.forgive(name, address);
  return open(deps, known.person);
}

/** For nobody it takes as long as for somebody: which texts are tried depends on what was typed alone. */
async function isPassword(hasher: PasswordHasher, hash: string | null, typed: string): Promise<boolean> {
  for (const candidate of passwordCandidates(typed)) if (await hasher.verify(hash, candidate).catch(refuseBusyHasher)) return true;
  return false;
}

async function join(deps: SessionDeps, secret: string, name: string, password: string, address: string): Promise<OpenedSession> {
  const reservation = tenantReservation(name);
  if (reservation) throw invalidField("name", `reserved.${reservation}`, { value: name });
  await throttle(deps.limiter, null, address);
  const hash = deps.secrets.digest(secret);
  // Looked at first, so that a dead link costs no password hashing; redeeming is what really decides.
  if (!(await deps.people.invite(hash, deps.now()))) throw new Problem({ code: "link-over" });
  const passwordHash = await deps.hasher.hash(preparePassword(password)).catch(refuseBusyHasher);
  const person = await redeem(deps, hash, name, passwordHash);
  if (!person) throw new Problem({ code: "link-over" });
  await deps.limiter.forgive(null, address);
  return open(deps, person);
}

async function redeem(deps: SessionDeps, hash: string, name: string, passwordHash: string): Promise<Person | null> {
  const { people, secrets, now } = deps;
  try {
    return await people.redeemInvite(hash, { id: secrets.id(), name, passwordHash, tenantId: secrets.id(), now: now() });
  } catch (error) {
    if (error instanceof AlreadyExists) throw new Problem({ code: "name-taken", name });
    throw error;
  }
}

async function throttle(limiter: AttemptLimiter, account: string | null, address: string): Promise<void> {
  const { retryAfterSeconds } = await limiter.take(account, address);
  if (retryAfterSeconds > 0) throw new Problem({ code: "too-many-attempts", retryAfterSeconds });
}

function refuseBusyHasher(error: unknown): never {
  if (error instanceof HasherBusy) throw new Problem({ code: "too-many-requests", retryAfterSeconds: 5 });
  throw error;
}

async function open(deps: SessionDeps, person: Person): Promise<OpenedSession> {
  const secret = deps.secrets.secret();
  const createdAt = deps.now();
  const expiresAt = createdAt + sessionDays * day;
  await deps.people.addSession({ hash: deps.secrets.digest(secret), personId: person.id, createdAt, expiresAt });
  return { secret, expiresAt };
}

async function firstLink(deps: SessionDeps, kept: string | null): Promise<string | null> {
  const { people, secrets } = deps;
  if ((await people.countPeople()) > 0) return null;
  const createdAt = deps.now();
  if (kept !== null && (await people.invite(secrets.digest(kept), createdAt))) return kept;
  const secret = secrets.secret();
  await people.addInvite({ hash: secrets.digest(secret), operator: true, createdBy: null, createdAt, expiresAt: createdAt + day });
  return secret;
}
