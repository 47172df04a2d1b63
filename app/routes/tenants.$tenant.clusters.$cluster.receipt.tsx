/** What a teardown proved. */
import type { LoaderFunctionArgs, MetaFunction } from "@remix-run/node";
import { useLoaderData } from "@remix-run/react";
import { pageTitle } from "#app/components/shell/page-title.ts";
import { ReceiptPage } from "#app/components/operations/receipt-page.tsx";
import { actorOf, unwrap, clusterOf } from "./support/answers.server.ts";

export async function loader({ context, params, request }: LoaderFunctionArgs) {
  return await unwrap(context.services.clusters.receipt(actorOf(context, request), clusterOf(params)));
}

export const meta: MetaFunction<typeof loader> = (page) => pageTitle(page, "receipt", page.data?.cluster.name ?? "");

export default function ReceiptRoute() {
  return <ReceiptPage {...useLoaderData<typeof loader>()} />;
}
