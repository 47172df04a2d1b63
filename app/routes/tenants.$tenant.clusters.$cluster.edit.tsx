/** Changing a cluster: writes the next revision, answers with its preview. */
import { parseWithZod } from "@conform-to/zod/v4";
import { redirect, type ActionFunctionArgs, type LoaderFunctionArgs, type MetaFunction } from "@remix-run/node";
import { useActionData, useLoaderData } from "@remix-run/react";
import { editContext } from "#app/components/cluster-form/defaults.ts";
import { EditClusterForm } from "#app/components/cluster-form/edit-cluster-form.tsx";
import { useAnsweredForm } from "#app/components/cluster-form/kept-form.ts";
import { GeneratedKeyPage } from "#app/components/clusters/generated-key-page.tsx";
import { pageTitle } from "#app/components/shell/page-title.ts";
import { operationPath } from "#app/components/shell/paths.ts";
import { clusterFormSchema, toSpecInput } from "#app/forms/cluster-form.ts";
import { actorOf, unwrap, tryAction, clusterOf, once, revisionOf, textOf } from "./support/answers.server.ts";
import { clusterFormFieldsWith, demandKnownIntent } from "./support/cluster-form.server.ts";
import { formOf } from "./support/forms.server.ts";
import { asksForFormOnly, invalidReply, recalculatedReply, refusedReply } from "./support/replies.server.ts";

export async function loader({ context, params, request }: LoaderFunctionArgs) {
  const view = await unwrap(context.services.clusters.editForm(actorOf(context, request), clusterOf(params)));
  return { view, once: crypto.randomUUID() };
}

export async function action({ context, params, request }: ActionFunctionArgs) {
  const actor = actorOf(context, request);
  const ref = clusterOf(params);
  const { clusters } = context.services;
  const form = await formOf(request, clusterFormFieldsWith("basedOn"));
  demandKnownIntent(form);
  const view = await unwrap(clusters.editForm(actor, ref, textOf(form, "name")));
  const submission = parseWithZod(form, { schema: clusterFormSchema(editContext(view)) });
  if (asksForFormOnly(form)) return recalculatedReply(submission);
  if (submission.status !== "success") return invalidReply(submission);
  const outcome = await tryAction(
    once(context, request, form, (keyed) => clusters.edit(actor, ref, toSpecInput(submission.value), keyed, revisionOf(form))),
  );
  if ("problem" in outcome) return refusedReply(submission, outcome.problem);
  const { cluster, generatedKey, operation } = outcome.value;
  if (generatedKey === null) return redirect(operationPath(operation.id));
  return { lastResult: null, problem: null, made: { cluster: cluster.name, generatedKey, operationId: operation.id } };
}

export const meta: MetaFunction<typeof loader> = (page) => pageTitle(page, "edit", page.data?.view.cluster.name ?? "");

export default function EditClusterPage() {
  const answer = useActionData<typeof action>();
  const { view, once: onceKey } = useLoaderData<typeof loader>();
  useAnsweredForm(answer);
  if (answer?.made) return <GeneratedKeyPage {...answer.made} />;
  return (
    <EditClusterForm
      key={view.cluster.id}
      view={view}
      once={onceKey}
      lastResult={answer?.lastResult ?? null}
      problem={answer?.problem ?? null}
    />
  );
}
