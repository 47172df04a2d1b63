/** Drift of one cluster: what differs from its live spec, and what a person decides about it. */
import { redirect, type ActionFunctionArgs, type LoaderFunctionArgs, type MetaFunction } from "@remix-run/node";
import { useActionData, useLoaderData } from "@remix-run/react";
import { DriftPage } from "#app/components/drift/drift-page.tsx";
import { pageTitle } from "#app/components/shell/page-title.ts";
import { driftPath, operationPath } from "#app/components/shell/paths.ts";
import { driftDecision } from "#app/forms/drift-form.ts";
import type { KeyedRequest } from "#app/services/idempotent-requests.ts";
import { actorOf, unwrap, tryAction, checked, clusterOf, once, refused } from "./support/answers.server.ts";
import { formOf, onceKeyField } from "./support/forms.server.ts";

export async function loader({ context, params, request }: LoaderFunctionArgs) {
  return { view: await unwrap(context.services.drift.get(actorOf(context, request), clusterOf(params))), once: crypto.randomUUID() };
}

export async function action({ context, params, request }: ActionFunctionArgs) {
  const actor = actorOf(context, request);
  const form = await formOf(request, { once: ["intent", "days", onceKeyField], often: ["id"] });
  const ref = clusterOf(params);
  const { drift } = context.services;
  const outcome = await tryAction(once(context, request, form, decide));
  return "problem" in outcome ? refused(outcome.problem) : redirect(outcome.value);

  async function decide(keyed: KeyedRequest | null): Promise<string> {
    const decision = checked(driftDecision, { intent: form.get("intent"), ids: form.getAll("id"), days: form.get("days") ?? undefined });
    const [id = ""] = decision.ids;
    switch (decision.intent) {
      case "repair":
        return operationPath((await drift.repair(actor, ref, decision.ids, keyed)).id);
      case "adopt":
        return operationPath((await drift.adopt(actor, ref, id, keyed)).id);
      case "ignore":
        await drift.ignore(actor, ref, id, decision.days);
        break;
      case "look":
        await drift.check(actor, ref);
    }
    return driftPath({ tenant: ref.tenant, name: ref.cluster });
  }
}

export const meta: MetaFunction<typeof loader> = (page) => pageTitle(page, "drift", page.data?.view.cluster.name ?? "");

export default function DriftRoute() {
  return <DriftPage {...useLoaderData<typeof loader>()} problem={useActionData<typeof action>()?.problem ?? null} />;
}
