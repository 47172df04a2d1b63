/** One operation, live and for ever after. */
import type { ActionFunctionArgs, LoaderFunctionArgs, MetaFunction } from "@remix-run/node";
import { redirect } from "@remix-run/node";
import { useActionData, useLoaderData, type ShouldRevalidateFunctionArgs } from "@remix-run/react";
import { OperationPage } from "#app/components/operation-page.tsx";
import { pageTitle } from "#app/components/page-title.ts";
import { operationPath } from "#app/components/paths.ts";
import { actorOf, answered, attempted, refused, textOf } from "./support/answers.server.ts";
import { formOf } from "./support/forms.server.ts";

export async function loader({ context, params, request }: LoaderFunctionArgs) {
  return { operation: await answered(context.services.operations.page(actorOf(context, request), params["operation"] ?? "")) };
}

export async function action({ context, params, request }: ActionFunctionArgs) {
  const actor = actorOf(context, request);
  const id = params["operation"] ?? "";
  const wish = textOf(await formOf(request, { once: ["intent"] }), "intent") === "resume" ? "resume" : "cancel";
  const outcome = await attempted(context.services.operations[wish](actor, id));
  return "problem" in outcome ? refused(outcome.problem) : redirect(operationPath(id));
}

/** How it is looked at stands in the address too, and is no reason to ask again. */
export const shouldRevalidate = ({ currentUrl, nextUrl, formMethod, defaultShouldRevalidate }: ShouldRevalidateFunctionArgs) =>
  formMethod === undefined && currentUrl.pathname === nextUrl.pathname && currentUrl.search !== nextUrl.search ? false : defaultShouldRevalidate;

export const meta: MetaFunction<typeof loader> = (page) => pageTitle(page, "operation", page.data?.operation.cluster ?? "");

export default function OperationRoute() {
  const { operation } = useLoaderData<typeof loader>();
  return <OperationPage key={operation.id} operation={operation} problem={useActionData<typeof action>()?.problem ?? null} />;
}
