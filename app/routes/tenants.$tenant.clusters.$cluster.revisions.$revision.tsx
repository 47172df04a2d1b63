/** One revision of the specification, compared with the one before. */
import type { LoaderFunctionArgs, MetaFunction } from "@remix-run/node";
import { useLoaderData } from "@remix-run/react";
import { pageTitle } from "#app/components/shell/page-title.ts";
import { RevisionPage } from "#app/components/clusters/revision-page.tsx";
import { actorOf, unwrap, clusterOf, numberOf } from "./support/answers.server.ts";

export async function loader({ context, params, request }: LoaderFunctionArgs) {
  const actor = actorOf(context, request);
  return { view: await unwrap(context.services.clusters.revision(actor, clusterOf(params), numberOf(params["revision"]))) };
}

export const meta: MetaFunction<typeof loader> = (page) => pageTitle(page, "revision", page.data?.view.cluster.name ?? "");

export default function RevisionRoute() {
  return <RevisionPage view={useLoaderData<typeof loader>().view} />;
}
