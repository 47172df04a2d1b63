/** Finding anything by its name: the page behind the palette, which works without scripts as well. */
import type { LoaderFunctionArgs, MetaFunction } from "@remix-run/node";
import { useLoaderData } from "@remix-run/react";
import { pageTitle } from "#app/components/page-title.ts";
import { SearchPage } from "#app/components/palette/search-page.tsx";
import { actorOf, answered } from "./support/answers.server.ts";

const newest = 50;

export async function loader({ context, request }: LoaderFunctionArgs) {
  const actor = actorOf(context, request);
  const { services } = context;
  const tenants = await answered(services.tenants(actor));
  const clusters = (await Promise.all(tenants.map(({ slug }) => answered(services.clusters.list(actor, slug))))).flat();
  const { operations } = await answered(services.operations.list(actor, { limit: newest }));
  return {
    operator: actor.operator,
    tenants: tenants.map(({ slug, may }) => ({ slug, create: may.create })),
    clusters: clusters.map(({ tenant, name, state }) => ({ tenant, name, state })),
    operations: operations.map(({ id, tenant, cluster, purpose, state, requestedAt }) => ({ id, tenant, cluster, purpose, state, requestedAt })),
  };
}

export const meta: MetaFunction = (page) => pageTitle(page, "search");

export default function SearchRoute() {
  return <SearchPage findable={useLoaderData<typeof loader>()} />;
}
