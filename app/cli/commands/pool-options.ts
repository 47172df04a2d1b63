/** Node pools on the command line: `--pool name=gpu,count=2,vcpus=2,memory=4096,disk=20,label=k=v,taint=k=v:NoSchedule`. */
import { type Command, InvalidArgumentError } from "commander";
import type { PoolField } from "#app/domain/cluster/change-classes.ts";
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

interface PoolKey {
  readonly key: string;
  /** Of a key that comes once. */
  readonly read?: Read;
  /** Of a key that may come several times; an empty one alone takes all away. */
  readonly join?: (values: readonly string[]) => unknown;
}

const lines = (values: readonly string[]): string => values.join("\n");

/** The key of each field of the API: a field without one does not compile. */
const keys: Readonly<Record<PoolField, PoolKey>> = {
  name: { key: "name", read: text },
  count: { key: "count", read: wholeNumber },
  size: { key: "size", read: text },
  vcpus: { key: "vcpus", read: wholeNumber },
  memoryMiB: { key: "memory", read: wholeNumber },
  diskGiB: { key: "disk", read: wholeNumber },
  labels: { key: "label", join: lines },
  taints: { key: "taint", join: lines },
  remove: { key: "remove", join: (names) => names },
};

export const poolKeys: readonly string[] = Object.values(keys).map(({ key }) => key);

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
  const [field, { read = text, join }] = Object.entries(keys).find(([, one]) => one.key === key) ?? [null, {}];
  if (field === null) throw new InvalidArgumentError(`there is no key ${key}; keys are ${poolKeys.join(", ")}`);
  if (join !== undefined) return [field, join(values.filter((value) => value !== ""))];
  const [value = ""] = values;
  if (values.length > 1) throw new InvalidArgumentError(`${key} is given ${values.length} times`);
  return [field, read(value, key)];
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
