/** One plan: exactly what would happen, and the button that makes it happen. */
import { redirect, type ActionFunctionArgs, type LoaderFunctionArgs, type MetaFunction } from "@remix-run/node";
import { useActionData, useLoaderData } from "@remix-run/react";
import { planKindFrom } from "#app/domain/operation/kinds.ts";
import { approveSchema } from "#app/forms/approve-form.ts";
import { pageTitle } from "#app/components/shell/page-title.ts";
import { clusterPath, operationPath, tenantPath } from "#app/components/shell/paths.ts";
import { PlanPage } from "#app/components/plans/plan-page.tsx";
import type { KeyedRequest } from "#app/services/idempotent-requests.ts";
import { actorOf, unwrap, tryAction, clusterOf, numberOf, once, refused, textOf } from "./support/answers.server.ts";
import { discardedHeaders } from "./support/flash.server.ts";
import { formOf, onceKeyField } from "./support/forms.server.ts";

export async function loader({ context, params, request }: LoaderFunctionArgs) {
  const actor = actorOf(context, request);
  return {
    view: await unwrap(context.services.plans.get(actor, clusterOf(params), numberOf(params["number"]))),
    once: crypto.randomUUID(),
  };
}

export async function action({ context, params, request }: ActionFunctionArgs) {
  const actor = actorOf(context, request);
  const form = await formOf(request, { once: ["intent", "planKind", onceKeyField, ...Object.keys(approveSchema(null).shape)] });
  const actions: Readonly<Record<string, (keyed: KeyedRequest | null) => Promise<string>>> = { discard, preview };
  const intent = textOf(form, "intent");
  const outcome = await tryAction(once(context, request, form, (keyed) => (actions[intent] ?? approve)(keyed)));
  return "problem" in outcome
    ? refused(outcome.problem)
    : redirect(outcome.value, intent === "discard" ? discardedHeaders(outcome.value, params) : {});

  async function approve(keyed: KeyedRequest | null): Promise<string> {
    const by = { hash: textOf(form, "hash"), typedName: form.has("typedName") ? textOf(form, "typedName").trim() : null };
    const operation = await context.services.plans.approve(actor, clusterOf(params), numberOf(params["number"]), by, keyed);
    return operationPath(operation.id);
  }
  async function discard(): Promise<string> {
    const left = await context.services.clusters.discard(actor, clusterOf(params));
    return left.state === "gone" || left.state === "draft" ? tenantPath(left.tenant) : clusterPath(left);
  }
  async function preview(keyed: KeyedRequest | null): Promise<string> {
    const kind = planKindFrom(textOf(form, "planKind"));
    return operationPath((await context.services.clusters.preview(actor, clusterOf(params), kind, keyed)).id);
  }
}

export const meta: MetaFunction<typeof loader> = (page) => pageTitle(page, "plan", page.data?.view.cluster.name ?? "");

export default function PlanRoute() {
  return <PlanPage {...useLoaderData<typeof loader>()} problem={useActionData<typeof action>()?.problem ?? null} />;
}
