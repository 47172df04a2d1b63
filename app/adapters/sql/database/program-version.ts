/** The version of this Berth, as its package says it. */
import { readFileSync } from "node:fs";

const text = readFileSync(new URL("../../../../package.json", import.meta.url), "utf8");

export const programVersion: string = (JSON.parse(text) as { readonly version: string }).version;
