/** The node list by one HTTPS request with the kubeconfig's client certificate; the server's is checked against its CA. */
import { request } from "node:https";
import { parse } from "yaml";
import { z } from "zod";
import type { NodeSeen } from "#app/domain/drift/find-drift.ts";
import type { ClusterNodes } from "#app/ports/cluster-nodes.ts";

const base64 = z.string().transform((text) => Buffer.from(text, "base64"));
const kubeconfigSchema = z.object({
  clusters: z.array(z.object({ cluster: z.object({ server: z.url(), "certificate-authority-data": base64 }) })).min(1),
  users: z.array(z.object({ user: z.object({ "client-certificate-data": base64, "client-key-data": base64 }) })).min(1),
});

const nodesSchema = z.object({
  items: z.array(
    z.object({
      metadata: z.object({ name: z.string() }),
      status: z.object({ conditions: z.array(z.object({ type: z.string(), status: z.string() })).default([]) }),
    }),
  ),
});

export interface NodesOptions {
  /** For the whole answer. An emulated API server takes seconds. */
  readonly timeoutMs?: number;
}

/** Longest answer that is read, in bytes: nodes list their images, so a few KiB each. */
const longest = 16 * 1024 * 1024;

export const kubernetesNodes = ({ timeoutMs = 20_000 }: NodesOptions = {}): ClusterNodes => ({
  list: async (kubeconfig) => nodesOf(await ask(kubeconfig, "/api/v1/nodes", timeoutMs)),
});

function nodesOf(text: string): readonly NodeSeen[] {
  const read = nodesSchema.safeParse(readJson(text));
  if (!read.success) throw new Error("asking the API server for its nodes: the answer is no list of nodes");
  return read.data.items.map(({ metadata, status }) => ({ name: metadata.name, ready: readiness(status.conditions.find((c) => c.type === "Ready")?.status) }));
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function readiness(status: string | undefined): NodeSeen["ready"] {
  if (status === "True") return "true";
  return status === "False" ? "false" : "unknown";
}

function access(kubeconfig: string) {
  const read = kubeconfigSchema.safeParse(parseYaml(kubeconfig));
  const [cluster, user] = read.success ? [read.data.clusters[0]?.cluster, read.data.users[0]?.user] : [];
  if (!cluster || !user) throw new Error("asking the API server for its nodes: the kubeconfig has no server or no client certificate");
  return { server: cluster.server, ca: cluster["certificate-authority-data"], cert: user["client-certificate-data"], key: user["client-key-data"] };
}

function parseYaml(text: string): unknown {
  try {
    return parse(text);
  } catch {
    return null;
  }
}

async function ask(kubeconfig: string, path: string, timeoutMs: number): Promise<string> {
  const { server, ca, cert, key } = access(kubeconfig);
  const doing = `asking the API server at ${server} for its nodes`;
  return await new Promise<string>((resolve, reject) => {
    const refuse = (why: string) => reject(new Error(`${doing}: ${why}`));
    const asked = request(new URL(path, server), { ca, cert, key, agent: false, signal: AbortSignal.timeout(timeoutMs) }, (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (part: string) => {
        text += part;
        if (text.length > longest) asked.destroy(new Error("the answer is too long"));
      });
      response.on("error", (error) => refuse(error.message));
      response.on("end", () => (response.statusCode === 200 ? resolve(text) : refuse(`it answered ${response.statusCode ?? "nothing"}`)));
    });
    asked.on("error", (error) => refuse(error.name === "AbortError" || error.name === "TimeoutError" ? `no answer within ${timeoutMs / 1000} s` : error.message));
    asked.end();
  });
}
