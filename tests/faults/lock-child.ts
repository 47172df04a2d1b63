/** Holds the write lock of a database file: `node lock-child.ts <file> <milliseconds>`. Prints `held` when it has it. */
import sqlite3 from "sqlite3";

const [file = "", ms = "1000"] = process.argv.slice(2);
const database = new sqlite3.Database(file);
database.configure("busyTimeout", 60_000);
const run = (sql: string): Promise<void> =>
  new Promise((resolve, reject) => database.exec(sql, (error) => (error ? reject(error) : resolve())));
await run("begin exclusive");
console.log("held");
await new Promise((resolve) => setTimeout(resolve, Number(ms)));
await run("rollback");
database.close();
