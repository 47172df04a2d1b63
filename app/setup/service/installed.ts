/** What the installed service runs with, whatever the environment of the shell that asks. */
import { readFile } from "node:fs/promises";
import type { ServicePlaces } from "./places.ts";
import { parseSettings, parseUnitEnvironment, serviceMark } from "./unit-files.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/** The text of a file that Berth wrote; null for somebody else's, and when there is none. */
export async function ownText(file: string): Promise<string | null> {
  const text = await readFile(file, "utf8").catch(() => null);
  return text?.includes(serviceMark) ? text : null;
}

/** Whether berth.service is the one that Berth wrote: an administrator may have a unit of that name. */
export const hasOwnUnit = async ({ unit }: Pick<ServicePlaces, "unit">): Promise<boolean> => (await ownText(unit)) !== null;

/** BERTH_* of the unit, and over them those of the settings file, as systemd reads them. The file outlives the unit. */
export async function installedSettings({
  unit,
  settings,
}: Pick<ServicePlaces, "unit" | "settings">): Promise<Readonly<Record<string, string>>> {
  const all = { ...parseUnitEnvironment((await ownText(unit)) ?? ""), ...parseSettings(await readFile(settings, "utf8").catch(() => "")) };
  return Object.fromEntries(Object.entries(all).filter(([name]) => name.startsWith("BERTH_")));
}

/**
 * An installation takes over what its shell sets, and keeps the rest as it was installed. Anything else is about what is
 * installed, and a shell's settings are another Berth's.
 */
export function environmentOf(command: string | undefined, shell: Environment, installed: Environment): Environment {
  if (command === "install") return { ...installed, ...without(shell, (_, value) => value === "") };
  return { ...("BERTH_HOME" in installed ? without(shell, (name) => name.startsWith("BERTH_")) : shell), ...installed };
}

const without = (env: Environment, isLeftOut: (name: string, value: string | undefined) => boolean): Environment =>
  Object.fromEntries(Object.entries(env).filter(([name, value]) => !isLeftOut(name, value)));
