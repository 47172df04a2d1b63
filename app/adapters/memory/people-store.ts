/** The people store's contract in memory. */
import type { Actor, MemberRole, Person, Tenant } from "#app/domain/tenant.ts";
import {
  AlreadyExists,
  mostTenantsShown,
  mostTokens,
  type PeopleStore,
  type PersonRecord,
  TooManyTokens,
} from "#app/ports/people-store.ts";
import type { Paged } from "#app/ports/paged.ts";

type NewPerson = Parameters<PeopleStore["createPerson"]>[0];

interface Account {
  disabledAt: number | null;
  lastSignInAt: number | null;
  readonly person: Person;
  readonly passwordHash: string;
}

class People {
  readonly accounts = new Map<string, Account>();
  readonly tenants = new Map<string, Tenant>();
  /** personId → tenantId → role. */
  readonly members = new Map<string, Map<string, MemberRole>>();

  create(p: NewPerson): Person {
    const named = [...this.accounts.values()].some((a) => a.person.name === p.name || a.person.id === p.id);
    if (named) throw new AlreadyExists(`a person named ${p.name} exists already`);
    this.createTenant({ id: p.tenantId, slug: p.name, createdAt: p.now });
    const person: Person = { id: p.id, name: p.name, operator: p.operator, createdAt: p.now };
    this.accounts.set(p.id, { person, passwordHash: p.passwordHash, disabledAt: null, lastSignInAt: null });
    this.join(p.tenantId, p.id, "owner");
    return person;
  }

  records(): readonly PersonRecord[] {
    const byText = (a: string, b: string) => (a < b ? -1 : 1);
    const tenantsOf = (id: string) => {
      const all = [...(this.members.get(id) ?? [])]
        .map(([tenantId, role]) => ({ slug: this.tenants.get(tenantId)?.slug ?? tenantId, role }))
        .sort((a, b) => byText(a.slug, b.slug));
      return { tenants: all.slice(0, mostTenantsShown), tenantCount: all.length };
    };
    const all = [...this.accounts.values()].map(({ person, disabledAt, lastSignInAt }) => ({
      ...person,
      disabledAt,
      lastSignInAt,
      ...tenantsOf(person.id),
    }));
    return all.sort((a, b) => byText(a.name, b.name));
  }

  /** Null for who may not come in. */
  actor(id: string): Actor | null {
    const account = this.accounts.get(id);
    if (account?.disabledAt !== null) return null;
    const { name, operator } = account.person;
    return { personId: id, name, operator, memberships: Object.fromEntries(this.members.get(id) ?? []) };
  }

  createTenant(t: Tenant): Tenant {
    const named = [...this.tenants.values()].some((o) => o.slug === t.slug || o.id === t.id);
    if (named) throw new AlreadyExists(`a tenant named ${t.slug} exists already`);
    this.tenants.set(t.id, { ...t });
    return t;
  }

  join(tenantId: string, personId: string, role: MemberRole): void {
    const roles = this.members.get(personId) ?? new Map<string, MemberRole>();
    this.members.set(personId, roles.set(tenantId, role));
  }
}

function pageOf<T, P>(all: readonly T[], nameOf: (one: T) => string, after: string, page: (rest: readonly T[], paged: Paged) => P): P {
  const rest = all.filter((one) => nameOf(one) > after);
  return page(rest, { total: all.length, skipped: all.length - rest.length });
}

export function createMemoryPeopleStore(): PeopleStore {
  const people = new People();
  return {
    createPerson: async (p) => people.create(p),
    people: async ({ limit, after = "" }) =>
      pageOf(
        people.records(),
        (p) => p.name,
        after,
        (rest, paged) => ({ people: rest.slice(0, limit), ...paged }),
      ),
    credentials: async (name) => {
      const found = [...people.accounts.values()].find((a) => a.person.name === name && a.disabledAt === null);
      return found ? { person: found.person, passwordHash: found.passwordHash } : null;
    },
    actor: async (personId) => people.actor(personId),
    countPeople: async () => people.accounts.size,
    addMember: async (tenantId, personId, role) => people.join(tenantId, personId, role),
    createTenant: async (t) => people.createTenant(t),
    tenant: async (id) => people.tenants.get(id) ?? null,
    tenantBySlug: async (slug) => [...people.tenants.values()].find((t) => t.slug === slug) ?? null,
    tenants: async ({ tenantIds, query = "", limit, after = "" }) => {
      const found = [...people.tenants.values()]
        .filter((t) => (tenantIds?.includes(t.id) ?? true) && t.slug.includes(query))
        .toSorted((a, b) => (a.slug < b.slug ? -1 : 1));
      return pageOf(
        found,
        (t) => t.slug,
        after,
        (rest, paged) => ({ tenants: rest.slice(0, limit), ...paged }),
      );
    },
    tenantsWith: async (ids) => ids.flatMap((id) => people.tenants.get(id) ?? []),
    hasMembers: async (tenantId) => [...people.members.values()].some((roles) => roles.has(tenantId)),
    ...memorySignIns(people),
    ...memoryInvites(people),
  };
}

const holds = ({ expiresAt }: { readonly expiresAt: number | null }, now: number): boolean => expiresAt === null || expiresAt > now;
const tooManyTokens = () => new TooManyTokens(`this person has ${mostTokens} tokens already`);

function memorySignIns(
  people: People,
): Pick<PeopleStore, "setDisabled" | "addSession" | "session" | "endSession" | "addToken" | "token" | "tokens" | "revokeToken"> {
  const sessions = new Map<string, Parameters<PeopleStore["addSession"]>[0]>();
  const tokens = new Map<string, Parameters<PeopleStore["addToken"]>[0]>();
  return {
    setDisabled: async (personId, at) => {
      const account = people.accounts.get(personId);
      if (account) account.disabledAt = at === null ? null : (account.disabledAt ?? at);
      if (at !== null) for (const s of [...sessions.values()]) if (s.personId === personId) sessions.delete(s.hash);
      return account !== undefined;
    },
    addSession: async (s) => {
      sessions.set(s.hash, s);
      const account = people.accounts.get(s.personId);
      if (account) account.lastSignInAt = s.createdAt;
    },
    session: async (hash, now) => {
      const s = sessions.get(hash);
      return s && s.expiresAt > now ? people.actor(s.personId) : null;
    },
    endSession: async (hash) => void sessions.delete(hash),
    addToken: async (t) => {
      const own = [...tokens.values()].filter((o) => o.personId === t.personId);
      for (const { id } of own.filter((o) => !holds(o, t.createdAt))) tokens.delete(id);
      if (own.filter((o) => holds(o, t.createdAt)).length >= mostTokens) throw tooManyTokens();
      tokens.set(t.id, t);
    },
    token: async (hash, now) => {
      const t = [...tokens.values()].find((o) => o.hash === hash && holds(o, now));
      return t ? people.actor(t.personId) : null;
    },
    tokens: async (personId, now) =>
      [...tokens.values()]
        .filter((t) => t.personId === personId && holds(t, now))
        .toSorted((a, b) => a.createdAt - b.createdAt || (a.id < b.id ? -1 : 1))
        .slice(0, mostTokens)
        .map(({ id, label, createdAt, expiresAt }) => ({ id, label, createdAt, expiresAt })),
    revokeToken: async (personId, id) => tokens.get(id)?.personId === personId && tokens.delete(id),
  };
}

function memoryInvites(people: People): Pick<PeopleStore, "addInvite" | "invite" | "redeemInvite"> {
  const invites = new Map<string, Parameters<PeopleStore["addInvite"]>[0]>();
  const used = new Set<string>();
  const open = (hash: string, now: number) => {
    const invite = invites.get(hash);
    return invite && invite.expiresAt > now && !used.has(hash) ? invite : null;
  };
  return {
    addInvite: async (i) => {
      const kept = invites.get(i.hash) ?? i;
      invites.set(i.hash, kept);
      return { operator: kept.operator, expiresAt: kept.expiresAt };
    },
    invite: async (hash, now) => {
      const invite = open(hash, now);
      return invite && { operator: invite.operator };
    },
    redeemInvite: async (hash, p) => {
      const invite = open(hash, p.now);
      if (!invite) return null;
      const person = people.create({ ...p, operator: invite.operator });
      used.add(hash);
      return person;
    },
  };
}
