/** API: the person, tenants, people, images, set-up. */
import { z } from "zod";
import { images, readiness, setup } from "#app/contract/hosts.ts";
import { dashboard, tenantView } from "#app/contract/pages.ts";
import { createdToken, invitation, me, personPage, tenant, tenantPage, tokens } from "#app/contract/people.ts";
import { inviteSchema, tenantSchema, tokenSchema } from "#app/forms/account-forms.ts";
import { rule } from "#app/forms/rules.ts";
import { textField, wordField } from "#app/forms/text-fields.ts";
import { endpoint } from "./endpoint.ts";
import { defined } from "./list-queries.ts";
import { idParams, pageQuery, tenantParams } from "./schemas.ts";

/** Without a word about its end, a token of the API ends after 90 days. */
const tokenBody = tokenSchema.extend({ days: tokenSchema.shape.days.default(90) }).strict();

export const portalEndpoints = [
  endpoint({
    method: "get",
    path: "/me",
    verb: "portal.read",
    summary: "Who this token or session belongs to",
    answer: me,
    run: async ({ services, actor }) => {
      const { tenants, ...tenantPage } = await services.tenants(actor);
      return { name: actor.name, operator: actor.operator, tenants, tenantPage, own: await services.ownTenant(actor) };
    },
  }),
  endpoint({
    method: "get",
    path: "/",
    verb: "portal.read",
    summary: "Clusters, running operations, host capacity left",
    query: z.object({ ...pageQuery, after: wordField("id").optional() }),
    answer: dashboard,
    run: ({ services, actor, query }) => services.dashboard(actor, defined(query)),
  }),
  endpoint({
    method: "get",
    path: "/readiness",
    verb: "portal.read",
    summary: "Whether set-up is far enough for a preview and for a cluster",
    answer: readiness,
    run: async ({ services, actor }) => services.readiness(actor),
  }),
  endpoint({
    method: "get",
    path: "/setup",
    verb: "setup.read",
    summary: "Steps of set-up (operators)",
    answer: setup,
    run: ({ services, actor }) => services.setup(actor),
  }),
  endpoint({
    method: "get",
    path: "/images",
    verb: "image.read",
    summary: "Images that are ready, newest first",
    answer: images,
    run: async ({ services, actor }) => ({ images: await services.images(actor) }),
  }),
  endpoint({
    method: "get",
    path: "/tenants",
    verb: "portal.read",
    summary: "Tenants of this person; an operator sees all",
    query: z.object({
      ...pageQuery,
      after: wordField("label").optional(),
      q: textField(63, rule("field.type")).optional().describe("A part of the name"),
    }),
    answer: tenantPage,
    run: ({ services, actor, query: { q, ...page } }) => services.tenants(actor, defined({ ...page, query: q })),
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
    query: z.object({
      after: wordField("id").optional().describe("Cursor of the clusters"),
      removedAfter: wordField("id").optional().describe("Cursor of the removed clusters"),
    }),
    answer: tenantView,
    run: ({ services, actor, params, query: { after, removedAfter } }) =>
      services.tenant(actor, params.tenant, { clusters: defined({ after }), removed: defined({ after: removedAfter }) }),
  }),
];

export const peopleEndpoints = [
  endpoint({
    method: "get",
    path: "/people",
    verb: "people.read",
    summary: "Everybody who has an account (operators)",
    query: z.object({ ...pageQuery, after: wordField("label").optional() }),
    answer: personPage,
    run: ({ services, actor, query }) => services.people.list(actor, defined(query)),
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
    answer: tokens,
    run: async ({ services, actor }) => ({ tokens: await services.people.tokens(actor) }),
  }),
  endpoint({
    method: "post",
    path: "/people/tokens",
    verb: "token.create",
    summary: "A new API token; its secret is in this answer only",
    body: tokenBody,
    answer: createdToken,
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
    answer: invitation,
    status: 201,
    run: ({ services, actor, body, keyed }) => services.people.invite(actor, body, keyed),
  }),
];
