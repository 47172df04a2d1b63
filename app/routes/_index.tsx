/** Clusters of one's tenants: what there is, what runs, what capacity is left. */
import type { LoaderFunctionArgs, MetaFunction } from "@remix-run/node";
import { useLoaderData } from "@remix-run/react";
import { Dashboard } from "#app/components/clusters/dashboard.tsx";
import { pageTitle } from "#app/components/shell/page-title.ts";
import { actorOf, unwrap } from "./support/answers.server.ts";
import { pageAsked } from "./support/list-pages.server.ts";

export async function loader({ context, request }: LoaderFunctionArgs) {
  const actor = actorOf(context, request);
  return { view: await unwrap(context.services.dashboard(actor, pageAsked(request, "after"))) };
}

export const meta: MetaFunction = (page) => pageTitle(page, "clusters");

export default function DashboardPage() {
  return <Dashboard view={useLoaderData<typeof loader>().view} />;
}
