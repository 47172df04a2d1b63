/** Options that several commands have. */
import { InvalidArgumentError, Option } from "commander";
import type { Client } from "#app/cli/client.ts";

/** Makes the client when a command runs: usage errors need no portal. */
export type Open = () => Client;

export const formatOption = () =>
  new Option("-o, --output <format>", "how to print the answer").choices(["table", "json", "name"]).default("table");
export const tenantOption = () => new Option("-t, --tenant <slug>", "tenant; BERTH_TENANT, else the only one or your own");

export const mostListed = 1_000_000;
export const limitOption = () =>
  new Option("-n, --limit <count>", "at most so many; unless given, the first 100 as a table, all as json or name").argParser(
    wholeNumberFrom(1, mostListed),
  );

export function wholeNumber(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError("It must be a whole number.");
  return Number(text);
}

export const wholeNumberFrom =
  (min: number, max: number) =>
  (text: string): number => {
    const number = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
    if (!(number >= min && number <= max)) throw new InvalidArgumentError(`It must be a whole number from ${min} to ${max}.`);
    return number;
  };
