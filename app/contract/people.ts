/** People, their tokens, and tenants. */
import { z } from "zod";
import { memberRoles } from "#app/domain/tenant.ts";
import { listPage, maybeTime, time } from "./shapes.ts";

export const person = z.object({
  id: z.string(),
  name: z.string(),
  operator: z.boolean(),
  createdAt: time,
  disabledAt: maybeTime,
  lastSignInAt: maybeTime,
  tenants: z.array(z.object({ slug: z.string(), role: z.enum(memberRoles) })).describe("The first ones by slug"),
  tenantCount: z.number(),
  may: z.object({ disable: z.boolean(), enable: z.boolean() }).describe("Nobody locks themselves out"),
});

export const personPage = z.object({ people: z.array(person), ...listPage.shape });

export const tenant = z.object({
  id: z.string(),
  slug: z.string(),
  createdAt: time,
  role: z.enum(memberRoles).nullable().describe("Of this person; null: an operator who is no member"),
  clusters: z.number(),
  may: z.object({ create: z.boolean() }),
});

export const tenantPage = z.object({ tenants: z.array(tenant), ...listPage.shape });

export const token = z.object({ id: z.string(), label: z.string(), createdAt: time, expiresAt: maybeTime });

export const tokens = z.object({ tokens: z.array(token) });
export const createdToken = z.object({ token, secret: z.string() });
export const invitation = z.object({ link: z.string().describe("With a secret, in this answer only"), expiresAt: time });

export const me = z.object({
  name: z.string(),
  operator: z.boolean(),
  tenants: z.array(tenant),
  tenantPage: listPage,
  own: z.string().nullable().describe("The tenant that is meant where none is named"),
});
