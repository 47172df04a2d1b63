/**
 * The buttons that add and remove a pool. They send the form with an intent of the form library, which the browser carries
 * out while it has scripts, and the server otherwise.
 */
import { limits } from "#app/domain/cluster/sizes.ts";
import { poolDefaults } from "#app/forms/pool-fields.ts";

/** Name of the button with which conform asks for a change of the form, or for a check of one field. */
export const intentField = "__intent__";

/** A pool that was just added. Its name is for the person to choose. */
export const newPool = {
  name: "",
  count: String(poolDefaults.count),
  size: poolDefaults.size,
  vcpus: "",
  memoryMiB: "",
  diskGiB: String(poolDefaults.diskGiB),
  labels: "",
  taints: "",
};

export const addPool: string = JSON.stringify({ type: "insert", payload: { name: "pools", defaultValue: newPool } });
export const removePool = (at: number): string => JSON.stringify({ type: "remove", payload: { name: "pools", index: at } });

const known: ReadonlySet<string> = new Set([addPool, ...Array.from({ length: limits.pools.max }, (_, at) => removePool(at))]);

/** The server carries out no other intent: their words would choose fields by name. */
export const isPoolIntent = (text: string): boolean => known.has(text);
