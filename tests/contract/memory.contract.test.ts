import { describe } from "vitest";
import { everyContract } from "./every.contract.ts";
import { openMemoryStores } from "./open-stores.ts";

describe("memory", () => everyContract(openMemoryStores, 300));
