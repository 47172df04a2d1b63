/** Requests with an idempotency key, one row each. */
import {
  type Begun,
  isLeased,
  mostRequests,
  type NewRequest,
  type RequestAttempt,
  type RequestStore,
  type SealedText,
  type StoredAnswer,
} from "#app/ports/request-store.ts";
import type { BerthDatabase } from "#app/adapters/sql/database/database.ts";
import { forUpdate, type Trx } from "#app/adapters/sql/database/locks.ts";
import type { RequestRow } from "#app/adapters/sql/schema.ts";

export function createRequestStore(database: BerthDatabase): RequestStore {
  const { writer, reserve } = database;
  /** Writes to a request that is being carried out, and to no other. */
  const running = (a: RequestAttempt) =>
    writer
      .updateTable("requests")
      .where("person_id", "=", a.personId)
      .where("request_key", "=", a.key)
      .where("request_id", "=", a.requestId)
      .where("state", "=", "running");
  const held = (a: RequestAttempt) => running(a).where("holder", "=", a.holder);
  return {
    begin: async (request) => {
      await reserve.demand();
      return await writer.transaction().execute((trx) => begin(database, trx, request));
    },
    renew: async (a, leaseUntil) => void (await held(a).set({ lease_until: leaseUntil }).execute()),
    keepSecret: async (a, secret) => {
      await running(a).where("sealed", "is", null).set(sealedColumns(secret)).execute();
      const row = await writer.selectFrom("requests").selectAll().where("request_id", "=", a.requestId).executeTakeFirst();
      return (row && secretOf(row)) ?? secret;
    },
    answer: async (a, answer) => {
      const set = "text" in answer ? { answer: answer.text, ...sealedColumns(null) } : { answer: null, ...sealedColumns(answer) };
      await reserve.keep(() =>
        running(a)
          .set({ state: "answered", ...set })
          .execute(),
      );
    },
    refuse: async (a) => void (await reserve.keep(() => held(a).set({ state: "refused" }).execute())),
    abandon: async (a) => void (await reserve.keep(() => held(a).set({ lease_until: 0 }).execute())),
    expire: async (now) => {
      await writer.deleteFrom("requests").where("expires_at", "<=", now).execute();
      await writer.updateTable("requests").set(sealedColumns(null)).where("sealed_until", "<=", now).execute();
    },
  };
}

const sealedColumns = (secret: SealedText | null) => ({
  sealed: secret?.sealed ?? null,
  sealed_tenant: secret?.tenantId ?? null,
  sealed_until: secret?.until ?? null,
});

const secretOf = ({ sealed, sealed_tenant: tenantId, sealed_until: until }: RequestRow): SealedText | null =>
  sealed === null || tenantId === null || until === null ? null : { sealed, tenantId, until };

async function begin(database: BerthDatabase, trx: Trx, r: NewRequest): Promise<Begun> {
  const inserted = await trx
    .insertInto("requests")
    .values(newRow(r))
    .onConflict((c) => c.columns(["person_id", "request_key"]).doNothing())
    .returning("request_id")
    .executeTakeFirst();
  if (inserted) {
    await dropOldest(trx, r.personId);
    return { outcome: "started", requestId: r.requestId, resumed: false };
  }
  const own = trx.selectFrom("requests").selectAll().where("person_id", "=", r.personId).where("request_key", "=", r.key);
  const row = await forUpdate(database.engine, own).executeTakeFirst();
  // It was dropped between the two statements.
  return row ? decide(trx, row, r) : { outcome: "running" };
}

async function decide(trx: Trx, row: RequestRow, r: NewRequest): Promise<Begun> {
  if (row.expires_at <= r.now || row.state === "refused") return replace(trx, r);
  if (row.digest !== r.digest) return { outcome: "reused" };
  if (row.state === "answered") return { outcome: "answered", requestId: row.request_id, answer: answerOf(row, r.now) };
  if (isLeased(row.lease_until, r.now, r.leaseMs)) return { outcome: "running" };
  await at(trx, r)
    .set({ state: "running", holder: r.holder, lease_until: r.now + r.leaseMs })
    .execute();
  return { outcome: "started", requestId: row.request_id, resumed: true };
}

async function replace(trx: Trx, r: NewRequest): Promise<Begun> {
  await at(trx, r).set(newRow(r)).execute();
  return { outcome: "started", requestId: r.requestId, resumed: false };
}

const at = (trx: Trx, r: NewRequest) => trx.updateTable("requests").where("person_id", "=", r.personId).where("request_key", "=", r.key);

const newRow = (r: NewRequest): RequestRow => ({
  person_id: r.personId,
  request_key: r.key,
  request_id: r.requestId,
  digest: r.digest,
  state: "running",
  holder: r.holder,
  lease_until: r.now + r.leaseMs,
  answer: null,
  ...sealedColumns(null),
  created_at: r.now,
  expires_at: r.expiresAt,
});

/** A person who sends many requests pushes out only their own. */
async function dropOldest(trx: Trx, personId: string): Promise<void> {
  const ended = trx.selectFrom("requests").where("person_id", "=", personId).where("state", "<>", "running");
  const oldest = await ended.select("created_at").orderBy("created_at", "desc").offset(mostRequests).limit(1).executeTakeFirst();
  if (!oldest) return;
  await trx
    .deleteFrom("requests")
    .where("person_id", "=", personId)
    .where("state", "<>", "running")
    .where("created_at", "<=", oldest.created_at)
    .execute();
}

function answerOf(row: RequestRow, now: number): StoredAnswer {
  if (row.answer !== null) return { kind: "open", text: row.answer };
  const secret = secretOf(row);
  return secret !== null && secret.until > now ? { kind: "sealed", tenantId: secret.tenantId, sealed: secret.sealed } : { kind: "expired" };
}
