/** The OpenAPI 3.1 document, made from the endpoints. */
import { extendZodWithOpenApi, OpenApiGeneratorV31, OpenAPIRegistry, type RouteConfig } from "@asteasolutions/zod-to-openapi";
import { z } from "zod";
import type { Endpoint } from "./endpoint.ts";

extendZodWithOpenApi(z);

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
  const key = z.object({ "Idempotency-Key": z.string().max(200).optional() });
  return {
    method: e.method,
    path: e.path.replace(/:(\w+)/g, "{$1}"),
    summary: e.summary,
    operationId: `${e.method}${e.path.replace(/\W+(\w)/g, (_, letter: string) => letter.toUpperCase())}`,
    request: {
      params: e.params,
      query: e.query,
      ...(e.method === "post" || e.method === "put" ? { headers: key } : {}),
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
