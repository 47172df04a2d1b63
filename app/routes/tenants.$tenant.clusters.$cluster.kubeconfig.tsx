/** The kubeconfig as a file. It opens the cluster, so no cache may keep it. */
import type { LoaderFunctionArgs } from "@remix-run/node";
import { actorOf, answered, clusterOf } from "./support/answers.server.ts";

export async function loader({ context, params, request }: LoaderFunctionArgs) {
  const ref = clusterOf(params);
  const use = new URL(request.url).searchParams.get("use") === "direct" ? "direct" : "outside";
  const text = await answered(context.services.clusters.kubeconfig(actorOf(context, request), ref, use));
  return new Response(text, {
    headers: {
      "Content-Type": "application/yaml; charset=utf-8",
      "Content-Disposition": `attachment; filename="${ref.tenant}.${ref.cluster}.kubeconfig"`,
      "Cache-Control": "no-store",
    },
  });
}
