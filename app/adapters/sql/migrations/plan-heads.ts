/** 0012b: what lists show of a plan stands in columns, so that they need not read its rows. */
import { type Kysely, type RawBuilder, sql } from "kysely";
import type { Plan } from "#app/domain/plan/plan.ts";

type Db = Kysely<Record<string, never>>;

export async function addPlanHeads(db: Db, text: "text" | RawBuilder<unknown>): Promise<void> {
  for (const column of ["operation_id", "kind"])
    await db.schema
      .alterTable("plans")
      .addColumn(column, text, (c) => c.notNull().defaultTo(""))
      .execute();
  for (const column of ["from_revision", "spec_revision", "state_serial"])
    await db.schema
      .alterTable("plans")
      .addColumn(column, "integer", (c) => c.notNull().defaultTo(0))
      .execute();
  await db.schema
    .alterTable("plans")
    .addColumn("created_at", "bigint", (c) => c.notNull().defaultTo(0))
    .execute();
  await fill(db);
  await db.schema.createIndex("plans_by_operation").on("plans").column("operation_id").execute();
}

/** A few at a time: documents are large. */
async function fill(db: Db): Promise<void> {
  for (let after = ""; ; ) {
    const { rows } = await sql<{
      id: string;
      document: string;
    }>`select id, document from plans where id > ${after} order by id limit 200`.execute(db);
    for (const { id, document } of rows) {
      const plan = JSON.parse(document) as Plan;
      await sql`update plans set operation_id = ${plan.operationId}, kind = ${plan.kind}, from_revision = ${plan.fromRevision},
        spec_revision = ${plan.specRevision}, state_serial = ${plan.stateSerial}, created_at = ${plan.createdAt} where id = ${id}`.execute(
        db,
      );
      after = id;
    }
    if (rows.length < 200) return;
  }
}
