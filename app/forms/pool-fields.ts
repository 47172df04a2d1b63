/**
 * Node pools in the cluster form: their fields, their rules, and what a form without a list of pools says about the pool
 * `workers`. Lists and texts are bounded before they are read.
 */
import { z } from "zod";
import { type AskedPool, poolFormChanges, type PoolField } from "#app/domain/cluster/change-classes.ts";
import { poolNameFault, poolNameLimit } from "#app/domain/cluster/names.ts";
import { isFault, labelLines, nodeSettingLimits, readLabels, readTaints, taintLines } from "#app/domain/node-pool/node-settings.ts";
import { limits, type MachineSize, nameOfSize, sizeNames, sizes } from "#app/domain/cluster/sizes.ts";
import type { NodePoolSpec } from "#app/domain/cluster/spec.ts";
import { poolReservation } from "#app/domain/reserved-names.ts";
import { withChanges } from "./field-changes.ts";
import { type RuleCode, rule, type RuleParams, wholeNumber } from "./rules.ts";
import { pastedField, textField, wordField } from "./text-fields.ts";

export const sizeChoices = [...sizeNames, "custom"] as const;
export type SizeChoice = (typeof sizeChoices)[number];
export const sizeField = () => z.enum(sizeChoices, { error: rule("size.unknown") });

/** Name of the pool that a form without a list of pools is about. */
export const usualPool = "workers";

export const poolDefaults = { size: "small", count: 1, diskGiB: 20 } as const;

/** A list or an object that is longer than this is not read at all. */
export const bounded = <T extends z.ZodType>(code: RuleCode, max: number, schema: T) =>
  z.preprocess((value: z.input<T>, ctx) => {
    const size = sizeOfList(value);
    if (size > max) ctx.addIssue({ code: "custom", message: rule(code, { max }), input: value });
    return value;
  }, schema);

const sizeOfList = (value: unknown): number => (typeof value === "object" && value !== null ? Object.keys(value).length : 0);

const lines = (tooLong: "pool.label.long" | "pool.taint.long") =>
  pastedField(nodeSettingLimits.text, rule(tooLong, { max: nodeSettingLimits.text }));
const wordOf = (limit: number) => textField(limit, rule("field.type"));
const keyField = () => wordOf(317);
const valueField = () => wordOf(63);
const taintField = z.object({ key: keyField(), value: valueField().default(""), effect: wordOf(20) });

/** A text of names comes from a page that keeps them in one value. */
export const namesIn = (value: string | readonly string[]): readonly string[] =>
  typeof value === "string" ? value.split(/[\s,]+/, limits.workers.max + 1).filter((name) => name !== "") : value;

const poolShape = {
  name: textField(poolNameLimit, rule("name.long", { max: poolNameLimit }))
    .default("")
    .describe("RFC 1123 label of at most 20 characters, unique in the cluster"),
  count: wholeNumber("workers.range", limits.workers).nullish().describe("Machines; 1 when it is left out"),
  size: sizeField().nullish().describe("small when it is left out; custom when numbers are given"),
  vcpus: wholeNumber("vcpus.range", limits.vcpus).nullish(),
  memoryMiB: wholeNumber("memoryMiB.range", limits.memoryMiB).nullish(),
  diskGiB: wholeNumber("diskGiB.range", limits.diskGiB).nullish().describe("Of machines that are added"),
  labels: bounded(
    "pool.label.many",
    nodeSettingLimits.labels,
    z.union([z.record(keyField(), valueField()), lines("pool.label.long")], { error: rule("field.type") }),
  )
    .nullish()
    .describe("By key, or as text with one key=value on each line"),
  taints: bounded(
    "pool.taint.many",
    nodeSettingLimits.taints,
    z.union([z.array(taintField), lines("pool.taint.long")], { error: rule("field.type") }),
  )
    .nullish()
    .describe("As text, one key=value:Effect on each line"),
  remove: z
    .preprocess(namesIn, bounded("pool.removeMany", limits.workers.max, z.array(wordField("label"))))
    .nullish()
    .describe("Machines that are to go when the count is lowered; the other ones that go are proposed"),
} as const satisfies Readonly<Record<PoolField, z.ZodType>>;

const poolField = z.object(withChanges(poolShape, poolFormChanges));
export type PoolForm = z.output<typeof poolField>;

export const poolsField = bounded(
  "pool.many",
  limits.pools.max,
  z.array(poolField, { error: rule("field.type") }).min(limits.pools.min, { error: rule("pool.none") }),
).nullish();

export const poolFieldNames = Object.keys(poolShape) as readonly PoolField[];

/** Names by which a page sends the fields of pools. */
export const poolInputNames: readonly string[] = Array.from({ length: limits.pools.max }, (_, at) =>
  poolFieldNames.map((field) => `pools[${at}].${field}`),
).flat();

/** The fields that describe the pool `workers` by themselves. Absent: as it is, or the default. */
export const shortFields = {
  workerSize: sizeField().nullish(),
  workerVcpus: wholeNumber("vcpus.range", limits.vcpus).nullish(),
  workerMemoryMiB: wholeNumber("memoryMiB.range", limits.memoryMiB).nullish(),
  workers: wholeNumber("workers.range", limits.workers)
    .nullish()
    .describe("Machines of the pool `workers`, which is added unless `pools` has it"),
  diskGiB: wholeNumber("diskGiB.range", limits.diskGiB)
    .nullish()
    .describe("Disk of machines of the pool `workers`, and of a new cluster's machines for which nothing else is said"),
};

interface ShortForm {
  readonly pools?: readonly PoolForm[] | null | undefined;
  readonly workerSize?: SizeChoice | null | undefined;
  readonly workerVcpus?: number | null | undefined;
  readonly workerMemoryMiB?: number | null | undefined;
  readonly workers?: number | null | undefined;
  readonly diskGiB?: number | null | undefined;
}

export interface ResolvedPool extends PoolForm {
  readonly short: boolean;
}

/** All pools that a form asks for: those of its list, and the pool `workers` by the fields of the short form. */
export function resolvedPools(form: ShortForm): readonly ResolvedPool[] {
  const { pools, workerSize: size, workerVcpus: vcpus, workerMemoryMiB: memoryMiB, workers: count, diskGiB } = form;
  const own = present({ size, vcpus, memoryMiB, count });
  const listed = (pools ?? []).map((pool) => ({ ...pool, diskGiB: pool.diskGiB ?? diskGiB, short: false }));
  const has = listed.some(({ name }) => name === usualPool);
  const all = pools == null || (Object.keys(own).length > 0 && !has) ? [...listed, { name: usualPool, short: true }] : listed;
  const short = { ...own, ...present({ diskGiB }) };
  return Object.keys(short).length === 0 ? all : all.map((pool) => (pool.name === usualPool ? { ...pool, ...short, short: true } : pool));
}

const present = <T extends object>(values: T): Partial<T> =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value != null)) as Partial<T>;

export const countOf = ({ count }: Pick<PoolForm, "count">): number => count ?? poolDefaults.count;
export const workersIn = (pools: readonly Pick<PoolForm, "count">[]): number => pools.reduce((sum, pool) => sum + countOf(pool), 0);

/** Numbers without the name of a size are a custom size. */
export const sizeChoiceOf = ({ size, vcpus, memoryMiB }: Pick<PoolForm, "size" | "vcpus" | "memoryMiB">): SizeChoice =>
  size ?? (vcpus == null && memoryMiB == null ? poolDefaults.size : "custom");

export const poolSize = (pool: Pick<PoolForm, "size" | "vcpus" | "memoryMiB">): MachineSize =>
  sizeBy(sizeChoiceOf(pool), pool.vcpus, pool.memoryMiB);

/** Also for a form that is still being filled in: missing numbers of a custom size count as those of `small`. */
export const sizeBy = (choice: SizeChoice, vcpus: number | null | undefined, memoryMiB: number | null | undefined): MachineSize =>
  choice === "custom" ? { vcpus: vcpus ?? sizes.small.vcpus, memoryMiB: memoryMiB ?? sizes.small.memoryMiB } : sizes[choice];

/** Only for pools that `checkPools` found nothing in. */
export function askedPool(pool: ResolvedPool): AskedPool {
  const [labels, taints] = [readLabels(pool.labels ?? ""), readTaints(pool.taints ?? "")];
  return {
    name: pool.name,
    ...poolSize(pool),
    count: countOf(pool),
    diskGiB: pool.diskGiB ?? poolDefaults.diskGiB,
    labels: isFault(labels) ? {} : Object.fromEntries(labels),
    taints: isFault(taints) ? [] : taints,
    ...(pool.remove == null || pool.remove.length === 0 ? {} : { remove: [...new Set(pool.remove)] }),
    ...(pool.short ? { short: true } : {}),
  };
}

/** The form that would give this pool. */
export const poolFormOf = ({ name, nodes, vcpus, memoryMiB, diskGiB, labels, taints }: NodePoolSpec): PoolForm => ({
  ...{ name, count: nodes.length, size: nameOfSize({ vcpus, memoryMiB }), vcpus, memoryMiB, diskGiB },
  labels: labelLines(labels),
  taints: taintLines(taints),
  remove: [],
});

/** Adds an issue at a field of the pool at this place. */
type AddIssue = (field: PoolField, code: RuleCode, params?: RuleParams) => void;

export function checkPools(pools: readonly ResolvedPool[], say: (at: number, pool: ResolvedPool) => AddIssue): void {
  let workers = 0;
  pools.forEach((pool, at) => {
    const here = say(at, pool);
    checkName(pool, pools.slice(0, at), here);
    if (countOf(pool) > 0) checkNumbers(pool, here);
    checkSettings(pool, here);
    workers += countOf(pool);
    if (workers > limits.workers.max && countOf(pool) <= limits.workers.max)
      here("count", "pool.workers", { max: limits.workers.max, value: workers });
  });
}

function checkName({ name }: PoolForm, before: readonly PoolForm[], say: AddIssue): void {
  const fault = poolNameFault(name);
  const reserved = poolReservation(name);
  if (fault === "empty") say("name", "pool.nameRequired");
  else if (fault === "long") say("name", "name.long", { max: poolNameLimit });
  else if (fault === "label") say("name", "name.label", { value: name });
  else if (reserved !== null) say("name", `reserved.${reserved}`, { value: name });
  else if (before.some((other) => other.name === name)) say("name", "pool.nameTaken", { value: name });
}

function checkNumbers(pool: PoolForm, say: AddIssue): void {
  if (sizeChoiceOf(pool) !== "custom") return;
  if (pool.vcpus == null) say("vcpus", "vcpus.required");
  if (pool.memoryMiB == null) say("memoryMiB", "memoryMiB.required");
}

function checkSettings({ labels, taints }: PoolForm, say: AddIssue): void {
  const [labelled, tainted] = [readLabels(labels ?? ""), readTaints(taints ?? "")];
  if (isFault(labelled)) say("labels", `pool.label.${labelled.fault}`, { value: labelled.value, max: nodeSettingLimits.labels });
  if (isFault(tainted)) say("taints", `pool.taint.${tainted.fault}`, { value: tainted.value, max: nodeSettingLimits.taints });
}
