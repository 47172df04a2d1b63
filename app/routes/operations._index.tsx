/** Everything that ran or runs, newest first; which of it stands in the address. */
import type { LoaderFunctionArgs, MetaFunction } from "@remix-run/node";
import { useLoaderData } from "@remix-run/react";
import { OperationList } from "#app/components/operations/operation-list.tsx";
import { pageTitle } from "#app/components/shell/page-title.ts";
import { isOperationFilter, statesOf } from "#app/domain/operation/operation.ts";
import { problemOf } from "#app/domain/problem.ts";
import type { OperationPage } from "#app/services/portal-lists.ts";
import { actorOf, unwrap } from "./support/answers.server.ts";

/** Of more tenants than these nobody chooses from a list. */
const mostChoices = 100;

export async function loader({ context, request }: LoaderFunctionArgs) {
  const actor = actorOf(context, request);
  const { before, state, tenant } = operationListRequest(request);
  const owners = await unwrap(context.services.tenants(actor, { limit: mostChoices }));
  const tenants = owners.next === null ? owners.tenants.map(({ slug }) => slug) : null;
  const filter = {
    ...(before === "" ? {} : { before }),
    ...(state === "" ? {} : { states: statesOf(state) }),
    ...(tenant === "" ? {} : { tenant }),
  };
  const page = await unwrap(emptyIfAbsent(context.services.operations.list(actor, filter), tenant));
  return { page, tenants, state, tenant };
}

const noOperations: OperationPage = { operations: [], total: 0, skipped: 0, next: null };

/** A tenant that is absent or another's has nothing to list: the page stays, and the name that was typed can be corrected. */
const emptyIfAbsent = (call: Promise<OperationPage>, tenant: string): Promise<OperationPage> =>
  call.catch((error: unknown) => {
    if (tenant !== "" && problemOf(error)?.code === "not-found") return noOperations;
    throw error;
  });

/** Empty: not narrowed. */
function operationListRequest(request: Request) {
  const { searchParams } = new URL(request.url);
  const state = searchParams.get("state");
  return {
    before: searchParams.get("before") ?? "",
    state: isOperationFilter(state) ? state : ("" as const),
    tenant: searchParams.get("tenant") ?? "",
  };
}

export const meta: MetaFunction = (page) => pageTitle(page, "operations");

export default function OperationsPage() {
  return <OperationList {...useLoaderData<typeof loader>()} />;
}
