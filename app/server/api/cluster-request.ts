/** What a body asks for, read against what the tenant has and, in a change, what the cluster is. */
import type { Cluster } from "#app/domain/cluster/cluster.ts";
import { type PoolField, poolFieldName, shortPoolFields } from "#app/domain/cluster/change-classes.ts";
import { sizeNames, sizes } from "#app/domain/cluster/sizes.ts";
import type { ClusterSpec, NodePoolSpec } from "#app/domain/cluster/spec.ts";
import { type FieldIssue, Problem } from "#app/domain/problem.ts";
import { excerpt } from "#app/domain/text/characters.ts";
import { clusterFormSchema, formOf, toSpecInput } from "#app/forms/cluster-form.ts";
import { poolFieldNames, poolFormOf, usualPool } from "#app/forms/pool-fields.ts";
import { issuesOf } from "#app/forms/rules.ts";
import type { ClusterRequest, NewClusterView } from "#app/services/portal.ts";

/** The form's own schema describes the body; its rules need to know the tenant and are asked in `requestFrom`. */
export const formBody = clusterFormSchema();

interface Against {
  readonly form: NewClusterView;
  /** Name of the cluster that is edited, which is not taken. */
  readonly own: string | null;
  /** What the cluster is like now; null: a new one. */
  readonly newest: { readonly spec: ClusterSpec; readonly state: Cluster["state"] } | null;
}

export type Body = Readonly<Record<string, unknown>>;

const mostIssues = 20;

/** Problem `invalid` with a rule's code for each field. Fields that are sent win over those of the newest revision. */
export function requestFrom(body: Body, { form, own, newest }: Against): ClusterRequest {
  const context = {
    networkRange: form.networkRange,
    takenNames: form.takenNames.filter((name) => name !== own),
    // What a cluster runs already needs no image that is ready now.
    kubernetesVersions: newest === null || isGiven(body, "kubernetesVersion") ? form.kubernetesVersions : [],
  };
  // The newest version is what the page recommends, so it is what leaving it out means.
  const start = newest === null ? { kubernetesVersion: form.kubernetesVersions[0] ?? "" } : formOf(newest.spec);
  const read = clusterFormSchema(context).safeParse({
    ...start,
    ...body,
    ...listOf(body, newest?.spec ?? null),
    ...impliedBy(body, newest?.state === "draft"),
  });
  const issues = [...unknownFields(body), ...withoutEffect(body), ...(read.success ? [] : issuesOf(read.error))].slice(0, mostIssues);
  if (!read.success || issues.length > 0) throw new Problem({ code: "invalid", issues: issues.map((i) => withValue(i, body)) });
  return toSpecInput(read.data);
}

export const nameIn = ({ name }: Body): string => (typeof name === "string" ? name : "");

const isGiven = (body: Body, field: string): boolean => Object.hasOwn(body, field) && body[field] !== null && body[field] !== "";

const isBody = (value: unknown): value is Body => typeof value === "object" && value !== null && !Array.isArray(value);

/** The pools of a body as far as they can be read; what cannot is left to the schema. */
const poolsIn = ({ pools }: Body): readonly (readonly [number, Body])[] =>
  Array.isArray(pools) ? pools.slice(0, mostIssues).flatMap((pool: unknown, at) => (isBody(pool) ? [[at, pool] as const] : [])) : [];

const numbersOf = {
  controlPlaneSize: ["controlPlaneVcpus", "controlPlaneMemoryMiB"],
  workerSize: ["workerVcpus", "workerMemoryMiB"],
} as const;
const poolNumbers = { size: ["vcpus", "memoryMiB"] } as const;

type Numbers = Readonly<Record<string, readonly string[]>>;

/** A number without the name of a size means the size `custom`. */
const customIn = (body: Body, numbers: Numbers): Body =>
  Object.fromEntries(
    Object.entries(numbers)
      .filter(([size, of]) => !isGiven(body, size) && of.some((n) => isGiven(body, n)))
      .map(([size]) => [size, "custom"]),
  );

/** Fields of a pool that are left out keep their value; a pool of another name begins with the defaults. */
function listOf(body: Body, newest: ClusterSpec | null): Body {
  if (newest === null) return {};
  const known = newest.kubernetes.flatMap((k) => k.pools);
  const pools = body["pools"] ?? known.map(({ name }) => ({ name }));
  if (!Array.isArray(pools)) return {};
  const merged = (pool: Body): Body => {
    const found = known.find(({ name }) => name === pool["name"]);
    return found === undefined ? pool : { ...keptFields(found, body), ...pool, ...customIn(pool, poolNumbers) };
  };
  return { pools: pools.map((pool: unknown) => (isBody(pool) ? merged(pool) : pool)) };
}

/** Without those that the short form gives: a value of before is nothing that the request asks for. */
function keptFields(pool: NodePoolSpec, body: Body): Body {
  const given =
    pool.name === usualPool ? Object.entries(shortPoolFields).flatMap(([own, short]) => (isGiven(body, short) ? [own] : [])) : [];
  return Object.fromEntries(Object.entries(poolFormOf(pool)).filter(([field]) => !given.includes(field)));
}

/**
 * Another blueprint means its usual number of control planes, a number the size `custom`, a key the mode `paste`, another version
 * not the image of the old one, and a draft's disk that of all machines.
 */
const impliedBy = (body: Body, draft: boolean): Body => ({
  ...customIn(body, numbersOf),
  ...(isGiven(body, "sshKey") && !isGiven(body, "sshKeyMode") ? { sshKeyMode: "paste" } : {}),
  ...(isGiven(body, "blueprint") && !isGiven(body, "controlPlanes") ? { controlPlanes: null } : {}),
  ...(isGiven(body, "kubernetesVersion") && !isGiven(body, "image") ? { image: null } : {}),
  ...(draft && isGiven(body, "diskGiB") && !isGiven(body, "controlPlaneDiskGiB") ? { controlPlaneDiskGiB: null } : {}),
});

/** Nothing is accepted that would then not be done. */
function withoutEffect(body: Body): readonly FieldIssue[] {
  const numbers = ignoredNumbers(body, numbersOf);
  const inPools = poolsIn(body).flatMap(([at, pool]) =>
    ignoredNumbers(pool, poolNumbers).map((field) => poolFieldName(at, field as PoolField)),
  );
  const key = isGiven(body, "sshKey") && isGiven(body, "sshKeyMode") && body["sshKeyMode"] !== "paste";
  return [
    ...[...numbers, ...inPools].map((field) => ({ field, code: "field.custom", params: {} })),
    ...saidTwice(body),
    ...(key ? [{ field: "sshKey", code: "field.paste", params: {} }] : []),
  ];
}

const ignoredNumbers = (body: Body, numbers: Numbers): readonly string[] =>
  Object.entries(numbers).flatMap(([size, names]) =>
    names.filter((n) => isGiven(body, n) && isGiven(body, size) && differsFrom(body[size], n, body[n])),
  );

function differsFrom(size: unknown, field: string, value: unknown): boolean {
  const named = sizeNames.find((name) => name === size);
  return named !== undefined && sizes[named][/vcpus$/i.test(field) ? "vcpus" : "memoryMiB"] !== value;
}

/** The pool `workers` has a value in the list, and beside it as well. */
function saidTwice(body: Body): readonly FieldIssue[] {
  const listed = poolsIn(body)
    .map(([, pool]) => pool)
    .filter((pool) => pool["name"] === usualPool);
  const twice = Object.entries(shortPoolFields).filter(([own, short]) => isGiven(body, short) && listed.some((pool) => isGiven(pool, own)));
  return twice.map(([, field]) => ({ field, code: "pool.listed", params: {} }));
}

const unknownFields = (body: Body): readonly FieldIssue[] => [
  ...unknownIn(body, Object.keys(formBody.shape), ""),
  ...poolsIn(body).flatMap(([at, pool]) => unknownIn(pool, poolFieldNames, `pools[${at}].`)),
];

const unknownIn = (body: Body, known: readonly string[], before: string): readonly FieldIssue[] =>
  Object.keys(body)
    .filter((field) => !known.includes(field))
    .slice(0, mostIssues)
    .map((field) => ({ field: `${before}${excerpt(field, 100)}`, code: "field.unknown", params: {} }));

function withValue(issue: FieldIssue, body: Body): FieldIssue {
  const value = valueAt(issue.field, body);
  if (typeof value === "number") return { ...issue, params: { value, ...issue.params } };
  // A pasted key is long and a private one is secret: it is not sent back.
  if (typeof value !== "string" || issue.field === "sshKey") return issue;
  return { ...issue, params: { value: excerpt(value, 100), ...issue.params } };
}

function valueAt(field: string, body: Body): unknown {
  const inPool = /^pools\[(\d)\]\.(\w+)$/.exec(field);
  const [from, name] =
    inPool === null ? [body, field] : [poolsIn(body).find(([at]) => at === Number(inPool[1]))?.[1] ?? {}, inPool[2] ?? ""];
  return Object.hasOwn(from, name) ? from[name] : undefined;
}
