/** Hostile requests: those that once did harm, and generators that make more of each kind. */
import fc from "fast-check";
import type { RawRequest } from "./raw-request.ts";

/** What a request needs to get past the first checks. */
export interface Attacker {
  readonly port: number;
  readonly cookie: string;
  readonly token: string;
  readonly tenant: string;
  /** Of an operation that this person may read. */
  readonly operation: string;
}

type Part = Partial<Omit<RawRequest, "body">> & { readonly body?: string | Buffer };

const formType = ["Content-Type", "application/x-www-form-urlencoded"] as const;
const jsonType = ["Content-Type", "application/json"] as const;

function request(who: Attacker, part: Part): RawRequest {
  const { method = "GET", target = "/", headers = [], body = "", framing = body.length > 0 ? "length" : "none" } = part;
  const host = headers.some(([name]) => name === "Host") ? [] : [["Host", `127.0.0.1:${who.port}`] as const];
  return { method, target, framing, headers: [...host, ...headers], body: typeof body === "string" ? Buffer.from(body) : body };
}

export const page = (who: Attacker, part: Part): RawRequest =>
  request(who, {
    ...part,
    headers: [["Accept", "text/html"], ["Cookie", who.cookie], ["Origin", `http://127.0.0.1:${who.port}`], ...(part.headers ?? [])],
  });

export const form = (who: Attacker, target: string, body: string | Buffer, headers: RawRequest["headers"] = [formType]): RawRequest =>
  page(who, { method: "POST", target, body, headers });

export const api = (
  who: Attacker,
  method: string,
  path: string,
  body: string | Buffer = "",
  headers: RawRequest["headers"] = [jsonType],
): RawRequest => request(who, { method, target: `/api/v1${path}`, body, headers: [["Authorization", `Bearer ${who.token}`], ...headers] });

/** Without an account. */
export const stranger = (who: Attacker, part: Part): RawRequest =>
  request(who, { ...part, headers: [["Accept", "text/html"], ["Origin", `http://127.0.0.1:${who.port}`], ...(part.headers ?? [])] });

const long = (bytes: number): Buffer => Buffer.alloc(bytes, "a");
const nested = (levels: number): string => "[".repeat(levels) + "]".repeat(levels);

/** Every request that was found to do harm, with near relatives. `paths`: places of each kind that are tried with each. */
export function knownRequests(who: Attacker): readonly RawRequest[] {
  const create = `/tenants/${who.tenant}/clusters/new`;
  const clusters = `/tenants/${who.tenant}/clusters`;
  const fields = [
    "x[10000000]",
    "x[4294967290]",
    "name[99999999]",
    "__proto__.x",
    "constructor.prototype.x",
    "__proto__[x]",
    `a${".a".repeat(5_000)}`,
    `a${"[0]".repeat(2_000)}`,
    "__state__",
    "__intent__",
    "__INTENT__",
    "x]",
    "%00",
    "name%00",
  ];
  const hosts = [
    "localhost:99999",
    "localhost:",
    "localhost:-1",
    "a b",
    "[::1",
    "127.0.0.1@evil.example",
    "127.0.0.1/x",
    "",
    "%00",
    "localhost:99999999999999999999",
  ];
  return [
    ...fields.flatMap((name) => [
      form(who, create, `${name}=%7B`),
      form(who, "/people", `intent=token&${name}=1`),
      form(who, "/sign-in", `${name}=%7B`),
    ]),
    form(who, create, Array.from({ length: 20_000 }, (_, i) => `a${i}=1`).join("&")),
    form(who, create, "name=a&".repeat(15_000)),
    ...[
      api(who, "POST", clusters, long(300_000)),
      form(who, create, long(300_000)),
      stranger(who, { method: "POST", target: "/sign-in", headers: [formType], body: long(2_000_000) }),
    ],
    stranger(who, { method: "POST", target: "/sign-in", headers: [formType], body: long(2_000_000), framing: "chunks" }),
    stranger(who, { method: "POST", target: "/preferences", headers: [formType], body: long(2_000_000) }),
    ...["text/plain", "multipart/form-data; boundary=x", "application/json", "", "x".repeat(5_000)].map((type) =>
      stranger(who, { method: "POST", target: "/sign-in", headers: [["Content-Type", type]], body: "name=a&password=b" }),
    ),
    ...hosts.flatMap((host) => [
      stranger(who, { headers: [["Host", host]], target: "/sign-in" }),
      page(who, { headers: [["Host", host]] }),
    ]),
    ...["a:99999", "evil.example", "a:b:c", ":", "%"].map((host) =>
      stranger(who, { headers: [["X-Forwarded-Host", host]], target: "/sign-in" }),
    ),
    ...[
      "{",
      "[",
      "{}",
      "null",
      "1e999",
      nested(60_000),
      `{"name":${nested(100)}}`,
      '{"name":"a\\u0000"}',
      '{"__proto__":{"x":1},"name":1}',
      '{"label":"\\ud800"}',
      '"',
      "\xff\xfe",
    ].flatMap((body) => [api(who, "POST", clusters, body), api(who, "POST", "/people/tokens", body)]),
    ...["gzip", "deflate", "br", "x"].map((encoding) =>
      api(who, "POST", "/people/tokens", long(1_000), [jsonType, ["Content-Encoding", encoding]]),
    ),
  ];
}

/** Text that each broke something once: a database, a parser or a terminal. */
export const hardestTexts = ["a\0b", "\ud800", "%00", "9".repeat(400)];

/** More of its kinds. */
export const strangeTexts = [
  ...hardestTexts,
  "\x1b[31m",
  "..",
  "__proto__",
  "\0",
  "a\0b",
  "\x01",
  "\x7f",
  "\x1b[31m",
  "\u0080",
  "\u2028",
  "\ufeff",
  "\u202e",
  "\ud800",
  "\udfff",
  "💥",
  "a\u0308",
  "..",
  ".",
  "%",
  "%00",
  "'",
  '"',
  "\\",
  "' OR 1=1 --",
  "$1",
  "{{x}}",
  "${x}",
  "<script>",
  "constructor",
  "__proto__",
  "-1",
  "1e9",
  "9".repeat(400),
  "a".repeat(5_000),
];

const escaped = (text: string): string => encodeURIComponent(text.toWellFormed());

/** Each strange text in each place of an address, a query, a form and a body. */
export function strangeRequests(who: Attacker, text: string): readonly RawRequest[] {
  const name = escaped(text);
  const own = `/tenants/${who.tenant}/clusters`;
  const places = [
    `/tenants/${name}`,
    `/tenants/${name}/clusters`,
    `${own}/${name}`,
    `${own}/${name}/edit`,
    `${own}/${name}/plans/1`,
    `${own}/${name}/revisions/1`,
    `${own}/x/plans/${name}`,
    `/operations/${name}`,
    `${own}/${name}/kubeconfig`,
    `${own}/${name}/receipt`,
    `${own}/${name}/drift`,
  ];
  const queries = [
    `/operations?before=${name}`,
    `/operations?tenant=${name}`,
    `/operations?state=${name}`,
    `/operations?${name}=1`,
    `/operations?limit=${name}`,
  ];
  const json = (fields: object): string => JSON.stringify(fields);
  return [
    ...[...places, ...queries].flatMap((path) => [page(who, { target: path }), api(who, "GET", path)]),
    ...[`/join/${name}`, `/sign-in?next=${name}`, `/search?q=${name}`, `/${name}`, `/assets/${name}`].map((target) =>
      stranger(who, { target }),
    ),
    api(who, "GET", `/operations/${name}/entries?after=0&wait=0`),
    api(who, "GET", `/operations/${who.operation}/entries?after=${name}`),
    ...[`/operations/${name}/cancel`, `/operations/${name}/resume`, `/people/${name}/disable`, `${own}/${name}/discard`].map((path) =>
      api(who, "POST", path),
    ),
    api(who, "DELETE", `/people/tokens/${name}`),
    api(who, "POST", "/people/tokens", json({ label: text })),
    api(who, "POST", "/tenants", json({ slug: text })),
    api(who, "POST", own, json({ name: text, kubernetesVersion: text, sshKey: text, sshKeyMode: "paste", podCidr: text })),
    api(who, "POST", own, json({ [text]: 1 })),
    api(who, "POST", `${own}/x/plans/1/approve`, json({ hash: text, typedName: text })),
    api(who, "POST", `${own}/x/preview`, json({ kind: text })),
    form(who, "/sign-in", `name=${name}&password=${name}&next=${name}`),
    form(who, "/join/x", `name=${name}&password=${name}`),
    form(who, "/preferences", `theme=${name}&language=${name}&returnTo=${name}`),
    form(who, "/people", `intent=token&label=${name}&days=${name}`),
    form(who, "/people", `intent=revoke&id=${name}`),
    form(who, `${own}/new`, `name=${name}&sshKey=${name}&sshKeyMode=paste&key=${name}`),
    stranger(who, { target: `/ws/operations/${name}`, headers: upgrade }),
  ];
}

export const upgrade: RawRequest["headers"] = [
  ["Connection", "Upgrade"],
  ["Upgrade", "websocket"],
  ["Sec-WebSocket-Version", "13"],
  ["Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="],
];

/** Any request of any kind. */
export function anyRequest(who: Attacker): fc.Arbitrary<RawRequest> {
  const raw = fc.oneof(fc.constantFrom(...strangeTexts), fc.string({ maxLength: 40, unit: "binary" }), fc.string({ maxLength: 200 }));
  const segment = raw.map(escaped);
  const fieldName = fc.oneof(
    segment,
    fc.constantFrom(
      "name",
      "workers",
      "sshKey",
      "intent",
      "key",
      "id",
      "hash",
      "label",
      "x[9999999]",
      "a.b.c",
      "__proto__.a",
      "__state__",
      "__intent__",
      "pools[0].name",
      "pools[0].remove",
      "pools[9].labels",
      "pools[10].name",
    ),
  );
  const formBody = fc
    .array(fc.tuple(fieldName, segment), { maxLength: 30 })
    .map((pairs) => pairs.map(([name, value]) => `${name}=${value}`).join("&"));
  const json = fc.oneof(
    fc.json({ maxDepth: 8 }),
    raw,
    fc
      .record(
        {
          name: fc.jsonValue(),
          workers: fc.jsonValue(),
          pools: fc.oneof(
            fc.jsonValue(),
            fc.array(fc.dictionary(fc.constantFrom("name", "labels", "taints", "remove", "count", "__proto__"), fc.jsonValue())),
          ),
          label: raw,
          days: fc.jsonValue(),
          kind: raw,
        },
        { requiredKeys: [] },
      )
      .map((body) => JSON.stringify(body)),
  );
  const own = `/tenants/${who.tenant}/clusters`;
  const pagePath = fc.oneof(
    fc.constantFrom(
      "/",
      "/people",
      "/PEOPLE",
      "/%70eople",
      "//people",
      "/people/",
      "/people.",
      "/people.data",
      "/sign-in",
      "/preferences",
      "/search",
      "/operations",
      "/setup",
      `${own}/new`,
      `${own}/x/edit`,
      "/__manifest?p=/a",
      "/healthz",
      "/favicon.ico",
    ),
    fc.array(segment, { maxLength: 6 }).map((parts) => `/${parts.join("/")}`),
    fc
      .tuple(fc.constantFrom("/operations?", "/search?q=", "/sign-in?next=", "/people.data?_routes="), segment)
      .map(([path, text]) => path + text),
  );
  const apiPath = fc.oneof(
    fc.constantFrom(
      "/me",
      "/",
      "/people/tokens",
      own,
      `${own}/x`,
      `${own}/x/preview`,
      "/operations",
      `/operations/${who.operation}/entries`,
    ),
    fc.array(segment, { maxLength: 5 }).map((parts) => `/${parts.join("/")}`),
  );
  const latin = fc.string({
    maxLength: 60,
    unit: fc
      .integer({ min: 0x20, max: 0xff })
      .filter((code) => code !== 0x7f)
      .map((code) => String.fromCharCode(code)),
  });
  const header = fc.tuple(
    fc.constantFrom(
      "Host",
      "X-Forwarded-Host",
      "X-Forwarded-For",
      "X-Forwarded-Proto",
      "Origin",
      "Cookie",
      "Authorization",
      "Accept",
      "Accept-Language",
      "Content-Type",
      "Idempotency-Key",
      "Range",
      "If-None-Match",
      "Expect",
      "X-Remix-Revalidate",
      "Sec-Fetch-Site",
    ),
    latin,
  );
  const method = fc.constantFrom("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND");
  const framing = fc.constantFrom("length", "length", "length", "chunks", "cut");
  const withBody = (made: fc.Arbitrary<RawRequest>): fc.Arbitrary<RawRequest> =>
    fc.tuple(made, framing).map(([one, kind]) => (one.body.length === 0 ? one : { ...one, framing: kind as RawRequest["framing"] }));
  return fc.oneof(
    withBody(
      fc
        .tuple(
          fc.constantFrom(
            "/sign-in",
            "/people",
            "/preferences",
            "/join/x",
            `${own}/new`,
            `${own}/x/edit`,
            `${own}/x/drift`,
            "/operations/x",
          ),
          formBody,
        )
        .map(([target, body]) => form(who, target, body)),
    ),
    withBody(fc.tuple(method, apiPath, json).map(([verb, path, body]) => api(who, verb, path, body))),
    fc
      .tuple(method, pagePath, fc.array(header, { maxLength: 4 }))
      .map(([verb, target, headers]) => page(who, { method: verb, target, headers })),
    fc.tuple(pagePath, fc.array(header, { maxLength: 8 })).map(([target, headers]) => stranger(who, { target, headers })),
    fc
      .tuple(segment, fc.array(header, { maxLength: 3 }), fc.boolean())
      .map(([id, headers, real]) =>
        stranger(who, { target: `/ws/operations/${real ? who.operation : id}`, headers: [...upgrade, ...headers] }),
      ),
    fc
      .integer({ min: 1, max: 400_000 })
      .map((bytes) => stranger(who, { method: "POST", target: "/sign-in", headers: [formType], body: long(bytes) })),
  );
}
