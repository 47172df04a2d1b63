import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { z } from "zod";
import { inviteSchema, joinSchema, signInSchema, tenantSchema, tokenSchema } from "./account-forms.ts";
import { approveSchema } from "./approve-form.ts";
import { issuesOf, readRule, rule, ruleCodes } from "./rules.ts";

const codes = (schema: z.ZodType, input: unknown): readonly string[] => {
  const parsed = schema.safeParse(input);
  return parsed.success ? [] : issuesOf(parsed.error).map((i) => `${i.field}: ${i.code}`);
};
const password = "correct horse battery";

describe("forms about people", () => {
  it("take a name and a password", () => {
    expect(joinSchema.parse({ name: " ada ", password: ` ${password}` })).toEqual({ name: "ada", password: ` ${password}` });
    expect(codes(joinSchema, {})).toEqual(["name: account.required", "password: password.required"]);
    expect(codes(joinSchema, { name: "Ada L", password: "short" })).toEqual(["name: account.label", "password: password.short"]);
    expect(codes(joinSchema, { name: "ada", password: "x".repeat(201) })).toEqual(["password: password.long"]);
  });

  it("do not judge the form of what is typed to sign in", () => {
    expect(codes(signInSchema, { name: "Ada L", password: "x" })).toEqual([]);
  });

  it("name a token, with or without an end", () => {
    expect(tokenSchema.parse({ label: "laptop", days: null })).toEqual({ label: "laptop", days: null });
    expect(codes(tokenSchema, { label: " ", days: 0 })).toEqual(["label: label.required", "days: days.range"]);
  });

  it("ask for the name where something would be lost", () => {
    expect(codes(approveSchema("demo"), { hash: "h", typedName: "demo" })).toEqual([]);
    expect(codes(approveSchema("demo"), { hash: "h" })).toEqual(["typedName: confirm.required"]);
    expect(codes(approveSchema("demo"), { hash: "h", typedName: "Demo" })).toEqual(["typedName: confirm.mismatch"]);
    expect(codes(approveSchema(null), { hash: "h" })).toEqual([]);
  });

  it("never throw, and say no only in codes that have a sentence", () => {
    const input = fc.oneof(
      fc.anything(),
      fc
        .dictionary(fc.constantFrom("name", "password", "operator", "label", "days", "slug", "hash", "typedName"), fc.anything())
        .map((o) => ({ ...o })),
    );
    fc.assert(
      fc.property(input, (value) => {
        for (const schema of [signInSchema, joinSchema, inviteSchema, tokenSchema, tenantSchema, approveSchema("demo")]) {
          const parsed = schema.safeParse(value);
          if (!parsed.success) for (const issue of issuesOf(parsed.error)) expect(ruleCodes).toContain(issue.code);
        }
      }),
    );
  });
});

describe("rules in zod's messages", () => {
  it("are read as they were written", () => {
    const params = fc.dictionary(fc.string(), fc.oneof(fc.string(), fc.integer())).map((o) => ({ ...o }));
    fc.assert(
      fc.property(fc.constantFrom(...ruleCodes), params, (code, p) => {
        fc.pre(!Object.hasOwn(p, "__proto__"));
        expect(readRule(rule(code, p))).toEqual({ code, params: p });
      }),
    );
  });

  it("are a wrong type when they are not ours", () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(ruleCodes).toContain(readRule(text).code);
      }),
    );
    expect(readRule("Invalid input: expected string")).toEqual({ code: "field.type", params: {} });
  });
});
