/** What the portal's door refuses by itself, and what it lets through: host names, origins, spellings, bodies, forms. */
import { afterEach, expect, test } from "vitest";
import { password, type Rig, type RigOptions, type Someone, startRig } from "#tests/api/rig.ts";
import { pagesBuild } from "./pages-build.ts";
import { type RawAnswer, type RawRequest, send } from "./raw-request.ts";

let rig: Rig;
let ada: Someone;
afterEach(() => rig.close());

async function start(options: RigOptions = {}): Promise<void> {
  rig = await startRig({ build: pagesBuild, ...options });
  ada = await rig.person("ada");
}

const formType = "application/x-www-form-urlencoded";

interface Sent extends Partial<Omit<RawRequest, "headers" | "body">> {
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

function ask(target: string, { headers = {}, body = "", ...rest }: Sent = {}): Promise<RawAnswer> {
  const all = { Host: new URL(rig.url).host, Accept: "text/html", ...headers };
  const method = body === "" ? "GET" : "POST";
  return send(Number(new URL(rig.url).port), {
    method,
    target,
    framing: body === "" ? "none" : "length",
    headers: Object.entries(all),
    body: Buffer.from(body),
    ...rest,
  });
}

const post = (target: string, body: string, more: Sent = {}): Promise<RawAnswer> =>
  ask(target, { ...more, body, headers: { Origin: rig.url, "Content-Type": formType, ...more.headers } });

const locationOf = ({ text }: RawAnswer): string | undefined => /^location: (.*)$/im.exec(text)?.[1]?.trim();

test.each([
  ["berth.example.org", 200],
  ["berth.example.org:443", 200],
  ["BERTH.Example.Org", 200],
  ["berth.example.org:80", 421],
  ["berth.example.org.evil.example", 421],
  ["localhost:1", 200],
  ["[::1]:65535", 200],
  ["localhost:99999", 421],
  ["localhost:080x", 421],
  ["127.0.0.1@evil.example", 421],
  ["", 421],
])("with the public address https://berth.example.org, Host %j is answered with %d", async (host, status) => {
  await start({ site: "https://berth.example.org" });
  expect((await ask("/sign-in", { headers: { Host: host } })).status).toBe(status);
});

test("a form from a page of the same name without TLS is refused", async () => {
  await start({ site: "https://berth.example.org" });
  const from = async (origin: string, host: string) =>
    (await post("/sign-in", "name=ada&password=x", { headers: { Host: host, Origin: origin } })).status;
  expect(await from("http://berth.example.org", "berth.example.org")).toBe(403);
  expect(await from("https://berth.example.org", "berth.example.org")).toBe(401);
  expect(await from("https://berth.example.org", "berth.example.org:443")).toBe(401);
  expect(await from("https://berth.example.org:8443", "berth.example.org")).toBe(403);
  expect(await from("http://localhost:9000", "localhost:9000")).toBe(401);
  expect(await from("https://localhost:9000", "localhost:9000")).toBe(403);
});

test("forwarded headers of a stranger change neither the answer nor the address of a page", async () => {
  await start();
  const usual = await ask("/sign-in");
  for (const host of ["a:99999", "evil.example", ":", "%"]) {
    const answer = await ask("/sign-in", { headers: { "X-Forwarded-Host": host, "X-Forwarded-Proto": host, Forwarded: `host=${host}` } });
    expect([answer.status, answer.text.includes("evil.example")]).toEqual([usual.status, false]);
  }
});

test.each([
  ["/PEOPLE", "/people"],
  ["/%70eople", "/people"],
  ["//people", "/people"],
  ["/people/", "/people"],
  ["/People.data", "/people.data"],
  ["/tenants//ADA//clusters/NEW?x=%70", "/tenants/ADA/clusters/new?x=%70"],
  ["//evil.example/", null],
  ["/people.", null],
  ["/people%2e", null],
  ["/people%00", null],
  ["/people%2f", null],
  ["/sign-in/../people", null],
  ["/sign-in/%2e%2e/people", null],
  ["/people\\", null],
])("%s is led to its one spelling or to nothing, and shows nobody a page", async (target, location) => {
  await start();
  const [answer, written] = [await ask(target), await post(target, "intent=token&label=x", { headers: { Cookie: ada.cookie } })];
  if (location === null) expect([400, 404]).toContain(answer.status);
  else expect([answer.status, locationOf(answer)]).toEqual([308, location]);
  expect([400, 404]).toContain(written.status);
  expect(await rig.stores.people.tokens(ada.actor.personId, Date.now())).toHaveLength(1);
});

test("a body that is too large is refused by its announced length and by its counted bytes, signed in or not", async () => {
  await start();
  const body = `name=${"a".repeat(200_000)}`;
  for (const target of ["/sign-in", "/join/x", "/preferences"]) {
    for (const framing of ["length", "chunks"] as const) expect((await post(target, body, { framing })).status).toBe(413);
  }
  for (const framing of ["length", "chunks"] as const) {
    expect((await post("/tenants/ada/clusters/new", body, { framing, headers: { Cookie: ada.cookie } })).status).toBe(413);
    const answer = await ask("/api/v1/people/tokens", {
      body,
      framing,
      headers: { Authorization: `Bearer ${ada.token}`, "Content-Type": "application/json" },
    });
    expect([answer.status, answer.text.includes("urn:berth:problem:too-large")]).toEqual([413, true]);
  }
  const nobody = await ask("/api/v1/people/tokens", { body, headers: { "Content-Type": "application/json" } });
  expect(nobody.status).toBe(401);
});

test("the largest form that people send is read", async () => {
  await start();
  const key = encodeURIComponent(`ssh-ed25519 ${"é".repeat(19_000)}`);
  const answer = await post("/tenants/ada/clusters/new", `name=demo&sshKeyMode=paste&sshKey=${key}`, { headers: { Cookie: ada.cookie } });
  expect(answer.status).toBe(422);
});

test.each(["text/plain", "multipart/form-data; boundary=x", "application/json", "", "application/x-www-form-urlencoded-not"])(
  "a form of type %j is refused by its type",
  async (type) => {
    await start();
    expect((await post("/sign-in", "name=ada&password=x", { headers: { "Content-Type": type } })).status).toBe(415);
  },
);

test.each([
  "x[10000000]",
  "x[4294967290]",
  "name[99999999]",
  "__proto__.x",
  "constructor.prototype",
  "a.b.c.d",
  "__state__",
  "__intent__",
  "x]",
  "name%00",
])("a form with the field %s is refused by name, with a short answer", async (field) => {
  await start();
  for (const target of ["/tenants/ada/clusters/new", "/people", "/sign-in", "/preferences"]) {
    const answer = await post(target, `${field}=%7B`, { headers: { Cookie: ada.cookie } });
    expect(answer.status).toBe(422);
    expect(answer.bytes).toBeLessThan(30_000);
    expect(answer.text).not.toContain("undefined");
  }
});

test("a field that comes twice, or holds what cannot be stored, is named with its rule", async () => {
  await start();
  const page = async (body: string) => await post("/tenants/ada/clusters/new", body, { headers: { Cookie: ada.cookie } });
  expect((await page("name=a&name=b")).status).toBe(422);
  expect((await page("name=a%00b")).status).toBe(422);
});

test("JSON that is too deep, is none, or holds what cannot be stored is refused by name", async () => {
  await start();
  const json = (body: string) =>
    ask("/api/v1/people/tokens", { body, headers: { Authorization: `Bearer ${ada.token}`, "Content-Type": "application/json" } });
  for (const body of ["{", '{"label":', '"']) expect((await json(body)).status).toBe(400);
  expect((await json("[".repeat(60_000))).status).toBe(422);
  expect((await json(`${'{"a":'.repeat(40)}1${"}".repeat(40)}`)).text).toContain('"code":"field.deep"');
  for (const label of ["a\\u0000b", "\\ud800", "x\\udfff"]) {
    const answer = await json(`{"label":"${label}"}`);
    expect([answer.status, answer.text.includes('"field":"label"')]).toEqual([422, true]);
  }
  expect((await json('{"label":"[[[[[[[[[[[[[[[[[[[[[[[[ \\" {{{{{{{{{{{{{{{{{{{{"}')).status).toBe(201);
});

test("wrong passwords do not lock an account, and correct sign-ins do not use anything up", { timeout: 60_000 }, async () => {
  await start();
  const signIn = async (word: string) => (await post("/sign-in", `name=ada&password=${encodeURIComponent(word)}`)).status;
  for (let n = 0; n < 7; n += 1) expect(await signIn("wrong password")).toBe(401);
  expect(await signIn(password)).toBe(302);
  for (let n = 0; n < 100; n += 1) expect(await signIn(password)).toBe(302);
});

test("behind a trusted proxy each client is slowed down by itself", async () => {
  await start({
    trustedProxies: ["127.0.0.1"],
    limits: {
      pair: { free: 2, firstMs: 60_000, longestMs: 60_000, forgetMs: 600_000 },
      address: { free: 2, firstMs: 60_000, longestMs: 60_000, forgetMs: 600_000 },
      account: { free: 1_000, firstMs: 1, longestMs: 1, forgetMs: 1 },
      longestWaitMs: 0,
      mostWaiting: 1,
      mostKept: 100,
    },
  });
  const from = async (address: string, word: string) =>
    (await post("/sign-in", `name=ada&password=${encodeURIComponent(word)}`, { headers: { "X-Forwarded-For": address } })).status;
  expect([await from("192.0.2.1", "wrong"), await from("192.0.2.1", "wrong"), await from("192.0.2.1", password)]).toEqual([401, 401, 429]);
  expect(await from("192.0.2.2", password)).toBe(302);
  expect(await from("1.2.3.4, 192.0.2.1", password)).toBe(429);
});
