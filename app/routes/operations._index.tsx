/** Everything that ran or runs, newest first. */
import type { LoaderFunctionArgs, MetaFunction } from "@remix-run/node";
import { useLoaderData } from "@remix-run/react";
import { OperationList } from "#app/components/operation-list.tsx";
import { pageTitle } from "#app/components/page-title.ts";
import { actorOf, answered } from "./support/answers.server.ts";

const pageSize = 50;

export async function loader({ context, request }: LoaderFunctionArgs) {
  const before = new URL(request.url).searchParams.get("before");
  const filter = { limit: pageSize, ...(before === null ? {} : { before }) };
  const operations = await answered(context.services.operations.list(actorOf(context, request), filter));
  return { operations, older: operations.length === pageSize ? (operations.at(-1)?.id ?? null) : null };
}

export const meta: MetaFunction = (page) => pageTitle(page, "operations");

export default function OperationsPage() {
  return <OperationList {...useLoaderData<typeof loader>()} />;
}
