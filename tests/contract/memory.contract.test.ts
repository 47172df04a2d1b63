import { describe } from "vitest";
import { everyContract } from "./suites/every.contract.ts";
import { openMemoryStores } from "./open-stores.ts";

describe("memory", () => everyContract(openMemoryStores, 300));
