/** Every endpoint is tried by nobody, by a stranger and with nonsense; none is left out, because the list is the API itself. */
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Endpoint } from "#app/server/api/endpoint.ts";
import { endpoints } from "#app/server/api/endpoints.ts";
import { can, ofTenant, thePortal } from "#app/domain/access.ts";
import { ask, makeCluster, type Rig, type Someone, startRig } from "./rig.ts";

let rig: Rig;
let ada: Someone;
let bob: Someone;
let operation: string;

beforeAll(async () => {
  rig = await startRig();
  ada = await rig.person("ada");
  bob = await rig.person("bob");
  operation = await makeCluster(rig, ada, "demo");
  await rig.plan("demo", "ada");
});

afterAll(() => rig.close());

const adasPath = (e: Endpoint) => {
  const values: Record<string, string> = { ":tenant": "ada", ":cluster": "demo", ":number": "1", ":id": operation };
  return `/api/v1${e.path.replace(/:\w+/g, (name) => values[name] ?? name)}`;
};
const bodyFor = (e: Endpoint) =>
  e.method === "get" || e.method === "delete"
    ? {}
    : {
        body: e.path.endsWith("/tokens")
          ? { label: "x" }
          : e.path === "/tenants"
            ? { slug: "x" }
            : e.path.endsWith("/approve")
              ? { hash: "h" }
              : e.path.endsWith("/adopt")
                ? { id: "x" }
                : e.path.endsWith("/ignore")
                  ? { id: "x", days: 1 }
                  : e.path.endsWith("/power")
                    ? { power: "saved" }
                    : e.path.endsWith("/power-hours")
                      ? { hours: null }
                      : {},
      };

test.each(endpoints.map((e) => [`${e.method} ${e.path}`, e] as const))("%s is closed to nobody", async (_, e) => {
  expect((await ask(rig, e.method.toUpperCase(), adasPath(e), bodyFor(e))).status).toBe(401);
});

test.each(endpoints.filter((e) => /:tenant|operations\/:id/.test(e.path)).map((e) => [`${e.method} ${e.path}`, e] as const))(
  "%s is not there for a stranger",
  async (_, e) => {
    const answer = await ask(rig, e.method.toUpperCase(), adasPath(e), { token: bob.token, ...bodyFor(e) });
    expect([answer.status, answer.json.type]).toEqual([404, "urn:berth:problem:not-found"]);
  },
);

test.each(endpoints.filter((e) => !can(null, e.verb, thePortal)).map((e) => [`${e.method} ${e.path}`, e] as const))(
  "%s has a verb that fits its object",
  (_, e) => {
    const everybody = { personId: "x", name: "x", operator: true, memberships: {} };
    const aboutTenant = /:tenant/.test(e.path) || e.path.startsWith("/operations/:id");
    expect([can(everybody, e.verb, ofTenant("t")), can(everybody, e.verb, thePortal)]).toEqual([aboutTenant, !aboutTenant]);
  },
);

const anyValue = fc.oneof(
  fc.string({ maxLength: 40 }),
  fc.integer(),
  fc.double(),
  fc.boolean(),
  fc.constant(null),
  fc.array(fc.string(), { maxLength: 3 }),
  fc.object({ maxDepth: 2 }),
);
const fieldNames = [
  "name",
  "workers",
  "diskGiB",
  "pools",
  "controlPlaneDiskGiB",
  "sshKey",
  "sshKeyMode",
  "podCidr",
  "serviceCidr",
  "kubernetesVersion",
  "controlPlaneSize",
  "controlPlaneVcpus",
  "kind",
  "hash",
  "typedName",
  "slug",
  "label",
  "days",
  "operator",
  "__proto__",
  "constructor",
];
const anyBody = fc.oneof(anyValue, fc.dictionary(fc.constantFrom(...fieldNames), anyValue));
const anySegment = fc.oneof(
  fc.string({ maxLength: 20 }),
  fc.constantFrom("ada", "demo", "..", "%", "%00", "%E0%A4%A", "new", "1", "-1", "9".repeat(30), "a".repeat(3000)),
);

test("nonsense is always the caller's fault, never the portal's", async () => {
  const anyPath = fc.tuple(fc.constantFrom(...endpoints), fc.infiniteStream(anySegment)).map(([e, segments]) => ({
    method: e.method.toUpperCase(),
    path: `/api/v1${e.path.replace(/:\w+/g, () => safe(segments.next().value))}`,
  }));
  await fc.assert(
    fc.asyncProperty(
      anyPath,
      anyBody,
      fc.dictionary(fc.constantFrom("after", "limit", "wait", "use", "before", "tenant"), fc.string({ maxLength: 10 }), { maxKeys: 2 }),
      async ({ method, path }, body, query) => {
        const text = new URLSearchParams({ ...query, wait: "0" }).toString();
        const answer = await ask(rig, method, `${path}?${text}`, { token: ada.token, ...(method === "GET" ? {} : { body }) });
        expect(answer.status, `${method} ${path} ${JSON.stringify(body)}: ${answer.text}`).toBeLessThan(500);
      },
    ),
    { numRuns: 400 },
  );
});

/** Percent signs stay as they are in half of the cases: a broken escape is nonsense, too. */
const safe = (segment: string): string => (/^%/.test(segment) ? segment : encodeURIComponent(segment)) || "-";

test("a broken body is told apart from a broken portal", async () => {
  const post = (body: string, type = "application/json") =>
    ask(rig, "POST", "/api/v1/tenants/ada/clusters", { token: ada.token, body, headers: { "Content-Type": type } });
  expect((await post("{")).status).toBe(400);
  expect((await post(`{"name":"${"x".repeat(300_000)}"}`)).status).toBe(413);
  expect((await post("name=demo", "application/x-www-form-urlencoded")).status).toBe(415);
  expect((await ask(rig, "PATCH", "/api/v1/images", { token: ada.token })).status).toBe(405);
});

test("the document describes every endpoint", async () => {
  const { json } = await ask(rig, "GET", "/api/v1/openapi.json");
  expect(json.openapi).toBe("3.1.0");
  const paths = json.paths as Record<string, Record<string, unknown>>;
  const described = Object.entries(paths).flatMap(([path, methods]) => Object.keys(methods).map((m) => `${m} ${path}`));
  expect(described.sort()).toEqual(endpoints.map((e) => `${e.method} ${e.path.replace(/:(\w+)/g, "{$1}")}`).sort());
});
