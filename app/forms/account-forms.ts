/** Forms about people: signing in, making an account by a one-time link, inviting, API tokens. */
import { z } from "zod";
import { isLabel } from "#app/domain/cluster/names.ts";
import { rule, wholeNumber } from "./rules.ts";
import { newPasswordField, textField, typedPasswordField } from "./text-fields.ts";

/** Shorter than an RFC 1123 label may be: the person's own tenant has the same name and stands in names made from it. */
export const accountNameLimit = 32;
const name = textField(accountNameLimit, rule("account.long", { max: accountNameLimit }))
  .default("")
  .superRefine((value, ctx) => {
    if (value === "") ctx.addIssue({ code: "custom", message: rule("account.required") });
    else if (!isLabel(value) || !/^[a-z]/.test(value)) ctx.addIssue({ code: "custom", message: rule("account.label", { value }) });
  });

/** Lenient on purpose: a wrong name or password gets one and the same answer from the use case. */
export const signInSchema = z.object({
  name: textField(200, rule("account.long", { max: 200 })).default(""),
  password: typedPasswordField(),
});
export type SignInForm = z.output<typeof signInSchema>;

export const joinSchema = z.object({ name, password: newPasswordField() });
export type JoinForm = z.output<typeof joinSchema>;

export const inviteSchema = z.object({ operator: z.boolean({ error: rule("field.type") }).default(false) });
export type InviteForm = z.output<typeof inviteSchema>;

export const tokenSchema = z.object({
  label: textField(80, rule("label.long", { max: 80 }))
    .default("")
    .refine((v) => v !== "", { error: rule("label.required") }),
  /** Absent: the token has no end. */
  days: wholeNumber("days.range", { min: 1, max: 3650 }).nullish(),
});
export type TokenForm = z.output<typeof tokenSchema>;

/** A further tenant. */
export const tenantSchema = z.object({ slug: name });
export type TenantForm = z.output<typeof tenantSchema>;
