import { afterEach, expect, test } from "vitest";
import { defaultLimits } from "#app/adapters/auth/attempts.ts";
import { argon2Hasher } from "#app/adapters/auth/argon2.ts";
import { sessionCookie } from "#app/server/http/session-cookie.server.ts";
import { ask, password, type Rig, startRig } from "./rig.ts";

let rig: Rig;
afterEach(() => rig.close());

test("the first link makes an operator once, and is gone afterwards", async () => {
  rig = await startRig();
  const link = await rig.sessions.firstLink(null);
  expect(await rig.sessions.firstLink(link)).toBe(link);
  const opened = await rig.sessions.join(link ?? "", "ada", password, "here");
  expect((await rig.sessions.bySession(opened.secret))?.operator).toBe(true);
  await expect(rig.sessions.join(link ?? "", "eve", password, "here")).rejects.toMatchObject({ detail: { code: "link-over" } });
  expect(await rig.sessions.firstLink(link)).toBeNull();
});

test("an invitation makes an ordinary person with a tenant of their own", async () => {
  rig = await startRig();
  const operator = await rig.person("root", true);
  const { link } = await rig.services.people.invite(operator.actor, { operator: false });
  const { secret } = await rig.sessions.join(link.split("/").at(-1) ?? "", "ada", password, "here");
  const actor = await rig.sessions.bySession(secret);
  expect(actor).toMatchObject({ name: "ada", operator: false });
  expect(Object.values(actor?.memberships ?? {})).toEqual(["owner"]);
});

test("a wrong password and an unknown name are answered alike, and guessing is slowed down", async () => {
  rig = await startRig({ limits: { ...defaultLimits, pair: { free: 3, firstMs: 60_000, longestMs: 60_000, forgetMs: 600_000 } } });
  await rig.person("ada");
  const attempt = (name: string, word: string, address: string) =>
    rig.sessions.signIn(name, word, address).catch((error: { detail: unknown }) => error.detail);
  expect(await attempt("ada", "wrong", "a")).toEqual({ code: "wrong-credentials" });
  expect(await attempt("nobody", "wrong", "a")).toEqual({ code: "wrong-credentials" });
  await attempt("ada", "wrong", "a");
  await attempt("ada", "wrong", "a");
  expect(await attempt("ada", password, "a")).toMatchObject({ code: "too-many-attempts" });
  expect(await attempt("ada", password, "b")).toHaveProperty("secret");
});

test("a cookie works on the portal's own pages and nowhere else", async () => {
  rig = await startRig();
  const ada = await rig.person("ada");
  const post = (headers: Record<string, string>) =>
    ask(rig, "POST", "/api/v1/people/tokens", { cookie: ada.cookie, body: { label: "x" }, headers });
  expect((await post({})).status).toBe(403);
  expect((await post({ Origin: "https://evil.example" })).status).toBe(403);
  expect((await post({ Origin: "null" })).status).toBe(403);
  expect((await post({ Origin: rig.url, "Sec-Fetch-Site": "cross-site" })).status).toBe(403);
  expect((await post({ Origin: rig.url, Authorization: "Basic x" })).status).toBe(401);
  expect((await post({ Origin: rig.url })).status).toBe(201);
  expect((await ask(rig, "GET", "/api/v1/me", { cookie: ada.cookie })).json.name).toBe("ada");
});

test("a cookie with another signature is nobody's", async () => {
  rig = await startRig();
  const ada = await rig.person("ada");
  const forged =
    sessionCookie(Buffer.alloc(32, 8), "http://berth.test")
      .issue(ada.session, Date.now() + 1000)
      .split(";")[0] ?? "";
  expect((await ask(rig, "GET", "/api/v1/me", { cookie: forged })).status).toBe(401);
});

test("signing out ends the session itself, not only the cookie", async () => {
  rig = await startRig();
  const ada = await rig.person("ada");
  await rig.sessions.signOut(ada.session);
  expect((await ask(rig, "GET", "/api/v1/me", { cookie: ada.cookie })).status).toBe(401);
});

test("over TLS the cookie is bound to the host name", async () => {
  rig = await startRig();
  const set = sessionCookie(Buffer.alloc(32), "https://berth.example").issue("s", 0);
  expect(set).toMatch(/^__Host-berth=.*Path=\/; HttpOnly; SameSite=Lax; Secure$/);
});

test("foreign host names reach nothing", async () => {
  rig = await startRig();
  const { request } = await import("node:http");
  const status = await new Promise<number | undefined>((resolve, reject) => {
    const { hostname, port } = new URL(rig.url);
    request({ host: hostname, port, path: "/api/v1/me", headers: { host: "rebound.example" } }, (res) => resolve(res.resume().statusCode))
      .on("error", reject)
      .end();
  });
  expect(status).toBe(421);
});

test("whoever reads this machine's own token is an operator, until the portal ends", async () => {
  rig = await startRig();
  expect((await ask(rig, "GET", "/api/v1/me", { token: "berth_local_x" })).status).toBe(401);
  rig.sessions.acceptLocal("berth_local_x");
  expect((await ask(rig, "GET", "/api/v1/me", { token: "berth_local_x" })).json).toMatchObject({
    name: "local",
    operator: true,
    own: "local",
  });
  const tenant = await ask(rig, "POST", "/api/v1/tenants", { token: "berth_local_x", body: { slug: "local" } });
  expect(tenant.status).toBe(201);
  const made = await ask(rig, "POST", "/api/v1/tenants/local/clusters", { token: "berth_local_x", body: { name: "demo" } });
  expect(made.status).toBe(201);
});

test("names that mean something already are reserved, for people, tenants and clusters; an older tenant of such a name keeps working", async () => {
  rig = await startRig();
  const operator = await rig.person("mina", true);
  const { link } = await rig.services.people.invite(operator.actor, { operator: false });
  const join = (name: string) => rig.sessions.join(link.split("/").at(-1) ?? "", name, password, "here");
  for (const [name, code] of [
    ["local", "commandLine"],
    ["admin", "system"],
    ["kube-system", "kubernetes"],
    ["new", "address"],
  ] as const) {
    const issue = { field: "name", code: `reserved.${code}`, params: { value: name } };
    await expect(join(name)).rejects.toMatchObject({ detail: { code: "invalid", issues: [issue] } });
    const tenant = await ask(rig, "POST", "/api/v1/tenants", { token: operator.token, body: { slug: name } });
    expect([tenant.status, tenant.json.detail]).toEqual([422, expect.stringContaining(`“${name}” is reserved`)]);
  }
  const cluster = await ask(rig, "POST", "/api/v1/tenants/mina/clusters", { token: operator.token, body: { name: "new" } });
  expect([cluster.status, cluster.json.detail]).toEqual([422, expect.stringContaining("“new” is reserved")]);

  const older = await rig.person("local");
  expect((await ask(rig, "POST", "/api/v1/tenants/local/clusters", { token: older.token, body: { name: "demo" } })).status).toBe(201);
  expect((await ask(rig, "GET", "/api/v1/me", { token: older.token })).json.own).toBe("local");
  // Root's command line has no tenant of its own then, and is not led into somebody else's.
  rig.sessions.acceptLocal("berth_local_x");
  expect((await ask(rig, "GET", "/api/v1/me", { token: "berth_local_x" })).json.own).toBeNull();
});

test("no secret of a request reaches the portal's records", async () => {
  rig = await startRig();
  const ada = await rig.person("ada");
  await ask(rig, "GET", "/join/one-time-secret", { headers: { Accept: "text/html" } });
  await ask(rig, "GET", "/api/v1/me?token=query-secret", { token: ada.token, cookie: ada.cookie });
  const all = rig.records.join("\n");
  expect(all).toContain("/join/:secret");
  for (const secret of ["one-time-secret", "query-secret", ada.token, ada.session]) expect(all).not.toContain(secret);
});

test("passwords are kept as argon2id and nothing verifies without one", async () => {
  rig = await startRig();
  const hasher = argon2Hasher();
  const hash = await hasher.hash(password);
  expect(hash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
  expect(
    await Promise.all([hasher.verify(hash, password), hasher.verify(hash, "other"), hasher.verify(null, "nobody has this password")]),
  ).toEqual([true, false, false]);
});

test("an operator sees everybody and can shut a person out at once; nobody else can, and nobody themselves", async () => {
  rig = await startRig();
  const [root, ada] = [await rig.person("root", true), await rig.person("ada")];
  const listed = await ask(rig, "GET", "/api/v1/people", { token: root.token });
  const people = listed.json.people as readonly { id: string; name: string }[];
  expect(people.map((p) => p.name)).toEqual(["ada", "root"]);
  expect(listed.text).not.toMatch(/hash|secret|password/i);
  expect((await ask(rig, "GET", "/api/v1/people", { token: ada.token })).status).toBe(404);
  const shut = (who: string, by: string) => ask(rig, "POST", `/api/v1/people/${who}/disable`, { token: by });
  expect((await shut(root.actor.personId, ada.token)).status).toBe(403);
  expect(await shut(root.actor.personId, root.token)).toMatchObject({
    status: 409,
    json: { detail: "This is not possible for your own account.", state: "oneself" },
  });
  expect((await shut("nobody", root.token)).status).toBe(404);
  expect((await shut(ada.actor.personId, root.token)).status).toBe(204);
  expect((await ask(rig, "GET", "/api/v1/me", { token: ada.token })).status).toBe(401);
  expect((await ask(rig, "GET", "/api/v1/me", { cookie: ada.cookie })).status).toBe(401);
  await expect(rig.sessions.signIn("ada", password, "here")).rejects.toMatchObject({ detail: { code: "wrong-credentials" } });
  expect((await ask(rig, "POST", `/api/v1/people/${ada.actor.personId}/enable`, { token: root.token })).status).toBe(204);
  expect((await ask(rig, "GET", "/api/v1/me", { token: ada.token })).status).toBe(200);
});
