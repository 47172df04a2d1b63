/** The OpenAPI 3.1 document, made from the endpoints. */
import { extendZodWithOpenApi, OpenApiGeneratorV31, OpenAPIRegistry, type RouteConfig } from "@asteasolutions/zod-to-openapi";
import { z } from "zod";
import type { Endpoint } from "./endpoint.ts";

extendZodWithOpenApi(z);

const keyText =
  "Sent again with the same key within 24 hours, the same request gives the first answer again and is not carried out twice. Another request with the key of this person is refused (422 key-reused). An answer that holds a secret is given again for one hour.";

const problem = z.looseObject({ type: z.string(), title: z.string(), status: z.number(), detail: z.string() });

export function openApiDocument(endpoints: readonly Endpoint[]): unknown {
  const registry = new OpenAPIRegistry();
  registry.registerComponent("securitySchemes", "token", { type: "http", scheme: "bearer" });
  for (const e of endpoints) registry.registerPath(pathOf(e));
  return new OpenApiGeneratorV31(registry.definitions).generateDocument({
    openapi: "3.1.0",
    info: { title: "Berth", version: "1", description: "Self-service Kubernetes clusters on your own machines." },
    servers: [{ url: "/api/v1" }],
    security: [{ token: [] }],
  });
}

function pathOf(e: Endpoint): RouteConfig {
  const key = z.object({ "Idempotency-Key": z.string().max(200).optional().describe(keyText) });
  return {
    method: e.method,
    path: e.path.replace(/:(\w+)/g, "{$1}"),
    summary: e.summary,
    operationId: `${e.method}${e.path.replace(/\W+(\w)/g, (_, letter: string) => letter.toUpperCase())}`,
    request: {
      params: e.params,
      query: e.query,
      ...(e.method !== "get" ? { headers: key } : {}),
      ...(e.described === null ? {} : { body: { content: { "application/json": { schema: e.described } }, required: true } }),
    },
    responses: {
      [e.status]: answerOf(e),
      default: { description: "A problem", content: { "application/problem+json": { schema: problem } } },
    },
  };
}

function answerOf(e: Endpoint): RouteConfig["responses"][string] {
  if (e.status === 204) return { description: "Done" };
  if (e.answer === "yaml") return { description: e.summary, content: { "application/yaml": { schema: z.string() } } };
  return { description: e.summary, content: { "application/json": { schema: e.answer } } };
}
