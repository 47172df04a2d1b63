/** The node list by one HTTPS request with a client certificate; the server's is checked against the cluster's own authority. */
import type { IncomingMessage } from "node:http";
import { request } from "node:https";
import type { TLSSocket } from "node:tls";
import { z } from "zod";
import type { NodeSeen } from "#app/domain/drift/find-drift.ts";
import type { ApiAccess, ClusterNodes } from "#app/ports/cluster-nodes.ts";

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
  list: async (access) => {
    const { text, certificateEndsAt } = await ask(access, "/api/v1/nodes", timeoutMs);
    return { nodes: nodesOf(text), certificateEndsAt };
  },
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

interface Answer {
  readonly text: string;
  readonly certificateEndsAt: number | null;
}

async function ask({ host, port, caCert: ca, certificate: cert, privateKey: key }: ApiAccess, path: string, timeoutMs: number): Promise<Answer> {
  const doing = `asking the API server at ${host}:${port} for its nodes`;
  return await new Promise<Answer>((resolve, reject) => {
    const refuse = (why: string) => reject(new Error(`${doing}: ${why}`));
    const asked = request({ host, port, path, ca, cert, key, agent: false, signal: AbortSignal.timeout(timeoutMs) }, (response) => {
      const certificateEndsAt = endOf(response);
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (part: string) => {
        text += part;
        if (text.length > longest) asked.destroy(new Error("the answer is too long"));
      });
      response.on("error", (error) => refuse(error.message));
      response.on("end", () => (response.statusCode === 200 ? resolve({ text, certificateEndsAt }) : refuse(`it answered ${response.statusCode ?? "nothing"}`)));
    });
    asked.on("error", (error) => refuse(error.name === "AbortError" || error.name === "TimeoutError" ? `no answer within ${timeoutMs / 1000} s` : error.message));
    asked.end();
  });
}

function endOf({ socket }: IncomingMessage): number | null {
  const end = Date.parse((socket as TLSSocket).getPeerCertificate().valid_to);
  return Number.isNaN(end) ? null : end;
}
