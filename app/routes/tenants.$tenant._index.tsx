/** One tenant: its clusters and what ran in it. */
import type { LoaderFunctionArgs, MetaFunction } from "@remix-run/node";
import { useLoaderData } from "@remix-run/react";
import { pageTitle } from "#app/components/shell/page-title.ts";
import { TenantPage } from "#app/components/people/tenant-page.tsx";
import { actorOf, unwrap } from "./support/answers.server.ts";
import { pageAsked } from "./support/list-pages.server.ts";

export async function loader({ context, params, request }: LoaderFunctionArgs) {
  const pages = { clusters: pageAsked(request, "after"), removed: pageAsked(request, "removedAfter") };
  return await unwrap(context.services.tenant(actorOf(context, request), params["tenant"] ?? "", pages));
}

export const meta: MetaFunction<typeof loader> = (page) => pageTitle(page, "object", page.data?.tenant.slug ?? "");

export default function TenantRoute() {
  return <TenantPage {...useLoaderData<typeof loader>()} />;
}
