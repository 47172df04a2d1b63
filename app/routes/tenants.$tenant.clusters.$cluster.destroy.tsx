/** The way to a teardown: what goes, what stays, and the preview that must be read first. */
import { redirect, type ActionFunctionArgs, type LoaderFunctionArgs, type MetaFunction } from "@remix-run/node";
import { useActionData, useLoaderData } from "@remix-run/react";
import { DestroyPage } from "#app/components/clusters/destroy-page.tsx";
import { pageTitle } from "#app/components/shell/page-title.ts";
import { operationPath } from "#app/components/shell/paths.ts";
import { actorOf, unwrap, tryAction, clusterOf, once, refused } from "./support/answers.server.ts";
import { formOf, onceKeyField } from "./support/forms.server.ts";

export async function loader({ context, params, request }: LoaderFunctionArgs) {
  return { view: await unwrap(context.services.clusters.get(actorOf(context, request), clusterOf(params))), once: crypto.randomUUID() };
}

export async function action({ context, params, request }: ActionFunctionArgs) {
  const actor = actorOf(context, request);
  const outcome = await tryAction(
    once(context, request, await formOf(request, { once: [onceKeyField] }), (keyed) =>
      context.services.clusters.preview(actor, clusterOf(params), "destroy", keyed),
    ),
  );
  return "problem" in outcome ? refused(outcome.problem) : redirect(operationPath(outcome.value.id));
}

export const meta: MetaFunction<typeof loader> = (page) => pageTitle(page, "destroy", page.data?.view.summary.name ?? "");

export default function DestroyRoute() {
  return <DestroyPage {...useLoaderData<typeof loader>()} problem={useActionData<typeof action>()?.problem ?? null} />;
}
