/** The kubeconfig as a file. It opens the cluster, so no cache may keep it. */
import { redirect, type LoaderFunctionArgs } from "@remix-run/node";
import { clusterPath } from "#app/components/shell/paths.ts";
import { actorOf, tryAction, clusterOf, refused } from "./support/answers.server.ts";

export async function loader({ context, params, request }: LoaderFunctionArgs) {
  const ref = clusterOf(params);
  const use = new URL(request.url).searchParams.get("use") === "direct" ? "direct" : "outside";
  const outcome = await tryAction(context.services.clusters.kubeconfig(actorOf(context, request), ref, use));
  // The cluster's page names the port and what is in the way.
  if ("problem" in outcome && outcome.problem.code === "port-not-published")
    return redirect(clusterPath({ tenant: ref.tenant, name: ref.cluster }));
  if ("problem" in outcome) throw refused(outcome.problem);
  return new Response(outcome.value, {
    headers: {
      "Content-Type": "application/yaml; charset=utf-8",
      "Content-Disposition": `attachment; filename="${ref.tenant}.${ref.cluster}.kubeconfig"`,
      "Cache-Control": "no-store",
    },
  });
}
