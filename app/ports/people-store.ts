import type { Actor, MemberRole, Person, Tenant } from "#app/domain/tenant.ts";
import type { Paged } from "./paged.ts";

/** A person or tenant of that name exists. */
export class AlreadyExists extends Error {
  override readonly name = "AlreadyExists";
}

/** The person has as many tokens as one may have. */
export class TooManyTokens extends Error {
  override readonly name = "TooManyTokens";
}

/** That a person may have at a time, without those that have expired. */
export const mostTokens = 50;

/** A person as operators see them. */
export interface PersonRecord extends Person {
  /** Since when they may not come in; null: they may. */
  readonly disabledAt: number | null;
  readonly lastSignInAt: number | null;
  /** By tenant slug; no more than {@link mostTenantsShown}. */
  readonly tenants: readonly { readonly slug: string; readonly role: MemberRole }[];
  /** How many they belong to in all. */
  readonly tenantCount: number;
}

/** Of how many tenants a list of people says that they belong to them. */
export const mostTenantsShown = 10;

export interface TenantFilter {
  /** Ids; null: all. */
  readonly tenantIds: readonly string[] | null;
  /** A part of the slug, in lower case. */
  readonly query?: string;
}

export interface PeopleStore {
  /** Creates person, their own tenant of the same name, and the owner membership, in one transaction. Throws AlreadyExists. */
  createPerson(p: { id: string; name: string; passwordHash: string; operator: boolean; tenantId: string; now: number }): Promise<Person>;
  /** By name, those after this name. */
  people(q: { readonly limit: number; readonly after?: string }): Promise<Paged & { readonly people: readonly PersonRecord[] }>;
  /**
   * Disabled (`at`): sessions end at once, and neither password nor tokens work until they are enabled again (null). False: nobody
   * has this id.
   */
  setDisabled(personId: string, at: number | null): Promise<boolean>;
  /** With the argon2id hash, for sign-in only; null for who is disabled. */
  credentials(name: string): Promise<{ readonly person: Person; readonly passwordHash: string } | null>;
  /** What this person may do, for what is done in their name; null: there is none, or they are disabled. */
  actor(personId: string): Promise<Actor | null>;
  countPeople(): Promise<number>;
  addMember(tenantId: string, personId: string, role: MemberRole): Promise<void>;
  createTenant(t: Tenant): Promise<Tenant>;
  tenant(id: string): Promise<Tenant | null>;
  tenantBySlug(slug: string): Promise<Tenant | null>;
  /** By slug, those after this slug. */
  tenants(q: TenantFilter & { readonly limit: number; readonly after?: string }): Promise<Paged & { readonly tenants: readonly Tenant[] }>;
  /** Those that exist, in any order. */
  tenantsWith(ids: readonly string[]): Promise<readonly Tenant[]>;
  hasMembers(tenantId: string): Promise<boolean>;

  // Sessions, API tokens and invitations are looked up by SHA-256 of their secret; the secret itself is never stored.

  /** Also notes the sign-in. */
  addSession(s: { hash: string; personId: string; createdAt: number; expiresAt: number }): Promise<void>;
  /**
   * Whose it is and what they may see, in one check: it is asked with every request. Null when it ended or expired, and for who is
   * disabled.
   */
  session(hash: string, now: number): Promise<Actor | null>;
  endSession(hash: string): Promise<void>;
  /** Removes what has expired of the person's tokens by `createdAt`. Throws TooManyTokens where {@link mostTokens} are left. */
  addToken(t: { id: string; hash: string; personId: string; label: string; createdAt: number; expiresAt: number | null }): Promise<void>;
  /** The same for a token. */
  token(hash: string, now: number): Promise<Actor | null>;
  /** Those that have not expired, oldest first; no more than {@link mostTokens}. */
  tokens(
    personId: string,
    now: number,
  ): Promise<readonly { readonly id: string; readonly label: string; readonly createdAt: number; readonly expiresAt: number | null }[]>;
  revokeToken(personId: string, id: string): Promise<boolean>;
  /** The first one of a hash stays as it is, used up or not; gives the one that is kept. */
  addInvite(i: {
    hash: string;
    operator: boolean;
    createdBy: string | null;
    createdAt: number;
    expiresAt: number;
  }): Promise<{ readonly operator: boolean; readonly expiresAt: number }>;
  /** Looks without using it up. */
  invite(hash: string, now: number): Promise<{ readonly operator: boolean } | null>;
  /** Uses the invitation up and creates the person in the same transaction; null when it is unknown, used or expired. */
  redeemInvite(hash: string, p: { id: string; name: string; passwordHash: string; tenantId: string; now: number }): Promise<Person | null>;
}
