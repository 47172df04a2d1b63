/** Asking for a cluster. The answer is its preview, or the private key that is shown once. */
import { parseWithZod } from "@conform-to/zod/v4";
import { redirect, type ActionFunctionArgs, type LoaderFunctionArgs, type MetaFunction } from "@remix-run/node";
import { useActionData, useLoaderData } from "@remix-run/react";
import { formContext } from "#app/components/cluster-form/defaults.ts";
import { useAnsweredForm } from "#app/components/cluster-form/kept-form.ts";
import { NewClusterForm } from "#app/components/cluster-form/new-cluster-form.tsx";
import { GeneratedKeyPage } from "#app/components/clusters/generated-key-page.tsx";
import { pageTitle } from "#app/components/shell/page-title.ts";
import { operationPath } from "#app/components/shell/paths.ts";
import { clusterFormSchema, toSpecInput } from "#app/forms/cluster-form.ts";
import { actorOf, unwrap, tryAction, once, textOf } from "./support/answers.server.ts";
import { clusterFormFieldsWith, demandKnownIntent } from "./support/cluster-form.server.ts";
import { formOf } from "./support/forms.server.ts";
import { asksForFormOnly, invalidReply, recalculatedReply, refusedReply } from "./support/replies.server.ts";

export async function loader({ context, params, request }: LoaderFunctionArgs) {
  const view = await unwrap(context.services.clusters.newForm(actorOf(context, request), params["tenant"] ?? ""));
  return { view, once: crypto.randomUUID() };
}

export async function action({ context, params, request }: ActionFunctionArgs) {
  const actor = actorOf(context, request);
  const tenant = params["tenant"] ?? "";
  const { clusters } = context.services;
  const form = await formOf(request, clusterFormFieldsWith());
  demandKnownIntent(form);
  const view = await unwrap(clusters.newForm(actor, tenant, textOf(form, "name")));
  const submission = parseWithZod(form, { schema: clusterFormSchema(formContext(view, null)) });
  if (asksForFormOnly(form)) return recalculatedReply(submission);
  if (submission.status !== "success") return invalidReply(submission);
  const outcome = await tryAction(
    once(context, request, form, (keyed) => clusters.create(actor, tenant, toSpecInput(submission.value), keyed)),
  );
  if ("problem" in outcome) return refusedReply(submission, outcome.problem);
  const { cluster, generatedKey, operation } = outcome.value;
  if (generatedKey === null) return redirect(operationPath(operation.id));
  return { lastResult: null, problem: null, made: { cluster: cluster.name, generatedKey, operationId: operation.id } };
}

export const meta: MetaFunction = (page) => pageTitle(page, "create");

export default function NewClusterPage() {
  const answer = useActionData<typeof action>();
  const { view, once: onceKey } = useLoaderData<typeof loader>();
  useAnsweredForm(answer);
  if (answer?.made) return <GeneratedKeyPage {...answer.made} />;
  return <NewClusterForm view={view} once={onceKey} lastResult={answer?.lastResult ?? null} problem={answer?.problem ?? null} />;
}
