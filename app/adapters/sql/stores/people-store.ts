/** People, tenants, memberships, and the hashes of what people sign in with. */
import { type Expression, type ExpressionBuilder, sql } from "kysely";
import type { Actor, MemberRole, Person, Tenant } from "#app/domain/tenant.ts";
import { AlreadyExists, mostTenantsShown, mostTokens, type PeopleStore, TooManyTokens } from "#app/ports/people-store.ts";
import { contains } from "./contains.ts";
import type { BerthDatabase } from "#app/adapters/sql/database/database.ts";
import { forUpdate, type Trx } from "#app/adapters/sql/database/locks.ts";
import { toPerson, toTenant } from "#app/adapters/sql/rows.ts";
import type { Engine, Tables } from "#app/adapters/sql/schema.ts";

type NewPerson = Parameters<PeopleStore["createPerson"]>[0];
type SignIns = Pick<PeopleStore, "addSession" | "session" | "endSession" | "addToken" | "token" | "tokens" | "revokeToken">;
type Invites = Pick<PeopleStore, "addInvite" | "invite" | "redeemInvite">;

export function createPeopleStore(database: BerthDatabase): PeopleStore {
  const { reader, writer } = database;
  return {
    createPerson: (p) => writer.transaction().execute((trx) => createPerson(trx, p)),
    credentials: async (name) => {
      const row = await reader
        .selectFrom("people")
        .selectAll()
        .where("name", "=", name)
        .where("disabled_at", "is", null)
        .executeTakeFirst();
      return row ? { person: toPerson(row), passwordHash: row.password_hash } : null;
    },
    people: (q) => peoplePage(reader, q),
    setDisabled: (personId, at) => writer.transaction().execute((trx) => setDisabled(trx, personId, at)),
    countPeople: async () => {
      const count = reader.selectFrom("people").select((s) => s.fn.countAll<number>().as("people"));
      return (await count.executeTakeFirstOrThrow()).people;
    },
    addMember: async (tenantId, personId, role) => {
      await writer
        .insertInto("memberships")
        .values({ tenant_id: tenantId, person_id: personId, role })
        .onConflict((c) => c.columns(["person_id", "tenant_id"]).doUpdateSet({ role }))
        .execute();
    },
    actor: (personId) => actor(reader, sql<string>`${personId}`),
    createTenant: (t) => writer.transaction().execute((trx) => createTenant(trx, t)),
    tenant: async (id) => {
      const row = await reader.selectFrom("tenants").selectAll().where("id", "=", id).executeTakeFirst();
      return row ? toTenant(row) : null;
    },
    tenantBySlug: async (slug) => {
      const row = await reader.selectFrom("tenants").selectAll().where("slug", "=", slug).executeTakeFirst();
      return row ? toTenant(row) : null;
    },
    tenants: (q) => tenantPage(reader, q),
    tenantsWith: async (ids) =>
      ids.length === 0 ? [] : (await reader.selectFrom("tenants").selectAll().where("id", "in", ids).execute()).map(toTenant),
    hasMembers: async (tenantId) =>
      (await reader.selectFrom("memberships").select("person_id").where("tenant_id", "=", tenantId).executeTakeFirst()) !== undefined,
    ...signIns(database),
    ...invites(database),
  };
}

async function peoplePage(
  reader: BerthDatabase["reader"],
  { limit, after = "" }: Parameters<PeopleStore["people"]>[0],
): ReturnType<PeopleStore["people"]> {
  const counts = reader
    .selectFrom("people")
    .select((s) => [s.fn.countAll<number>().as("total"), s.fn.countAll<number>().filterWhere("name", "<=", after).as("skipped")]);
  const paged = await counts.executeTakeFirstOrThrow();
  const rows = await reader.selectFrom("people").selectAll().where("name", ">", after).orderBy("name").limit(limit).execute();
  const members = await membershipsOf(
    reader,
    rows.map((r) => r.id),
  );
  const tenantsOf = (id: string) => {
    const own = members.filter((m) => m.person_id === id);
    return { tenants: own.map(({ slug, role }) => ({ slug, role })), tenantCount: own[0]?.tenants ?? 0 };
  };
  return {
    people: rows.map((row) => ({ ...toPerson(row), disabledAt: row.disabled_at, lastSignInAt: row.last_sign_in_at, ...tenantsOf(row.id) })),
    ...paged,
  };
}

/** The first ones of each person, and with each how many there are. */
async function membershipsOf(reader: BerthDatabase["reader"], personIds: readonly string[]) {
  if (personIds.length === 0) return [];
  const ranked = reader
    .selectFrom("memberships as m")
    .innerJoin("tenants as t", "t.id", "m.tenant_id")
    .select(["m.person_id", "m.role", "t.slug"])
    .select((s) => [
      s.fn
        .agg<number>("row_number")
        .over((o) => o.partitionBy("m.person_id").orderBy("t.slug"))
        .as("place"),
      s.fn
        .countAll<number>()
        .over((o) => o.partitionBy("m.person_id"))
        .as("tenants"),
    ])
    .where("m.person_id", "in", personIds);
  return await reader
    .selectFrom(ranked.as("r"))
    .selectAll()
    .where("place", "<=", mostTenantsShown)
    .orderBy("person_id")
    .orderBy("place")
    .execute();
}

async function tenantPage(
  reader: BerthDatabase["reader"],
  { tenantIds, query, limit, after = "" }: Parameters<PeopleStore["tenants"]>[0],
): ReturnType<PeopleStore["tenants"]> {
  if (tenantIds?.length === 0) return { tenants: [], total: 0, skipped: 0 };
  const matching = (w: ExpressionBuilder<Tables, "tenants">) =>
    w.and([...(tenantIds === null ? [] : [w("id", "in", tenantIds)]), ...(query === undefined ? [] : [contains("slug", query)])]);
  const counts = reader
    .selectFrom("tenants")
    .select((s) => [s.fn.countAll<number>().as("total"), s.fn.countAll<number>().filterWhere("slug", "<=", after).as("skipped")]);
  const paged = await counts.where(matching).executeTakeFirstOrThrow();
  const rows = await reader
    .selectFrom("tenants")
    .selectAll()
    .where(matching)
    .where("slug", ">", after)
    .orderBy("slug")
    .limit(limit)
    .execute();
  return { tenants: rows.map(toTenant), ...paged };
}

async function setDisabled(trx: Trx, personId: string, at: number | null): Promise<boolean> {
  // Said twice it was said once: the first time counts.
  const found = await trx
    .updateTable("people")
    .set(({ fn, val }) => ({ disabled_at: at === null ? null : fn.coalesce("disabled_at", val(at)) }))
    .where("id", "=", personId)
    .returning("id")
    .executeTakeFirst();
  if (at !== null) await trx.deleteFrom("sessions").where("person_id", "=", personId).execute();
  return found !== undefined;
}

async function createPerson(trx: Trx, p: NewPerson): Promise<Person> {
  const values = { id: p.id, name: p.name, password_hash: p.passwordHash, operator: p.operator ? 1 : 0, created_at: p.now };
  const row = await trx
    .insertInto("people")
    .values(values)
    .onConflict((c) => c.doNothing())
    .returningAll()
    .executeTakeFirst();
  if (!row) throw new AlreadyExists(`a person named ${p.name} exists already`);
  await createTenant(trx, { id: p.tenantId, slug: p.name, createdAt: p.now });
  const owner: MemberRole = "owner";
  await trx.insertInto("memberships").values({ tenant_id: p.tenantId, person_id: p.id, role: owner }).execute();
  return toPerson(row);
}

async function createTenant(trx: Trx, t: Tenant): Promise<Tenant> {
  const values = { id: t.id, slug: t.slug, created_at: t.createdAt };
  const row = await trx
    .insertInto("tenants")
    .values(values)
    .onConflict((c) => c.doNothing())
    .returningAll()
    .executeTakeFirst();
  if (!row) throw new AlreadyExists(`a tenant named ${t.slug} exists already`);
  return toTenant(row);
}

function signIns({ reader, writer, engine }: BerthDatabase): SignIns {
  return {
    addSession: async (s) => {
      await writer.deleteFrom("sessions").where("expires_at", "<=", s.createdAt).execute();
      const values = { hash: s.hash, person_id: s.personId, created_at: s.createdAt, expires_at: s.expiresAt };
      await writer.insertInto("sessions").values(values).execute();
      await writer.updateTable("people").set({ last_sign_in_at: s.createdAt }).where("id", "=", s.personId).execute();
    },
    session: (hash, now) =>
      actor(reader, reader.selectFrom("sessions").select("person_id").where("hash", "=", hash).where("expires_at", ">", now).$asScalar()),
    endSession: async (hash) => {
      await writer.deleteFrom("sessions").where("hash", "=", hash).execute();
    },
    addToken: (t) => writer.transaction().execute((trx) => addToken(trx, engine, t)),
    token: (hash, now) => {
      const query = reader.selectFrom("tokens").select("person_id").where("hash", "=", hash);
      return actor(reader, query.where(holdsAt(now)).$asScalar());
    },
    tokens: async (personId, now) => {
      const query = reader.selectFrom("tokens").select(["id", "label", "created_at", "expires_at"]).where("person_id", "=", personId);
      const rows = await query.where(holdsAt(now)).orderBy("created_at").orderBy("id").limit(mostTokens).execute();
      return rows.map((r) => ({ id: r.id, label: r.label, createdAt: r.created_at, expiresAt: r.expires_at }));
    },
    revokeToken: async (personId, id) => {
      const gone = await writer
        .deleteFrom("tokens")
        .where("person_id", "=", personId)
        .where("id", "=", id)
        .returning("id")
        .executeTakeFirst();
      return gone !== undefined;
    },
  };
}

const holdsAt = (now: number) => (w: ExpressionBuilder<Tables, "tokens">) => w.or([w("expires_at", "is", null), w("expires_at", ">", now)]);

/** The person's row is locked, so that two requests at once do not both take the last place. */
async function addToken(trx: Trx, engine: Engine, t: Parameters<PeopleStore["addToken"]>[0]): Promise<void> {
  await forUpdate(engine, trx.selectFrom("people").select("id").where("id", "=", t.personId)).execute();
  await trx.deleteFrom("tokens").where("person_id", "=", t.personId).where("expires_at", "<=", t.createdAt).execute();
  const left = await trx
    .selectFrom("tokens")
    .select((s) => s.fn.countAll<number>().as("count"))
    .where("person_id", "=", t.personId)
    .executeTakeFirstOrThrow();
  if (left.count >= mostTokens) throw new TooManyTokens(`this person has ${mostTokens} tokens already`);
  const values = { id: t.id, hash: t.hash, person_id: t.personId, label: t.label, created_at: t.createdAt, expires_at: t.expiresAt };
  await trx.insertInto("tokens").values(values).execute();
}

/** The one person of the query, with a row for each membership; null for who is disabled. */
async function actor(reader: BerthDatabase["reader"], personId: Expression<string>): Promise<Actor | null> {
  const rows = await reader
    .selectFrom("people")
    .leftJoin("memberships", "memberships.person_id", "people.id")
    .select(["people.id", "people.name", "people.operator", "memberships.tenant_id", "memberships.role"])
    .where("people.id", "=", personId)
    .where("people.disabled_at", "is", null)
    .execute();
  const [person] = rows;
  if (!person) return null;
  const memberships = Object.fromEntries(
    rows.flatMap(({ tenant_id: tenantId, role }) => (tenantId === null || role === null ? [] : [[tenantId, role]])),
  );
  return { personId: person.id, name: person.name, operator: person.operator === 1, memberships };
}

function invites({ reader, writer }: BerthDatabase): Invites {
  return {
    addInvite: async (i) => {
      const values = {
        hash: i.hash,
        operator: i.operator ? 1 : 0,
        created_by: i.createdBy,
        created_at: i.createdAt,
        expires_at: i.expiresAt,
        used_at: null,
      };
      await writer
        .insertInto("invites")
        .values(values)
        .onConflict((c) => c.doNothing())
        .execute();
      const kept = await reader.selectFrom("invites").select(["operator", "expires_at"]).where("hash", "=", i.hash).executeTakeFirst();
      return kept ? { operator: kept.operator === 1, expiresAt: kept.expires_at } : i;
    },
    invite: async (hash, now) => {
      const query = reader.selectFrom("invites").select("operator").where("hash", "=", hash).where("used_at", "is", null);
      const row = await query.where("expires_at", ">", now).executeTakeFirst();
      return row ? { operator: row.operator === 1 } : null;
    },
    redeemInvite: (hash, p) =>
      writer.transaction().execute(async (trx) => {
        const use = trx.updateTable("invites").set({ used_at: p.now }).where("hash", "=", hash).where("used_at", "is", null);
        const used = await use.where("expires_at", ">", p.now).returning("operator").executeTakeFirst();
        return used ? await createPerson(trx, { ...p, operator: used.operator === 1 }) : null;
      }),
  };
}
