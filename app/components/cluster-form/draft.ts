/** A form's text by the names of its fields, and the same as nested values, which the form library keeps. */
import { type PoolField, poolFieldName } from "#app/domain/cluster/change-classes.ts";
import { limits } from "#app/domain/cluster/sizes.ts";
import type { DefaultValue } from "@conform-to/react";
import { type ClusterFormInput, isListOfNames } from "#app/forms/cluster-form.ts";
import { poolFieldNames } from "#app/forms/pool-fields.ts";

/** Text of the form's fields, as typed so far. */
export type Draft = Readonly<Record<string, string>>;

/** Text of the fields of one pool. */
export type PoolDraft = Readonly<Partial<Record<PoolField, string>>>;

/** Of a list of texts: they are one field, such as the nodes that are ticked. */
const joined = (texts: readonly string[]): string => texts.join(",");
export const textsIn = (text: string | undefined): readonly string[] => (text ?? "").split(",").filter((one) => one !== "");

/** Nested values as fields: `pools[0].name`. */
export function fieldsOf(value: unknown, name = ""): Draft {
  if (value === null || value === undefined) return name === "" ? {} : { [name]: "" };
  if (Array.isArray(value))
    return value.every((one) => typeof one === "string")
      ? { [name]: joined(value) }
      : merged(value.map((one, at) => fieldsOf(one, `${name}[${at}]`)));
  if (typeof value !== "object") return { [name]: String(value) };
  return merged(Object.entries(value).map(([key, inner]) => fieldsOf(inner, name === "" ? key : `${name}.${key}`)));
}

const merged = (drafts: readonly Draft[]): Draft => Object.assign({}, ...drafts) as Draft;

/** What a form holds. A field that comes several times is a list. */
export function typedIn(form: FormData): Draft {
  const texts = Map.groupBy(
    [...form].filter((entry): entry is [string, string] => typeof entry[1] === "string"),
    ([name]) => name,
  );
  return Object.fromEntries([...texts].map(([name, entries]) => [name, joined(entries.map(([, text]) => text))]));
}

/** The pools of a form, in its order. */
export function poolsIn(draft: Draft): readonly PoolDraft[] {
  const places = Array.from({ length: limits.pools.max }, (_, at) => poolFieldNames.flatMap((field) => fieldAt(draft, at, field)));
  return places.filter((fields) => fields.length > 0).map((fields) => Object.fromEntries(fields));
}

function fieldAt(draft: Draft, at: number, field: PoolField): readonly (readonly [PoolField, string])[] {
  const text = draft[poolFieldName(at, field)];
  return text === undefined ? [] : [[field, text]];
}

const isOfPool = (name: string): boolean => name.startsWith("pools[");

/** What was typed in place of the defaults. Typed pools are all pools that there are, and of boxes only the ticked ones are typed. */
export function typedOver(defaults: Draft, typed: Draft): Draft {
  const kept =
    poolsIn(typed).length === 0
      ? defaults
      : Object.fromEntries(Object.entries(defaults).filter(([name]) => !isOfPool(name) && !isListOfNames(name)));
  return { ...kept, ...typed };
}

/** As the form library takes it. */
export const nested = (draft: Draft): DefaultValue<ClusterFormInput> => ({
  ...Object.fromEntries(Object.entries(draft).filter(([name]) => !isOfPool(name))),
  pools: [...poolsIn(draft)],
});
