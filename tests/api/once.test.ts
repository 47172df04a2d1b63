/** Sending twice is sending once; and who loses a race of edits sees what the other one wrote. */
import { afterEach, beforeEach, expect, test } from "vitest";
import { allClusters } from "#tests/contract/fixtures.ts";
import { ask, type Rig, type Someone, startRig } from "./rig.ts";

let rig: Rig;
let ada: Someone;
beforeEach(async () => {
  rig = await startRig();
  ada = await rig.person("ada");
});
afterEach(() => rig.close());

const base = "/api/v1/tenants/ada/clusters";
const send = (method: "POST" | "PUT", path: string, key: string | null, body?: unknown) =>
  ask(rig, method, path, {
    token: ada.token,
    ...(key === null ? {} : { headers: { "Idempotency-Key": key } }),
    ...(body === undefined ? {} : { body }),
  });
const idOf = (answer: Awaited<ReturnType<typeof send>>) => (answer.json.operation as { id: string } | undefined)?.id ?? answer.json.id;
const endOne = async (to: "succeeded" | "failed" = "succeeded") => {
  const claim = await rig.claim();
  await rig.stores.operations.finish(claim, to, [], null, Date.now());
  return claim.operationId;
};
const made = async (name = "demo") => {
  await send("POST", base, null, { name, workers: 1 });
  await endOne();
};
const revision = async () => (await allClusters(rig.stores.clusters, null))[0]?.revision;

test("every queueing verb, sent ten times at once and once later, makes one operation", async () => {
  await made();
  const verbs = [
    ["PUT", `${base}/demo`, { workers: 2 }],
    ["POST", `${base}/demo/preview`, { kind: "update" }],
    ["POST", base, { name: "other", workers: 0 }],
  ] as const;
  for (const [method, path, body] of verbs) {
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => send(method, path, `k ${path} ${method}`.replaceAll(" ", "-"), body)),
    );
    expect(answers.map((a) => a.status)).toEqual(answers.map(() => answers[0]?.status));
    expect(answers[0]?.status).toBeLessThan(300);
    expect(new Set(answers.map(idOf)).size).toBe(1);
    expect(await endOne()).toBe(idOf(answers[0] ?? expect.fail("no answer")));
    expect(idOf(await send(method, path, `k ${path} ${method}`.replaceAll(" ", "-"), body))).toBe(
      idOf(answers[0] ?? expect.fail("no answer")),
    );
  }
  expect(await revision()).toBe(2);
});

test("the same key with another body is refused by every queueing verb", async () => {
  await made();
  await send("PUT", `${base}/demo`, "k", { workers: 2 });
  const first = await endOne();
  expect((await send("PUT", `${base}/demo`, "k", { workers: 3 })).json.type).toBe("urn:berth:problem:key-reused");
  expect(await revision()).toBe(2);
  // Also long after: the world has moved on, the answer is still the first one.
  await send("PUT", `${base}/demo`, null, { workers: 5 });
  await endOne();
  expect(idOf(await send("PUT", `${base}/demo`, "k", { workers: 2 }))).toBe(first);
  expect(await revision()).toBe(3);
  await send("POST", `${base}/demo/preview`, "p", { kind: "update" });
  await endOne();
  expect((await send("POST", base, "p", { name: "new-one", workers: 1 })).json.type).toBe("urn:berth:problem:key-reused");
});

test("approving, cancelling, resuming and discarding twice are once", async () => {
  await made();
  const plan = await rig.plan("demo", "ada");
  const approve = () => send("POST", `${base}/demo/plans/${plan.number}/approve`, "a", { hash: plan.hash });
  const [first, second] = [await approve(), await approve()];
  expect([first.status, second.status, idOf(second)]).toEqual([202, 202, idOf(first)]);
  const id = String(idOf(first));
  const cancels = await Promise.all([1, 2, 3].map(() => send("POST", `/api/v1/operations/${id}/cancel`, null)));
  expect(cancels.map((c) => [c.status, c.json.state])).toEqual(cancels.map(() => [202, "cancelled"]));
  const resumes = await Promise.all([1, 2, 3].map(() => send("POST", `/api/v1/operations/${id}/resume`, null)));
  expect(resumes.map((c) => [c.status, c.json.state])).toEqual(resumes.map(() => [202, "queued"]));
  await endOne();
  expect((await send("POST", `/api/v1/operations/${id}/cancel`, null)).json.type).toBe("urn:berth:problem:wrong-state");

  await made("draft");
  const discards = await Promise.all([1, 2].map(() => send("POST", `${base}/draft/discard`, null)));
  expect(discards.map((d) => [d.status, d.json.state])).toEqual(discards.map(() => [200, "gone"]));
});

test("going back to the live revision twice writes one revision", async () => {
  await made();
  const cluster = (await allClusters(rig.stores.clusters, null))[0] ?? expect.fail("no cluster");
  await rig.stores.clusters.setLiveRevision(cluster.id, 1);
  await rig.stores.clusters.setState(cluster.id, "ready", 1);
  await send("PUT", `${base}/demo`, null, { workers: 3 });
  await endOne();
  const discards = [await send("POST", `${base}/demo/discard`, null), await send("POST", `${base}/demo/discard`, null)];
  expect([...discards.map((d) => d.status), await revision()]).toEqual([200, 200, 3]);
});

test("an edit of a form that is out of date is refused with what would be lost, and taken when that was seen", async () => {
  await made();
  await send("PUT", `${base}/demo?basedOn=1`, null, { workers: 4 });
  await endOne();
  const late = await send("PUT", `${base}/demo?basedOn=1`, "late", { workers: 2, diskGiB: 20 });
  expect(late.status).toBe(409);
  expect(late.json).toMatchObject({ type: "urn:berth:problem:revision-conflict", basedOn: 1, revision: 2 });
  expect(late.json.changes).toContainEqual(expect.objectContaining({ about: "machine", name: "w4", field: "memoryMiB" }));
  expect(await revision()).toBe(2);
  expect((await send("PUT", `${base}/demo?basedOn=2`, "late", { workers: 2, diskGiB: 20 })).status).toBe(201);
  expect(await revision()).toBe(3);
});

test("of two who write the same revision at the same moment in two portals, one is refused in the same words", async () => {
  await made();
  const { clusters } = rig.stores;
  const real = clusters.addRevision;
  // The other portal's revision arrives between this one's look and its write.
  clusters.addRevision = async (spec, at) => {
    clusters.addRevision = real;
    await real({ ...spec, machines: spec.machines.slice(0, 1) }, at);
    await real(spec, at);
  };
  const lost = await send("PUT", `${base}/demo`, null, { workers: 3 });
  expect(lost.json).toMatchObject({ status: 409, type: "urn:berth:problem:revision-conflict", basedOn: 1, revision: 2 });
});

test("an invitation asked for again with its key is the same link, also when the first answer was lost", async () => {
  const root = await rig.person("root", true);
  const invite = (key: string | null, operator = false) =>
    ask(rig, "POST", "/api/v1/people/invites", {
      token: root.token,
      body: { operator },
      headers: key === null ? {} : { "Idempotency-Key": key },
    });
  const twice = await Promise.all([invite("once"), invite("once"), invite("once")]);
  expect(twice.map((t) => t.status)).toEqual([201, 201, 201]);
  expect(new Set(twice.map((t) => t.text)).size).toBe(1);
  const secret = String(twice[0]?.json.link).split("/").at(-1) ?? "";
  const join = (name: string) => rig.sessions.join(secret, name, "correct horse battery", "rig");
  await join("eve");
  // It lets one person in, however often it was asked for.
  expect((await invite("once")).json.link).toBe(twice[0]?.json.link);
  await expect(join("mallory")).rejects.toThrow();
  expect((await invite("once", true)).json.type).toBe("urn:berth:problem:key-reused");
  const others = [await invite("twice"), await invite(null), await invite(null)].map((o) => o.json.link);
  expect(new Set([twice[0]?.json.link, ...others]).size).toBe(4);
});

test("nobody finds a link by guessing the key that another chose", async () => {
  const [root, eve] = [await rig.person("root", true), await rig.person("eve", true)];
  const links = await Promise.all(
    [root, eve].map(
      async (who) =>
        (
          await ask(rig, "POST", "/api/v1/people/invites", {
            token: who.token,
            body: { operator: true },
            headers: { "Idempotency-Key": "1" },
          })
        ).json.link,
    ),
  );
  expect(new Set(links).size).toBe(2);
});

test("a token or a tenant asked for again with its key is the same one, with the same secret", async () => {
  const root = await rig.person("root", true);
  const ask2 = (path: string, body: unknown) =>
    ask(rig, "POST", path, { token: root.token, body, headers: { "Idempotency-Key": `once-${path.split("/").at(-1)}` } });
  const tokens = [await ask2("/api/v1/people/tokens", { label: "ci" }), await ask2("/api/v1/people/tokens", { label: "ci" })];
  const [first, second] = tokens.map((t) => t.json as { token: { id: string }; secret: string });
  expect(second?.token.id).toBe(first?.token.id);
  const works = async (secret = "") => (await ask(rig, "GET", "/api/v1/me", { token: secret })).status;
  expect(second?.secret).toBe(first?.secret);
  expect(await works(first?.secret)).toBe(200);
  expect((await ask2("/api/v1/people/tokens", { label: "other" })).json.type).toBe("urn:berth:problem:key-reused");
  const tenants = [await ask2("/api/v1/tenants", { slug: "shared" }), await ask2("/api/v1/tenants", { slug: "shared" })];
  expect(tenants.map((t) => [t.status, t.json.id])).toEqual(tenants.map(() => [201, tenants[0]?.json.id]));
  expect((await ask2("/api/v1/tenants", { slug: "else" })).json.type).toBe("urn:berth:problem:key-reused");
});
