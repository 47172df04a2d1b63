/** Opens the database file named by the only argument, as a process of its own, and closes it again. */
import { openDatabase } from "#app/adapters/sql/database/database.ts";

const database = await openDatabase({ kind: "sqlite", path: process.argv[2] ?? "" });
await database.reader.selectFrom("tenants").selectAll().execute();
await database.close();
