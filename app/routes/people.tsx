/** One's API tokens; for operators also invitations and tenants. */
import type { ActionFunctionArgs, LoaderFunctionArgs, MetaFunction } from "@remix-run/node";
import { useActionData, useLoaderData } from "@remix-run/react";
import { PeoplePage, type PeopleOutcome } from "#app/components/people/people-page.tsx";
import { pageTitle } from "#app/components/shell/page-title.ts";
import { tenantSchema, tokenSchema } from "#app/forms/account-forms.ts";
import type { KeyedRequest } from "#app/services/idempotent-requests.ts";
import { actorOf, unwrap, tryAction, checked, once, refused, textOf } from "./support/answers.server.ts";
import { formOf, onceKeyField } from "./support/forms.server.ts";
import { pageAsked } from "./support/list-pages.server.ts";

export async function loader({ context, request }: LoaderFunctionArgs) {
  const actor = actorOf(context, request);
  const { people } = context.services;
  return {
    tokens: await unwrap(people.tokens(actor)),
    people: actor.operator ? await unwrap(people.list(actor, pageAsked(request, "after"))) : null,
    once: crypto.randomUUID(),
  };
}

export async function action(args: ActionFunctionArgs) {
  const form = await formOf(args.request, {
    once: ["intent", "id", "operator", onceKeyField, ...Object.keys(tokenSchema.shape), ...Object.keys(tenantSchema.shape)],
  });
  const outcome = await tryAction(once(args.context, args.request, form, (keyed) => done(args, form, keyed)));
  return "problem" in outcome ? refused(outcome.problem) : { outcome: outcome.value };
}

async function done({ context, request }: ActionFunctionArgs, form: FormData, keyed: KeyedRequest | null): Promise<PeopleOutcome> {
  const actor = actorOf(context, request);
  const { services } = context;
  switch (textOf(form, "intent")) {
    case "token":
      return { kind: "token", ...(await services.people.createToken(actor, tokenRequest(form), keyed)) };
    case "revoke":
      await services.people.revokeToken(actor, textOf(form, "id"));
      return { kind: "revoked" };
    case "disable":
    case "enable":
      await services.people.setDisabled(actor, textOf(form, "id"), textOf(form, "intent") === "disable");
      return { kind: "revoked" };
    case "invite":
      return { kind: "invite", ...(await services.people.invite(actor, { operator: form.has("operator") }, keyed)) };
    case "tenant":
      return {
        kind: "tenant",
        tenant: await services.createTenant(actor, checked(tenantSchema, { slug: textOf(form, "slug") }).slug, keyed),
      };
    default:
      return { kind: "revoked" };
  }
}

/** No days: the token has no end. */
function tokenRequest(form: FormData): { readonly label: string; readonly days: number | null } {
  const days = textOf(form, "days");
  const input = checked(tokenSchema, { label: textOf(form, "label"), ...(days === "" ? {} : { days: Number(days) }) });
  return { label: input.label, days: input.days ?? null };
}

export const meta: MetaFunction = (page) => pageTitle(page, "people");

export default function People() {
  const answer = useActionData<typeof action>();
  const problem = answer !== undefined && "problem" in answer ? answer.problem : null;
  const outcome = answer !== undefined && "outcome" in answer ? answer.outcome : null;
  return <PeoplePage {...useLoaderData<typeof loader>()} problem={problem} outcome={outcome} />;
}
