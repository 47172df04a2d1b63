/** One cluster: access, nodes, specification, history, and its end. */
import { redirect, type ActionFunctionArgs, type LoaderFunctionArgs, type MetaFunction } from "@remix-run/node";
import { useActionData, useLoaderData } from "@remix-run/react";
import { ClusterPage } from "#app/components/clusters/cluster-page.tsx";
import { planKindFrom } from "#app/domain/operation/kinds.ts";
import { pageTitle } from "#app/components/shell/page-title.ts";
import { clusterPath, operationPath, tenantPath } from "#app/components/shell/paths.ts";
import type { Power } from "#app/domain/cluster/spec.ts";
import type { KeyedRequest } from "#app/services/idempotent-requests.ts";
import { actorOf, unwrap, tryAction, clusterOf, once, refused, textOf } from "./support/answers.server.ts";
import { discardedHeaders } from "./support/flash.server.ts";
import { formOf, onceKeyField } from "./support/forms.server.ts";
import { numberAsked } from "./support/list-pages.server.ts";

export async function loader({ context, params, request }: LoaderFunctionArgs) {
  const [plansBefore, revisionsBefore] = [numberAsked(request, "plansBefore"), numberAsked(request, "revisionsBefore")];
  const history = { ...(plansBefore === undefined ? {} : { plansBefore }), ...(revisionsBefore === undefined ? {} : { revisionsBefore }) };
  // `machines` is a promise: what libvirt says is sent when it has answered.
  return {
    ...(await unwrap(context.services.clusters.page(actorOf(context, request), clusterOf(params), history))),
    once: crypto.randomUUID(),
  };
}

export async function action({ context, params, request }: ActionFunctionArgs) {
  const actor = actorOf(context, request);
  const form = await formOf(request, { once: ["intent", "planKind", "hours", onceKeyField] });
  const intent = textOf(form, "intent");
  const outcome = await tryAction(once(context, request, form, (keyed) => intended(keyed)));
  return "problem" in outcome
    ? refused(outcome.problem)
    : redirect(outcome.value, intent === "discard" ? discardedHeaders(outcome.value, params) : {});

  function intended(keyed: KeyedRequest | null): Promise<string> {
    if (intent === "discard") return discard();
    if (intent === "save" || intent === "wake") return setPower(intent === "save" ? "saved" : "on", keyed);
    if (intent === "hours") return setHours(keyed);
    return intent === "renew-certificates" ? renew(keyed) : preview(keyed);
  }
  async function setHours(keyed: KeyedRequest | null): Promise<string> {
    const hours = textOf(form, "hours").trim();
    return operationPath((await context.services.clusters.setPowerHours(actor, clusterOf(params), hours === "" ? null : hours, keyed)).id);
  }
  async function setPower(power: Power, keyed: KeyedRequest | null): Promise<string> {
    return operationPath((await context.services.clusters.setPower(actor, clusterOf(params), power, keyed)).id);
  }
  async function renew(keyed: KeyedRequest | null): Promise<string> {
    return operationPath((await context.services.clusters.renewCertificates(actor, clusterOf(params), keyed)).id);
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

export const meta: MetaFunction<typeof loader> = (page) => pageTitle(page, "object", page.data?.view.summary.name ?? "");

export default function ClusterRoute() {
  const page = useLoaderData<typeof loader>();
  // A cluster may be removed and another one made with its name while the page is open.
  return <ClusterPage key={page.view.summary.id} {...page} problem={useActionData<typeof action>()?.problem ?? null} />;
}
