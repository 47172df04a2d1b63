import { describe } from "vitest";
import { everyContract } from "./suites/every.contract.ts";
import { openSqliteStores } from "./open-stores.ts";

describe("SQLite", () => everyContract(openSqliteStores, 150));
