/** Forms about people: signing in, making an account by a one-time link, inviting, API tokens. */
import { z } from "zod";
import { isLabel } from "#app/domain/cluster/names.ts";
import { rule, textField, wholeNumber } from "./rules.ts";

/** Shorter than an RFC 1123 label may be: the person's own tenant has the same name and stands in names made from it. */
export const accountNameLimit = 32;
/** ASVS: at least 12 characters; the upper bound only keeps the hash from being fed megabytes. */
export const passwordLimits = { min: 12, max: 200 } as const;

const name = textField(accountNameLimit, rule("account.long", { max: accountNameLimit }))
  .default("")
  .superRefine((value, ctx) => {
    if (value === "") ctx.addIssue({ code: "custom", message: rule("account.required") });
    else if (!isLabel(value) || !/^[a-z]/.test(value)) ctx.addIssue({ code: "custom", message: rule("account.label", { value }) });
  });

/** Not trimmed: blanks belong to a password. */
const password = (min: number) =>
  z
    .string({ error: rule("field.type") })
    .default("")
    .superRefine((value, ctx) => {
      if (value === "") ctx.addIssue({ code: "custom", message: rule("password.required") });
      else if ([...value].length < min) ctx.addIssue({ code: "custom", message: rule("password.short", { min }) });
      else if (value.length > passwordLimits.max) ctx.addIssue({ code: "custom", message: rule("password.long", { max: passwordLimits.max }) });
    });

/** Lenient on purpose: a wrong name or password gets one and the same answer from the use case. */
export const signInSchema = z.object({ name: textField(200, rule("account.long", { max: 200 })).default(""), password: password(1) });
export type SignInForm = z.output<typeof signInSchema>;

export const joinSchema = z.object({ name, password: password(passwordLimits.min) });
export type JoinForm = z.output<typeof joinSchema>;

export const inviteSchema = z.object({ operator: z.boolean({ error: rule("field.type") }).default(false) });
export type InviteForm = z.output<typeof inviteSchema>;

export const tokenSchema = z.object({
  label: textField(80, rule("label.long", { max: 80 })).default("").refine((v) => v !== "", { error: rule("label.required") }),
  /** Absent: the token has no end. */
  days: wholeNumber("days.range", { min: 1, max: 3650 }).nullish(),
});
export type TokenForm = z.output<typeof tokenSchema>;

/** A further tenant. */
export const tenantSchema = z.object({ slug: name });
export type TenantForm = z.output<typeof tenantSchema>;
