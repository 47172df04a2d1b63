/** Add-ons on the command line: `--add-on <id>`, and of a living cluster `--remove-add-on <id>`. */
import type { Command } from "commander";
import { Ending, exitCodes } from "#app/cli/exit-codes.ts";
import { collect } from "./pool-options.ts";

export interface AddOnRequest {
  readonly addOn?: readonly string[];
  readonly removeAddOn?: readonly string[];
}

const id = (text: string): string => text;

export const addAddOnOption = (command: Command): Command =>
  command.option("--add-on <id>", "put an add-on into the cluster; may be given several times", collect(id));

export const addRemoveAddOnOption = (command: Command): Command =>
  command.option("--remove-add-on <id>", "remove an add-on; may be given several times", collect(id));

/** The whole list of a changed cluster: add-ons that are not named stay. Null: nothing is said about add-ons. */
export function changedAddOns(current: readonly string[], { addOn = [], removeAddOn = [] }: AddOnRequest): readonly string[] | null {
  if (addOn.length === 0 && removeAddOn.length === 0) return null;
  const strange = removeAddOn.find((one) => !current.includes(one));
  if (strange !== undefined)
    throw new Ending(
      exitCodes.invalid,
      `--remove-add-on ${strange}: the cluster has no such add-on; it has ${current.join(", ") || "none"}`,
    );
  const both = removeAddOn.find((one) => addOn.includes(one));
  if (both !== undefined) throw new Ending(exitCodes.invalid, `--remove-add-on ${both}: --add-on names the same add-on`);
  return [...new Set([...current.filter((one) => !removeAddOn.includes(one)), ...addOn])];
}
