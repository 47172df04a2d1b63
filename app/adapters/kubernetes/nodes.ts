/** Nodes by HTTPS requests with a client certificate; the server's is checked against the cluster's own authority. */
import type { IncomingMessage } from "node:http";
import { request } from "node:https";
import type { TLSSocket } from "node:tls";
import { z } from "zod";
import { type Message, message, MessageError, reasonsOf } from "#app/domain/message/message.ts";
import type { NodeSeen } from "#app/domain/drift/find-drift.ts";
import type { ApiAccess, ClusterNodes } from "#app/ports/cluster-nodes.ts";

const nodesSchema = z.object({
  items: z.array(
    z.object({
      metadata: z.object({ name: z.string() }),
      spec: z.object({ unschedulable: z.boolean().default(false) }).default({ unschedulable: false }),
      status: z.object({ conditions: z.array(z.object({ type: z.string(), status: z.string() })).default([]) }),
    }),
  ),
});

/** `renewTime` is written by the node's kubelet, by the node's clock. */
const leasesSchema = z.object({
  items: z.array(
    z.object({
      metadata: z.object({ name: z.string() }),
      spec: z.object({ renewTime: z.iso.datetime({ offset: true }).nullish() }).nullish(),
    }),
  ),
});

const leasesPath = "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases";

export interface NodesOptions {
  /** For the whole answer. An emulated API server takes seconds. */
  readonly timeoutMs?: number;
  /** Epoch milliseconds of the host's clock. */
  readonly now?: () => number;
}

/** Longest answer that is read, in bytes: nodes list their images, so a few KiB each. */
const longest = 16 * 1024 * 1024;

export const kubernetesNodes = ({ timeoutMs = 20_000, now = Date.now }: NodesOptions = {}): ClusterNodes => ({
  list: async (access) => {
    const [nodes, leases] = await Promise.all([
      ask(access, { path: "/api/v1/nodes" }, timeoutMs),
      ask(access, { path: leasesPath }, timeoutMs),
    ]);
    return { nodes: nodesOf(access, nodes.text, renewals(access, leases.text), now()), certificateEndsAt: nodes.certificateEndsAt };
  },
  uncordon: async (access, node) => {
    await ask(access, { path: `/api/v1/nodes/${encodeURIComponent(node)}`, patch: { spec: { unschedulable: null } } }, timeoutMs);
  },
});

function nodesOf(access: ApiAccess, text: string, renewed: ReadonlyMap<string, number>, now: number): readonly NodeSeen[] {
  const read = nodesSchema.safeParse(readJson(text));
  if (!read.success) throw refusal(access, [message("answer-not-nodes")]);
  return read.data.items.map(({ metadata: { name }, spec, status }) => {
    const at = renewed.get(name);
    return {
      name,
      ready: readiness(status.conditions.find((c) => c.type === "Ready")?.status),
      schedulable: !spec.unschedulable,
      leaseAgeSeconds: at === undefined ? null : Math.round((now - at) / 1000),
    };
  });
}

/** Node name → when its lease was renewed, epoch milliseconds. */
function renewals(access: ApiAccess, text: string): ReadonlyMap<string, number> {
  const read = leasesSchema.safeParse(readJson(text));
  if (!read.success) throw refusal(access, [message("answer-not-leases")]);
  return new Map(
    read.data.items.flatMap(({ metadata, spec }) => (spec?.renewTime ? [[metadata.name, Date.parse(spec.renewTime)] as const] : [])),
  );
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

interface Question {
  readonly path: string;
  /** A merge patch; absent: the path is read. */
  readonly patch?: unknown;
}

interface Answer {
  readonly text: string;
  readonly certificateEndsAt: number | null;
}

const refusal = ({ host, port }: ApiAccess, why: readonly Message[]): MessageError =>
  new MessageError([message("asking-api-server", { address: `${host}:${port}` }), ...why]);

async function ask(access: ApiAccess, { path, patch }: Question, timeoutMs: number): Promise<Answer> {
  const { host, port, caCert: ca, certificate: cert, privateKey: key } = access;
  return await new Promise<Answer>((resolve, reject) => {
    const refuse = (why: readonly Message[]) => reject(refusal(access, why));
    const wanted = patch === undefined ? {} : { method: "PATCH", headers: { "content-type": "application/merge-patch+json" } };
    const asked = request(
      { ...wanted, host, port, path, ca, cert, key, agent: false, signal: AbortSignal.timeout(timeoutMs) },
      (response) => {
        const certificateEndsAt = endOf(response);
        let text = "";
        response.setEncoding("utf8");
        response.on("data", (part: string) => {
          text += part;
          if (text.length > longest) asked.destroy(new MessageError([message("answer-too-long")]));
        });
        response.on("error", (error) => refuse(whyNoAnswer(error, timeoutMs)));
        response.on("end", () =>
          response.statusCode === 200
            ? resolve({ text, certificateEndsAt })
            : refuse([message("answered-with", { status: response.statusCode ?? 0 })]),
        );
      },
    );
    asked.on("error", (error) => refuse(whyNoAnswer(error, timeoutMs)));
    asked.end(patch === undefined ? undefined : JSON.stringify(patch));
  });
}

const whyNoAnswer = (error: Error, timeoutMs: number): readonly Message[] =>
  error.name === "AbortError" || error.name === "TimeoutError" ? [message("no-answer", { seconds: timeoutMs / 1000 })] : reasonsOf(error);

function endOf({ socket }: IncomingMessage): number | null {
  const end = Date.parse((socket as TLSSocket).getPeerCertificate().valid_to);
  return Number.isNaN(end) ? null : end;
}
