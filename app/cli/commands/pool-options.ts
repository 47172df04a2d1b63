/** Node pools on the command line: `--pool name=gpu,count=2,vcpus=2,memory=4096,disk=20,label=k=v,taint=k=v:NoSchedule`. */
import { type Command, InvalidArgumentError } from "commander";
import { sizeNames } from "#app/domain/cluster/sizes.ts";
import { Ending, exitCodes } from "#app/cli/exit-codes.ts";

/** As the API takes it. */
export type PoolBody = Readonly<Record<string, unknown>> & { readonly name: string };

export interface PoolRequest {
  readonly pool?: readonly PoolBody[];
  readonly removePool?: readonly string[];
}

type Read = (value: string, key: string) => unknown;

const wholeNumber: Read = (value, key) => {
  if (/^\d{1,7}$/.test(value)) return Number(value);
  throw new InvalidArgumentError(`${key}=${value} is no whole number`);
};
const text: Read = (value) => value;

/** Keys that come once, with the field of the API. */
const once: Readonly<Record<string, { readonly field: string; readonly read: Read }>> = {
  name: { field: "name", read: text },
  count: { field: "count", read: wholeNumber },
  size: { field: "size", read: text },
  vcpus: { field: "vcpus", read: wholeNumber },
  memory: { field: "memoryMiB", read: wholeNumber },
  disk: { field: "diskGiB", read: wholeNumber },
};

/** Keys that may come several times; an empty one alone takes all away. */
const often: Readonly<Record<string, { readonly field: string; readonly join: (values: readonly string[]) => unknown }>> = {
  label: { field: "labels", join: (lines) => lines.join("\n") },
  taint: { field: "taints", join: (lines) => lines.join("\n") },
  remove: { field: "remove", join: (names) => names },
};

export const poolKeys: readonly string[] = [...Object.keys(once), ...Object.keys(often)];

/** Fields of a pool as text of the command line. What their values may be, the portal decides. */
export function readPool(option: string): PoolBody {
  const values = Map.groupBy(option.split(",").map(pairOf), ([key]) => key);
  const fields = [...values].map(([key, pairs]) =>
    fieldOf(
      key,
      pairs.map(([, value]) => value),
    ),
  );
  const { name, ...rest } = Object.fromEntries(fields) as Record<string, unknown>;
  if (typeof name !== "string" || name === "") throw new InvalidArgumentError(`${option}: give the pool's name, as in name=gpu`);
  return { name, ...rest };
}

function pairOf(part: string): readonly [string, string] {
  const at = part.indexOf("=");
  if (at < 0) throw new InvalidArgumentError(`${part} is not of the form key=value; keys are ${poolKeys.join(", ")}`);
  return [part.slice(0, at), part.slice(at + 1)];
}

function fieldOf(key: string, values: readonly string[]): readonly [string, unknown] {
  const single = Object.hasOwn(once, key) ? once[key] : undefined;
  const several = Object.hasOwn(often, key) ? often[key] : undefined;
  if (several !== undefined) return [several.field, several.join(values.filter((value) => value !== ""))];
  if (single === undefined) throw new InvalidArgumentError(`there is no key ${key}; keys are ${poolKeys.join(", ")}`);
  const [value = ""] = values;
  if (values.length > 1) throw new InvalidArgumentError(`${key} stands there ${values.length} times`);
  return [single.field, single.read(value, key)];
}

export const collect =
  <T>(read: (value: string) => T) =>
  (value: string, before: readonly T[] | undefined): readonly T[] => [...(before ?? []), read(value)];

export const addPoolOption = (command: Command): Command =>
  command.option(
    "--pool <fields>",
    `a node pool; may be given several times. Fields: name, count, size (${sizeNames.join(", ")}) or vcpus and memory (MiB), disk (GiB), label=key=value and taint=key=value:Effect (several times), remove=<node>`,
    collect(readPool),
  );

export const addRemovePoolOption = (command: Command): Command =>
  command.option(
    "--remove-pool <name>",
    "remove a node pool with its machines; may be given several times",
    collect((name) => name),
  );

/** The whole list of a changed cluster: pools that are not named stay as they are. Null: nothing is said about pools. */
export function changedPools(current: readonly string[], { pool = [], removePool = [] }: PoolRequest): readonly PoolBody[] | null {
  if (pool.length === 0 && removePool.length === 0) return null;
  demandReadable(
    current,
    pool.map(({ name }) => name),
    removePool,
  );
  const kept = current.filter((name) => !removePool.includes(name)).map((name) => pool.find((one) => one.name === name) ?? { name });
  return [...kept, ...pool.filter((one) => !current.includes(one.name))];
}

/** What cannot be put into one list of pools. */
function demandReadable(current: readonly string[], described: readonly string[], removed: readonly string[]): void {
  const strange = removed.find((name) => !current.includes(name));
  if (strange !== undefined)
    throw new Ending(exitCodes.invalid, `--remove-pool ${strange}: the cluster has no such pool; it has ${current.join(", ")}`);
  const both = removed.find((name) => described.includes(name));
  if (both !== undefined) throw new Ending(exitCodes.invalid, `--remove-pool ${both}: --pool describes the same pool`);
  const twice = current.find((name) => described.indexOf(name) !== described.lastIndexOf(name));
  if (twice !== undefined) throw new Ending(exitCodes.invalid, `--pool: ${twice} is described twice`);
}
