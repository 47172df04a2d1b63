/** A provider's schema in the form of {@link Declared}, to be compared with its npm package. */
import type { Declared, Shape } from "./npm-types.ts";

export interface PropertySpec {
  readonly type?: string;
  readonly $ref?: string;
  readonly items?: PropertySpec;
  readonly additionalProperties?: PropertySpec;
  readonly oneOf?: readonly PropertySpec[];
  readonly default?: unknown;
  readonly secret?: boolean;
  readonly replaceOnChanges?: boolean;
}

interface ObjectSpec {
  readonly properties?: Readonly<Record<string, PropertySpec>>;
  readonly required?: readonly string[];
}

interface TypeSpec extends ObjectSpec {
  readonly enum?: readonly { readonly value: string }[];
}

interface ResourceSpec extends ObjectSpec {
  readonly inputProperties?: Readonly<Record<string, PropertySpec>>;
  readonly requiredInputs?: readonly string[];
  readonly deprecationMessage?: string;
}

interface FunctionSpec {
  readonly inputs?: ObjectSpec;
  readonly outputs?: ObjectSpec;
}

export interface Schema {
  readonly name: string;
  readonly version?: string;
  readonly resources: Readonly<Record<string, ResourceSpec>>;
  readonly functions: Readonly<Record<string, FunctionSpec>>;
  readonly types: Readonly<Record<string, TypeSpec>>;
}

export function providedBy(schema: Schema): Declared {
  const objects = mapEntries(schema.types, (type) => (type.enum === undefined ? shape(type.properties, type.required) : null));
  return {
    resources: mapEntries(schema.resources, (resource) => ({
      inputs: shape(resource.inputProperties, resource.requiredInputs),
      outputs: shape(resource.properties, resource.required),
    })),
    functions: mapEntries(schema.functions, ({ inputs, outputs }) => ({
      inputs: shape(inputs?.properties, inputs?.required),
      outputs: shape(outputs?.properties, outputs?.required),
    })),
    inputTypes: objects,
    outputTypes: objects,
    enums: mapEntries(schema.types, (type) => type.enum?.map(({ value }) => value).sort() ?? null),
  };
}

/** Renames by token ("command:remote:Command" becomes "remote.Command") and leaves out what becomes null. */
function mapEntries<A, B>(record: Readonly<Record<string, A>>, change: (value: A) => B | null): Record<string, B> {
  const entries = Object.entries(record).flatMap(([token, value]): [string, B][] => {
    const changed = change(value);
    return changed === null ? [] : [[shortName(token), changed]];
  });
  return Object.fromEntries(entries);
}

const shortName = (token: string): string => token.split(":").slice(1).join(".");

function shape(properties: Readonly<Record<string, PropertySpec>> = {}, required: readonly string[] = []): Shape {
  const entries = Object.entries(properties).map(([name, spec]) => [name, required.includes(name) ? typeName(spec) : `${typeName(spec)}?`]);
  return Object.fromEntries(entries) as Shape;
}

const builtIn: Readonly<Record<string, string>> = {
  "pulumi.json#/Any": "any",
  "pulumi.json#/Archive": "Archive",
  "pulumi.json#/Asset": "Archive|Asset",
};

function typeName(spec: PropertySpec): string {
  if (spec.$ref !== undefined) return builtIn[spec.$ref] ?? shortName(spec.$ref.replace("#/types/", ""));
  if (spec.items !== undefined) return `${typeName(spec.items)}[]`;
  if (spec.additionalProperties !== undefined) return `{${typeName(spec.additionalProperties)}}`;
  return spec.type === "integer" ? "number" : (spec.type ?? "any");
}
