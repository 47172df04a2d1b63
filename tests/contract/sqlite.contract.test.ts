import { describe } from "vitest";
import { everyContract } from "./suites/every.contract.ts";
import { schema1Contract } from "./suites/schema-1.contract.ts";
import { storedMessagesContract } from "./suites/stored-messages.contract.ts";
import { openSqliteStores } from "./open-stores.ts";

describe("SQLite", () => {
  everyContract(openSqliteStores, 150);
  schema1Contract(openSqliteStores);
  storedMessagesContract(openSqliteStores);
});
