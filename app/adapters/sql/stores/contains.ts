/** Whether a column has a part of a text. */
import { type RawBuilder, sql } from "kysely";

/** Names and queries are in lower case: SQLite's `like` does not look at case, PostgreSQL's does. */
export const contains = (column: string, part: string): RawBuilder<boolean> =>
  sql<boolean>`${sql.ref(column)} like ${`%${part.replace(/[\\%_]/g, "\\$&")}%`} escape '\\'`;
