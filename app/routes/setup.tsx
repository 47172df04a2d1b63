/** What Berth prepares on this machine, step by step; for operators. */
import type { LoaderFunctionArgs, MetaFunction } from "@remix-run/node";
import { useLoaderData } from "@remix-run/react";
import { pageTitle } from "#app/components/shell/page-title.ts";
import { SetupOverview } from "#app/components/hosts/setup-overview.tsx";
import { actorOf, unwrap } from "./support/answers.server.ts";

export async function loader({ context, request }: LoaderFunctionArgs) {
  return await unwrap(context.services.setup(actorOf(context, request)));
}

export const meta: MetaFunction = (page) => pageTitle(page, "setup");

export default function SetupPage() {
  return <SetupOverview {...useLoaderData<typeof loader>()} />;
}
