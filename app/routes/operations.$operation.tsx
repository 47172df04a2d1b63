/** One operation, live and for ever after. */
import type { ActionFunctionArgs, LoaderFunctionArgs, MetaFunction } from "@remix-run/node";
import { redirect } from "@remix-run/node";
import { useActionData, useLoaderData, type ShouldRevalidateFunctionArgs } from "@remix-run/react";
import { OperationPage } from "#app/components/operations/operation-page.tsx";
import { pageTitle } from "#app/components/shell/page-title.ts";
import { operationPath } from "#app/components/shell/paths.ts";
import { actorOf, unwrap, tryAction, once, refused, textOf } from "./support/answers.server.ts";
import { formOf, onceKeyField } from "./support/forms.server.ts";

export async function loader({ context, params, request }: LoaderFunctionArgs) {
  return {
    operation: await unwrap(context.services.operations.page(actorOf(context, request), params["operation"] ?? "")),
    once: crypto.randomUUID(),
  };
}

export async function action({ context, params, request }: ActionFunctionArgs) {
  const actor = actorOf(context, request);
  const id = params["operation"] ?? "";
  const form = await formOf(request, { once: ["intent", onceKeyField] });
  const verb = textOf(form, "intent") === "resume" ? "resume" : "cancel";
  const outcome = await tryAction(once(context, request, form, () => context.services.operations[verb](actor, id)));
  return "problem" in outcome ? refused(outcome.problem) : redirect(operationPath(id));
}

/** How it is looked at stands in the address too, and is no reason to ask again. */
export const shouldRevalidate = ({ currentUrl, nextUrl, formMethod, defaultShouldRevalidate }: ShouldRevalidateFunctionArgs) =>
  formMethod === undefined && currentUrl.pathname === nextUrl.pathname && currentUrl.search !== nextUrl.search
    ? false
    : defaultShouldRevalidate;

export const meta: MetaFunction<typeof loader> = (page) => pageTitle(page, "operation", page.data?.operation.cluster ?? "");

export default function OperationRoute() {
  const { operation, once: key } = useLoaderData<typeof loader>();
  return <OperationPage key={operation.id} operation={operation} once={key} problem={useActionData<typeof action>()?.problem ?? null} />;
}
