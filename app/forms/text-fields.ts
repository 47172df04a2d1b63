/**
 * The only kinds of text that a form, the API or a query takes. A test holds every schema to them: a field made here
 * cannot hold a character that does harm, and what it returns is what is stored and found again.
 */
import { z } from "zod";
import { fits, type Grammar } from "#app/domain/text/machine-words.ts";
import { passwordFault, preparePassword } from "#app/domain/text/password.ts";
import { lineFault, normalLine } from "#app/domain/text/peoples-words.ts";
import { rule, type RuleCode } from "./rules.ts";

/** People's words in one line: composed (NFC), blanks around it do not count. `limit`: code points; `tooLong`: the rule's text. */
export const textField = (limit: number, tooLong: string) =>
  z
    .string({ error: rule("field.type") })
    .overwrite((text) => normalLine(text, limit))
    .superRefine((line, ctx) => {
      const found = lineFault(line, limit);
      if (!found) return;
      const message = found.fault === "long" ? tooLong : rule(`text.${found.fault}`, { character: found.character });
      ctx.addIssue({ code: "custom", message, continue: false });
    });

/** Text of several lines that a grammar of its own reads next (a pasted key): it is only bounded here. */
export const pastedField = (limit: number, tooLong: string) => z.string({ error: rule("field.type") }).max(limit, { error: tooLong });

const wordRules = { label: "word.label", id: "word.id", hash: "word.hash", rowId: "word.rowId" } as const satisfies Readonly<
  Partial<Record<Grammar, RuleCode>>
>;

/** A word that a program gives, exactly as its grammar says. */
export const wordField = (grammar: keyof typeof wordRules) =>
  z.string({ error: rule("field.type") }).refine((text) => fits(grammar, text), { error: rule(wordRules[grammar]) });

/** A whole number in a query, as decimal digits. */
export const digitsField = (min: number, max: number) => {
  const error = rule("number.range", { min, max });
  return z
    .string({ error })
    .regex(/^\d{1,15}$/, { error })
    .transform(Number)
    .pipe(z.number().min(min, { error }).max(max, { error }));
};

/** ASVS: at least 12 characters; the upper bound only keeps the hash from being fed megabytes. */
export const passwordLimits = { min: 12, max: 200 } as const;

/** Not trimmed: blanks belong to a password. What comes out is prepared for hashing. */
export const newPasswordField = () =>
  z
    .string({ error: rule("field.type") })
    .max(passwordLimits.max * 16, { error: rule("password.long", { max: passwordLimits.max }), abort: true })
    .overwrite(preparePassword)
    .superRefine((password, ctx) => {
      const message = newPasswordRule(password);
      if (message !== null) ctx.addIssue({ code: "custom", message });
    })
    .prefault("");

function newPasswordRule(password: string): string | null {
  if (password === "") return rule("password.required");
  const fault = passwordFault(password, passwordLimits.max);
  if (fault === "long") return rule("password.long", { max: passwordLimits.max });
  if (fault !== null) return rule("password.characters");
  return [...password].length < passwordLimits.min ? rule("password.short", { min: passwordLimits.min }) : null;
}

/** As typed to sign in: whatever an account was once made with. Bounded in what it can cost, not judged. */
export const typedPasswordField = () =>
  z
    .string({ error: rule("field.type") })
    .max(passwordLimits.max * 16, { error: rule("password.long", { max: passwordLimits.max }) })
    .refine((password) => password !== "", { error: rule("password.required") })
    .prefault("");
