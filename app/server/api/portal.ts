/** API: the person, tenants, people, images, set-up. */
import { z } from "zod";
import { inviteSchema, tenantSchema, tokenSchema } from "#app/forms/account-forms.ts";
import { endpoint } from "./endpoint.ts";
import { cluster, dashboard, idParams, image, operation, person, readiness, setupState, tenant, tenantParams, token } from "./schemas.ts";

/** Without a word about its end, a token of the API ends after 90 days. */
const tokenBody = tokenSchema.extend({ days: tokenSchema.shape.days.default(90) }).strict();

export const portalEndpoints = [
  endpoint({
    method: "get",
    path: "/me",
    verb: "portal.read",
    summary: "Who this token or session belongs to",
    answer: z.object({ name: z.string(), operator: z.boolean(), tenants: z.array(tenant), own: z.string().nullable().describe("The tenant that is meant where none is named") }),
    run: async ({ services, actor }) => ({ name: actor.name, operator: actor.operator, tenants: await services.tenants(actor), own: await services.ownTenant(actor) }),
  }),
  endpoint({
    method: "get",
    path: "/",
    verb: "portal.read",
    summary: "Clusters, running operations, room left",
    answer: dashboard,
    run: ({ services, actor }) => services.dashboard(actor),
  }),
  endpoint({
    method: "get",
    path: "/readiness",
    verb: "portal.read",
    summary: "Whether set-up is far enough for a preview and for a cluster",
    answer: readiness,
    run: async ({ services, actor }) => (await services.dashboard(actor)).readiness,
  }),
  endpoint({
    method: "get",
    path: "/setup",
    verb: "setup.read",
    summary: "Steps of set-up (operators)",
    answer: z.object({ state: setupState, readiness }),
    run: ({ services, actor }) => services.setup(actor),
  }),
  endpoint({
    method: "get",
    path: "/images",
    verb: "image.read",
    summary: "Images that are ready, newest first",
    answer: z.object({ images: z.array(image) }),
    run: async ({ services, actor }) => ({ images: await services.images(actor) }),
  }),
  endpoint({
    method: "get",
    path: "/tenants",
    verb: "portal.read",
    summary: "Tenants of this person; an operator sees all",
    answer: z.object({ tenants: z.array(tenant) }),
    run: async ({ services, actor }) => ({ tenants: await services.tenants(actor) }),
  }),
  endpoint({
    method: "post",
    path: "/tenants",
    verb: "tenant.create",
    summary: "A further tenant (operators)",
    body: tenantSchema.strict(),
    answer: tenant,
    status: 201,
    run: ({ services, actor, body, keyed }) => services.createTenant(actor, body.slug, keyed),
  }),
  endpoint({
    method: "get",
    path: "/tenants/:tenant",
    verb: "tenant.read",
    summary: "One tenant with its clusters and latest operations",
    params: tenantParams,
    answer: z.object({ tenant, clusters: z.array(cluster), operations: z.array(operation), removed: z.array(z.object({ tenant: z.string(), name: z.string(), at: z.number().describe("Epoch milliseconds"), by: z.string() })) }),
    run: ({ services, actor, params }) => services.tenant(actor, params.tenant),
  }),
];

export const peopleEndpoints = [
  endpoint({
    method: "get",
    path: "/people",
    verb: "people.read",
    summary: "Everybody who has an account (operators)",
    answer: z.object({ people: z.array(person) }),
    run: async ({ services, actor }) => ({ people: await services.people.list(actor) }),
  }),
  endpoint({
    method: "post",
    path: "/people/:id/disable",
    verb: "people.disable",
    summary: "End a person's sessions and let them in no more, until they are enabled again (operators)",
    params: idParams,
    answer: z.undefined(),
    status: 204,
    run: ({ services, actor, params }) => services.people.setDisabled(actor, params.id, true),
  }),
  endpoint({
    method: "post",
    path: "/people/:id/enable",
    verb: "people.disable",
    summary: "Let a person in again (operators)",
    params: idParams,
    answer: z.undefined(),
    status: 204,
    run: ({ services, actor, params }) => services.people.setDisabled(actor, params.id, false),
  }),
  endpoint({
    method: "get",
    path: "/people/tokens",
    verb: "token.read",
    summary: "API tokens of this person, without their secrets",
    answer: z.object({ tokens: z.array(token) }),
    run: async ({ services, actor }) => ({ tokens: await services.people.tokens(actor) }),
  }),
  endpoint({
    method: "post",
    path: "/people/tokens",
    verb: "token.create",
    summary: "A new API token; its secret is in this answer only",
    body: tokenBody,
    answer: z.object({ token, secret: z.string() }),
    status: 201,
    run: ({ services, actor, body, keyed }) => services.people.createToken(actor, { label: body.label, days: body.days ?? null }, keyed),
  }),
  endpoint({
    method: "delete",
    path: "/people/tokens/:id",
    verb: "token.revoke",
    summary: "Revoke an API token",
    params: idParams,
    answer: z.undefined(),
    status: 204,
    run: ({ services, actor, params }) => services.people.revokeToken(actor, params.id),
  }),
  endpoint({
    method: "post",
    path: "/people/invites",
    verb: "invite.create",
    summary: "A one-time link with which a further person makes an account (operators)",
    body: inviteSchema.strict(),
    answer: z.object({ link: z.string(), expiresAt: z.number() }),
    status: 201,
    run: ({ services, actor, body, keyed }) => services.people.invite(actor, body, keyed),
  }),
];
