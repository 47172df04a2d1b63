import { reported } from "#app/domain/message/message.ts";
import { afterAll, beforeAll, expect, test } from "vitest";
import { allClusters } from "#tests/contract/fixtures.ts";
import { type Answer, ask, makeCluster, type Rig, type Someone, startRig } from "./rig.ts";

let rig: Rig;
let ada: Someone;
let bob: Someone;
let operator: Someone;

beforeAll(async () => {
  rig = await startRig();
  ada = await rig.person("ada");
  bob = await rig.person("bob");
  operator = await rig.person("root", true);
});

afterAll(() => rig.close());

test("a person creates a cluster, sees its decided spec, and its preview is queued", async () => {
  const made = await ask(rig, "POST", "/api/v1/tenants/ada/clusters", { token: ada.token, body: { name: "demo", workers: 2 } });
  expect(made.status).toBe(201);
  expect(made.json.operation).toMatchObject({ kind: "preview", state: "queued", tenant: "ada", cluster: "demo" });
  const seen = await ask(rig, "GET", "/api/v1/tenants/ada/clusters/demo", { token: ada.token });
  expect(seen.json.summary).toMatchObject({ name: "demo", state: "draft", workers: 2, kubernetesVersion: "1.35.4" });
  expect((seen.json.nodes as { name: string }[]).map((n) => n.name)).toEqual(["cp0", "w1", "w2"]);
});

test("a list says what lives of a cluster and what its newest revision plans", async () => {
  const preview = await makeCluster(rig, ada, "growing");
  const summary = async () => (await rig.services.clusters.list(ada.actor, { tenant: "ada" })).clusters.find((c) => c.name === "growing");
  expect(await summary()).toMatchObject({ workers: 1, live: null });
  const { id } = (await summary()) ?? expect.fail();
  await rig.stores.operations.requestCancel(preview, "ada", Date.now());
  await rig.stores.clusters.setLiveRevision(id, 1);
  await rig.stores.clusters.setState(id, "ready", Date.now());
  expect(await summary()).toMatchObject({ workers: 1, live: { workers: 1 } });
  const edited = await ask(rig, "PUT", "/api/v1/tenants/ada/clusters/growing", { token: ada.token, body: { workers: 2 } });
  expect(edited.status).toBe(201);
  await rig.stores.operations.requestCancel((edited.json.operation as { id: string }).id, "ada", Date.now());
  const { live, vcpus } = (await summary()) ?? expect.fail();
  expect(live).toMatchObject({ workers: 1 });
  expect(live?.vcpus).toBeLessThan(vcpus);
});

test("somebody else's cluster answers byte for byte like one that does not exist", async () => {
  await makeCluster(rig, ada, "mine");
  for (const [method, tail] of [
    ["GET", ""],
    ["GET", "/kubeconfig"],
    ["GET", "/plans/1"],
    ["GET", "/revisions/1"],
    ["GET", "/receipt"],
    ["POST", "/discard"],
  ] as const) {
    const foreign = await ask(rig, method, `/api/v1/tenants/ada/clusters/mine${tail}`, { token: bob.token });
    const absent = await ask(rig, method, `/api/v1/tenants/nobody/clusters/mine${tail}`, { token: bob.token });
    const missing = await ask(rig, method, `/api/v1/tenants/bob/clusters/mine${tail}`, { token: bob.token });
    expect([foreign.status, foreign.text]).toEqual([404, absent.text]);
    expect(missing.text).toBe(absent.text);
  }
});

test("somebody else's operation answers like one that does not exist", async () => {
  const id = await makeCluster(rig, ada, "secret");
  const foreign = await ask(rig, "GET", `/api/v1/operations/${id}`, { token: bob.token });
  const absent = await ask(rig, "GET", "/api/v1/operations/00000000-0000-7000-8000-000000000000", { token: bob.token });
  expect([foreign.status, foreign.text]).toEqual([404, absent.text]);
  expect((await ask(rig, "POST", `/api/v1/operations/${id}/cancel`, { token: bob.token })).status).toBe(404);
  expect((await ask(rig, "GET", `/api/v1/operations/${id}`, { token: operator.token })).status).toBe(200);
});

test("the same key creates one cluster, whatever was lost on the way; another body is refused", async () => {
  const send = (workers: number) =>
    ask(rig, "POST", "/api/v1/tenants/ada/clusters", {
      token: ada.token,
      headers: { "Idempotency-Key": "k-1" },
      body: { name: "once", workers },
    });
  const answers = await Promise.all([send(1), send(1), send(1)]);
  const done = answers.filter((a) => a.status === 201);
  expect(done.length).toBeGreaterThan(0);
  const again = await send(1);
  expect(again.status).toBe(201);
  expect(new Set([...done, again].map((a) => (a.json.operation as { id: string }).id)).size).toBe(1);
  expect((await send(2)).json.type).toBe("urn:berth:problem:key-reused");
});

test("two people may use the same name; one person may not", async () => {
  await makeCluster(rig, ada, "same");
  await makeCluster(rig, bob, "same");
  const second = await ask(rig, "POST", "/api/v1/tenants/ada/clusters", { token: ada.token, body: { name: "same" } });
  expect(second.status).toBe(422);
  expect(second.json.issues).toMatchObject([{ field: "name", code: "name.taken", params: { value: "same" } }]);
});

test("a wrong value is answered with its field, its value and its rule", async () => {
  const bad = await ask(rig, "POST", "/api/v1/tenants/ada/clusters", {
    token: ada.token,
    body: { name: "Not A Name", workers: 999, worker: 3 },
  });
  expect(bad.status).toBe(422);
  expect(bad.headers.get("content-type")).toContain("application/problem+json");
  expect(bad.json.issues).toEqual(
    expect.arrayContaining([
      expect.objectContaining({ field: "name", code: "name.label", params: expect.objectContaining({ value: "Not A Name" }) }),
      expect.objectContaining({ field: "workers", code: "workers.range", params: expect.objectContaining({ value: 999 }) }),
      expect.objectContaining({ field: "worker", code: "field.unknown" }),
    ]),
  );
});

test("each broken rule is a sentence with field, value and rule, in the language asked for", async () => {
  const send = (path: string, body: unknown, language: string) =>
    ask(rig, "POST", `/api/v1${path}`, { token: ada.token, body, headers: { "accept-language": language } });
  const sentences = (answer: { readonly json: Record<string, unknown> }) =>
    (answer.json.issues as readonly { message: string }[]).map((issue) => issue.message);
  const clusters = "/tenants/ada/clusters";
  expect(sentences(await send(clusters, { name: "Not A Name", workers: 51, worker: 3 }, "en"))).toEqual([
    "worker: there is no such field.",
    "Workers: a whole number from 0 to 50.",
    "Name: “Not A Name” must be lower-case letters, digits and hyphens, start with a letter and not end with a hyphen.",
  ]);
  const korean = await send(clusters, { name: "Not A Name", workers: 51 }, "ko-KR,ko;q=0.9");
  expect(sentences(korean)).toEqual([
    "워커 수: 0부터 50까지의 정수.",
    "이름: “Not A Name” — 영문 소문자, 숫자, 하이픈만 쓸 수 있고 글자로 시작하며 하이픈으로 끝날 수 없습니다.",
  ]);
  expect(korean.json.detail).toBe(sentences(korean).join(" "));
  expect(sentences(await send("/people/tokens", { label: "", days: 0 }, "en"))).toEqual([
    "Label: say what it is for.",
    "Ends after: a whole number of days from 1 to 3650.",
  ]);
  expect(sentences(await send("/people/tokens", { label: 7 }, "ko"))).toEqual(["용도: 여기에 쓸 수 없는 값입니다."]);
  expect((await send("/tenants/ada/clusters/absent/preview", {}, "ko")).json.detail).toMatch(/[가-힣]/);
});

test("an approved plan becomes one operation, and approving twice is approving once", async () => {
  await makeCluster(rig, ada, "go");
  const claim = await claimOf("go");
  await rig.stores.operations.finish(claim, "succeeded", [], null, Date.now());
  const plan = await rig.plan("go", "ada");
  const approve = () =>
    ask(rig, "POST", `/api/v1/tenants/ada/clusters/go/plans/${plan.number}/approve`, { token: ada.token, body: { hash: plan.hash } });
  const [first, second] = [await approve(), await approve()];
  expect(first.status).toBe(202);
  expect(second.json.id).toBe(first.json.id);
});

test("the operation that first brings a cluster to life is its creation, and every later one an update", async () => {
  await makeCluster(rig, ada, "firstborn");
  await rig.stores.operations.finish(await claimOf("firstborn"), "succeeded", [], null, Date.now());
  const approved = async () => {
    const plan = await rig.plan("firstborn", "ada", { id: crypto.randomUUID() });
    return (
      await ask(rig, "POST", `/api/v1/tenants/ada/clusters/firstborn/plans/${plan.number}/approve`, {
        token: ada.token,
        body: { hash: plan.hash },
      })
    ).json;
  };
  const first = await approved();
  await rig.stores.operations.finish(await claimOf("firstborn"), "succeeded", [], null, Date.now());
  const cluster = (await allClusters(rig.stores.clusters, null)).find((c) => c.name === "firstborn") ?? expect.fail("no cluster");
  await rig.stores.clusters.setLiveRevision(cluster.id, 1);
  expect([first.kind, first.purpose, (await approved()).purpose]).toEqual(["update", "create", "update"]);
  // Also when it is looked at long after.
  expect((await ask(rig, "GET", `/api/v1/operations/${String(first.id)}`, { token: ada.token })).json.purpose).toBe("create");
});

test("a plan is refused when it is stale, does not fit, or is not the one that was read", async () => {
  await makeCluster(rig, ada, "old");
  await rig.stores.operations.finish(await claimOf("old"), "succeeded", [], null, Date.now());
  const approve = async (number: number, hash: string, typedName: string | null = null) =>
    (await ask(rig, "POST", `/api/v1/tenants/ada/clusters/old/plans/${number}/approve`, { token: ada.token, body: { hash, typedName } }))
      .json;
  const tight = await rig.plan("old", "ada", { refusals: [{ code: "memory", needed: 9000, available: 4000, unit: "MiB" }] });
  expect(await approve(tight.number, tight.hash)).toMatchObject({
    type: "urn:berth:problem:plan-refused",
    status: 409,
    detail: "Memory: 9000 MiB needed, 4000 MiB available.",
  });
  const teardown = await rig.plan("old", "ada", { kind: "destroy" });
  expect(await approve(teardown.number, teardown.hash, "other")).toMatchObject({
    type: "urn:berth:problem:name-mismatch",
    expected: "old",
  });
  const fine = await rig.plan("old", "ada");
  expect(await approve(fine.number, "sha256:other")).toMatchObject({ type: "urn:berth:problem:plan-stale", moved: ["plan"] });
  const { clusterId } = fine;
  await rig.stores.clusters.raiseStateSerial(clusterId);
  expect(await approve(fine.number, fine.hash)).toMatchObject({ type: "urn:berth:problem:plan-stale", moved: ["state"] });
});

test("a viewer may look, but not change and not read the kubeconfig", async () => {
  const eve = await rig.person("eve");
  await makeCluster(rig, ada, "shown");
  const tenant = await rig.stores.people.tenantBySlug("ada");
  await rig.stores.people.addMember(tenant?.id ?? "", eve.actor.personId, "viewer");
  const at = (method: string, tail: string) =>
    ask(rig, method, `/api/v1/tenants/ada/clusters/shown${tail}`, { token: eve.token, ...(method === "GET" ? {} : { body: {} }) });
  expect((await at("GET", "")).status).toBe(200);
  expect((await at("GET", "/kubeconfig")).status).toBe(403);
  expect((await at("POST", "/discard")).status).toBe(403);
  expect((await at("PUT", "")).status).toBe(403);
});

test("entries come after a cursor, and a waiting reader is woken by the next one", async () => {
  const id = await makeCluster(rig, ada, "poll");
  const claim = await claimOf("poll");
  const head = await rig.stores.journal.head(id);
  const waiting = ask(rig, "GET", `/api/v1/operations/${id}/entries?after=${head}&wait=20`, { token: ada.token });
  await rig.append(claim, { kind: "notice", level: "note", machine: null, message: reported("hello") });
  const woken = await waiting;
  expect(woken.json).toMatchObject({ cursor: head + 1, over: false, entries: [{ seq: head + 1, event: { message: "hello" } }] });
  await rig.stores.operations.finish(claim, "succeeded", [], null, Date.now());
  const rest = await ask(rig, "GET", `/api/v1/operations/${id}/entries?after=${head + 1}`, { token: ada.token });
  expect(rest.json.over).toBe(true);
});

test("page addresses answer the same JSON to whom asks for it", async () => {
  const byApi = await ask(rig, "GET", "/api/v1/images", { token: ada.token });
  expect((await ask(rig, "GET", "/images", { token: ada.token })).text).toBe(byApi.text);
  expect((await ask(rig, "GET", "/images?format=json", { token: ada.token, headers: { Accept: "text/html" } })).text).toBe(byApi.text);
  expect(byApi.text).not.toContain("/var/cache");
  const page = await ask(rig, "GET", "/images", { token: ada.token, headers: { Accept: "text/html,application/xhtml+xml" } });
  expect(page.headers.get("content-type")).toContain("text/plain");
});

test("an operator's pages are not there for others", async () => {
  expect((await ask(rig, "GET", "/api/v1/setup", { token: ada.token })).status).toBe(404);
  expect((await ask(rig, "GET", "/api/v1/setup", { token: operator.token })).status).toBe(200);
  expect((await ask(rig, "POST", "/api/v1/people/invites", { token: ada.token, body: {} })).status).toBe(403);
  expect((await ask(rig, "POST", "/api/v1/tenants", { token: ada.token, body: { slug: "more" } })).status).toBe(403);
});

test("a token's secret is shown once, works, and ends when it is revoked", async () => {
  const made = await ask(rig, "POST", "/api/v1/people/tokens", { token: bob.token, body: { label: "laptop" } });
  const secret = String(made.json.secret);
  expect((await ask(rig, "GET", "/api/v1/me", { token: secret })).json.name).toBe("bob");
  expect((await ask(rig, "GET", "/api/v1/people/tokens", { token: bob.token })).text).not.toContain(secret);
  const { id } = made.json.token as { id: string };
  expect((await ask(rig, "DELETE", `/api/v1/people/tokens/${id}`, { token: ada.token })).status).toBe(404);
  expect((await ask(rig, "DELETE", `/api/v1/people/tokens/${id}`, { token: bob.token })).status).toBe(204);
  expect((await ask(rig, "GET", "/api/v1/me", { token: secret })).status).toBe(401);
});

test("a person has at most 50 tokens; one that is revoked makes way for another", async () => {
  const cara = await rig.person("cara");
  const add = () => ask(rig, "POST", "/api/v1/people/tokens", { token: cara.token, body: { label: "pipeline", days: 30 } });
  const made: Answer[] = [];
  for (let held = 1; held < 50; held++) made.push(await add());
  expect(new Set(made.map(({ status }) => status))).toEqual(new Set([201]));
  const refused = await add();
  expect([refused.status, refused.json]).toMatchObject([
    409,
    { type: "urn:berth:problem:too-many-tokens", limit: 50, detail: expect.stringContaining("Revoke one") },
  ]);
  expect((await ask(rig, "GET", "/api/v1/people/tokens", { token: cara.token })).json.tokens).toHaveLength(50);
  const [first] = made.map(({ json }) => json.token as { id: string });
  expect((await ask(rig, "DELETE", `/api/v1/people/tokens/${first?.id}`, { token: cara.token })).status).toBe(204);
  expect((await add()).status).toBe(201);
});

test("a cluster is previewed while its image is still being made, and created when it is there", async () => {
  const early = await startRig({ ready: "but-for-the-image" });
  try {
    const eve = await early.person("eve");
    const made = await ask(early, "POST", "/api/v1/tenants/eve/clusters", { token: eve.token, body: { name: "soon" } });
    expect(made.status).toBe(201);
    const cluster = await early.stores.clusters.byName((await early.stores.people.tenantBySlug("eve"))?.id ?? "", "soon");
    expect((await early.stores.clusters.spec(cluster?.id ?? "", 1))?.machines[0]?.image).toEqual({
      name: "debian-13-kubernetes-1.35.4",
      contentHash: "a".repeat(64),
    });
    await early.stores.operations.finish(await early.claim(), "succeeded", [], null, Date.now());
    const plan = await early.plan("soon", "eve");
    const approved = await ask(early, "POST", `/api/v1/tenants/eve/clusters/soon/plans/${plan.number}/approve`, {
      token: eve.token,
      body: { hash: plan.hash },
    });
    expect(approved.json).toMatchObject({ type: "urn:berth:problem:not-ready", waitingFor: ["image"] });
  } finally {
    await early.close();
  }
});

/** Claims until the operation of that cluster is held; others stay claimed, which nobody minds here. */
async function claimOf(name: string) {
  for (;;) {
    const claim = await rig.claim();
    const cluster = await rig.stores.clusters.get(claim.clusterId);
    if (cluster?.name === name) return claim;
  }
}
