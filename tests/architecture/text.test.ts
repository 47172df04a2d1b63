/** Every schema by which text comes in is made of the fields in `app/forms/text-fields.ts`: none takes a harmful character. */
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { z } from "zod";
import { endpoints } from "#app/server/api/endpoints.ts";

const root = new URL("../..", import.meta.url).pathname;

/** Read whole by something else right after: `readSshKey`, and the hash of a password that was made before. */
const readElsewhere = new Set(["sshKey", "signIn.password"]);

interface Leaf {
  readonly path: string;
  readonly schema: z.ZodType;
}

const inner = (schema: z.ZodType): readonly (readonly [string, z.ZodType])[] => {
  if (schema instanceof z.ZodObject) return Object.entries(schema.shape as Record<string, z.ZodType>);
  if (schema instanceof z.ZodArray) return [["[]", schema.element as z.ZodType]];
  if (schema instanceof z.ZodRecord)
    return [
      ["{key}", schema.keyType as unknown as z.ZodType],
      ["{value}", schema.valueType as z.ZodType],
    ];
  if (schema instanceof z.ZodUnion) return schema.options.map((o, i) => [`|${i}`, o as z.ZodType] as const);
  if (schema instanceof z.ZodPipe) return [["", schema.in as z.ZodType]];
  if (
    schema instanceof z.ZodOptional ||
    schema instanceof z.ZodNullable ||
    schema instanceof z.ZodDefault ||
    schema instanceof z.ZodPrefault
  )
    return [["", schema.unwrap() as z.ZodType]];
  return [];
};

function textsIn(path: string, schema: z.ZodType): readonly Leaf[] {
  if (schema instanceof z.ZodString) return [{ path, schema }];
  return inner(schema).flatMap(([name, child]) => textsIn(name === "" ? path : `${path}.${name}`, child));
}

const harmful = ["a\u0000b", "a\u009bb", "a\u001bb", "a\nb", "\ud800b"];

function takesHarm({ schema }: Leaf): boolean {
  return harmful.some((text) => schema.safeParse(text).success);
}

const isExempt = ({ path }: Leaf): boolean => [...readElsewhere].some((name) => path.endsWith(`.${name}`) || path === name);

test.each(endpoints.map((e) => [`${e.method} ${e.path}`, e] as const))("%s takes no harmful text", (_, e) => {
  const texts = [e.params, e.query, e.described].flatMap((schema) => (schema === null ? [] : textsIn("", schema)));
  expect(texts.filter((leaf) => !isExempt(leaf) && takesHarm(leaf)).map((leaf) => leaf.path)).toEqual([]);
});

test("no form takes harmful text", async () => {
  const files = globSync("app/forms/*-form*.ts", { cwd: root }).filter((f) => !f.includes(".test."));
  const exported = await Promise.all(
    files.map(async (file) => Object.entries((await import(join(root, file))) as Record<string, unknown>)),
  );
  const schemas = exported.flat().flatMap(([name, value]): readonly (readonly [string, z.ZodType])[] => {
    const made =
      typeof value === "function" && /Schema$/.test(name)
        ? (value as (of: null | undefined) => unknown)(name === "approveSchema" ? null : undefined)
        : value;
    return made instanceof z.ZodType ? [[name.replace(/Schema$/, ""), made]] : [];
  });
  const texts = schemas.flatMap(([name, schema]) => textsIn(name, schema));
  expect(texts.length).toBeGreaterThan(10);
  expect(texts.filter((leaf) => !isExempt(leaf) && takesHarm(leaf)).map((leaf) => leaf.path)).toEqual([]);
});

test("the command line writes to a terminal in one place", () => {
  const files = globSync("app/cli/*.ts", { cwd: root }).filter((file) => !file.includes(".test."));
  expect(files.filter((file) => /process\.std(?:out|err)\.write/.test(readFileSync(join(root, file), "utf8")))).toEqual([
    "app/cli/output.ts",
  ]);
});

test("nothing but the fields themselves is made of bare strings, among forms and pages", () => {
  const files = globSync(["app/forms/**/*.ts", "app/routes/**/*.{ts,tsx}", "app/components/**/*.{ts,tsx}"], { cwd: root });
  const bare = files.filter(
    (file) => !/text-fields\.ts$|rules\.ts$/.test(file) && /\bz\s*\.(?:coerce\s*\.)?string\(/.test(readFileSync(join(root, file), "utf8")),
  );
  expect(bare).toEqual([]);
});
