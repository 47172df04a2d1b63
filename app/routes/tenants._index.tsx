/** Tenants that one may see; an operator sees all. */
import type { LoaderFunctionArgs, MetaFunction } from "@remix-run/node";
import { useLoaderData } from "@remix-run/react";
import { pageTitle } from "#app/components/shell/page-title.ts";
import { TenantList } from "#app/components/people/tenant-list.tsx";
import { actorOf, unwrap } from "./support/answers.server.ts";
import { pageAsked } from "./support/list-pages.server.ts";

export async function loader({ context, request }: LoaderFunctionArgs) {
  const query = new URL(request.url).searchParams.get("q") ?? "";
  return { page: await unwrap(context.services.tenants(actorOf(context, request), { ...pageAsked(request, "after"), query })), query };
}

export const meta: MetaFunction = (page) => pageTitle(page, "tenants");

export default function TenantsRoute() {
  return <TenantList {...useLoaderData<typeof loader>()} />;
}
