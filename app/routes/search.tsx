/** Finding anything by its name: the page behind the palette, which works without scripts as well. */
import type { LoaderFunctionArgs, MetaFunction } from "@remix-run/node";
import { useLoaderData } from "@remix-run/react";
import { pageTitle } from "#app/components/shell/page-title.ts";
import { SearchPage } from "#app/components/palette/search-page.tsx";
import { actorOf, unwrap } from "./support/answers.server.ts";

export async function loader({ context, request }: LoaderFunctionArgs) {
  const text = new URL(request.url).searchParams.get("q")?.trim() ?? "";
  return { text, findable: await unwrap(context.services.search(actorOf(context, request), text)) };
}

export const meta: MetaFunction = (page) => pageTitle(page, "search");

export default function SearchRoute() {
  return <SearchPage findable={useLoaderData<typeof loader>().findable} />;
}
