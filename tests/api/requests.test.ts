/** Requests with an idempotency key: the request is compared, not what came of it, and its first answer is given again. */
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { Cluster } from "#app/domain/cluster/cluster.ts";
import { allClusters, newOperation } from "#tests/contract/fixtures.ts";
import { ask, type Rig, type Someone, startRig } from "./rig.ts";

let rig: Rig;
let ada: Someone;
beforeEach(async () => {
  vi.useFakeTimers({ toFake: ["Date"] });
  rig = await startRig();
  ada = await rig.person("ada");
});
afterEach(async () => {
  vi.useRealTimers();
  await rig.close();
});

const hour = 3_600_000;
const base = "/api/v1/tenants/ada/clusters";
const keyText = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ3qzT5T4w1k9s6p8kW2s2vY4m2s0f7XyS1d5YV7v6bq ada@example.org";
const send = (method: "POST" | "PUT" | "DELETE", path: string, key: string | null, body?: unknown, who = ada) =>
  ask(rig, method, path, {
    token: who.token,
    ...(key === null ? {} : { headers: { "Idempotency-Key": key } }),
    ...(body === undefined ? {} : { body }),
  });
const endOne = async () => rig.stores.operations.finish(await rig.claim(), "succeeded", [], null, Date.now());
const type = (code: string) => `urn:berth:problem:${code}`;
const privateKey = (answer: { json: Record<string, unknown> }) => (answer.json.generatedKey as { privateKey: string } | null)?.privateKey;

test("the first answer comes again, byte for byte, whatever happened since", async () => {
  const body = { name: "demo", workers: 2, diskGiB: 40 };
  const first = await send("POST", base, "k", body);
  await endOne();
  await send("PUT", `${base}/demo`, "e", { workers: 3 });
  await endOne();
  const again = await send("POST", base, "k", { diskGiB: 40, workers: 2, name: "demo" });
  expect([again.status, again.text]).toEqual([201, first.text]);
  expect((await allClusters(rig.stores.clusters, null)).map((c) => c.revision)).toEqual([2]);
});

test.each([
  ["a pasted SSH key that is left out", { name: "demo", sshKeyMode: "paste", sshKey: keyText }, { name: "demo" }],
  ["another image", { name: "demo", image: "debian-13-kubernetes-1.35.4" }, { name: "demo" }],
  ["a generated key", { name: "demo", sshKeyMode: "generate" }, { name: "demo", sshKeyMode: "none" }],
  ["a field that says what is the default", { name: "demo" }, { name: "demo", workers: 1 }],
])("another request with the same key is refused: %s", async (_what, body, other) => {
  expect((await send("POST", base, "k", body)).status).toBe(201);
  const refused = await send("POST", base, "k", other);
  expect([refused.status, refused.json.type]).toEqual([422, type("key-reused")]);
  expect((await send("POST", base, "k", body)).status).toBe(201);
});

test("a key belongs to one request at one address", async () => {
  await send("POST", base, "k", { name: "demo" });
  await endOne();
  expect((await send("POST", `${base}/demo/preview`, "k", { kind: "update" })).json.type).toBe(type("key-reused"));
  expect((await send("POST", `${base}/demo/discard`, "k")).json.type).toBe(type("key-reused"));
  const bob = await rig.person("bob");
  expect((await send("POST", "/api/v1/tenants/bob/clusters", "k", { name: "demo" }, bob)).status).toBe(201);
});

test("a generated key is given again for an hour, to twins as well, and lies nowhere in clear", async () => {
  const body = { name: "demo", sshKeyMode: "generate" };
  const twins = await Promise.all(Array.from({ length: 5 }, () => send("POST", base, "k", body)));
  expect(new Set(twins.map((t) => t.text)).size).toBe(1);
  expect(privateKey(twins[0] ?? expect.fail())).toContain("PRIVATE KEY");
  vi.setSystemTime(Date.now() + hour - 60_000);
  expect(privateKey(await send("POST", base, "k", body))).toBe(privateKey(twins[0] ?? expect.fail()));
  vi.setSystemTime(Date.now() + 120_000);
  const late = await send("POST", base, "k", body);
  expect([late.status, late.json.type]).toEqual([410, type("secret-expired")]);
  expect(late.json.detail).toContain("edit the draft");
  await endOne();
  // The way out.
  const fresh = await send("PUT", `${base}/demo`, "again", { sshKeyMode: "generate" });
  expect([fresh.status, privateKey(fresh) === privateKey(twins[0] ?? expect.fail())]).toEqual([201, false]);
  expect(rig.records.join("\n")).not.toContain("PRIVATE KEY");
});

test("a request that died at any step is finished by the next one, which makes nothing twice", async () => {
  const { stores } = rig;
  const steps: readonly (readonly [object, string])[] = [
    [stores.requests, "begin"],
    [stores.requests, "keepSecret"],
    [stores.clusters, "create"],
    [stores.secrets, "keepClusterSecrets"],
    [stores.operations, "submit"],
    [stores.requests, "answer"],
  ];
  for (const [i, [store, step]] of steps.entries()) {
    for (const moment of ["before", "after"] as const) {
      const body = { name: `c${i}-${moment}`, workers: 0, sshKeyMode: "generate" };
      failOnce(store, step, moment);
      const first = await send("POST", base, body.name, body);
      if (step !== "answer") expect(first.status).toBe(500);
      // Nothing was said of the attempt that began and was never heard of again: its lease has to end.
      if (step === "begin") vi.setSystemTime(Date.now() + 3_000);
      const second = await send("POST", base, body.name, body);
      expect([body.name, second.status, (await send("POST", base, body.name, body)).text === second.text]).toEqual([body.name, 201, true]);
      if (step === "answer") expect(privateKey(first)).toBe(privateKey(second));
      const cluster = (await allClusters(stores.clusters, null)).filter((c) => c.name === body.name);
      expect(cluster).toHaveLength(1);
      const spec = await stores.clusters.spec(cluster[0]?.id ?? "", 1);
      expect(spec?.authorizedKeys).toEqual([(second.json.generatedKey as { publicKey: string }).publicKey]);
      expect(await stores.operations.list({ clusterId: cluster[0]?.id ?? "", limit: 9 })).toHaveLength(1);
    }
  }
});

/** Stands for a portal that ends there. */
function failOnce(store: object, step: string, moment: "before" | "after"): void {
  const methods = store as Record<string, (...asked: unknown[]) => Promise<unknown>>;
  const real = methods[step] ?? expect.fail(step);
  methods[step] = async (...asked) => {
    methods[step] = real;
    if (moment === "after") await real(...asked);
    throw new Error("the portal ended");
  };
}

test("an edit that died after its revision is finished once, and an edit that changes nothing is refused with a key too", async () => {
  await send("POST", base, null, { name: "demo", workers: 1 });
  await endOne();
  failOnce(rig.stores.operations, "submit", "before");
  expect((await send("PUT", `${base}/demo`, "e", { workers: 2 })).status).toBe(500);
  const [first, second] = [await send("PUT", `${base}/demo`, "e", { workers: 2 }), await send("PUT", `${base}/demo`, "e", { workers: 2 })];
  expect([first.status, second.text]).toEqual([201, first.text]);
  await endOne();
  expect((await allClusters(rig.stores.clusters, null))[0]?.revision).toBe(2);
  for (const key of ["n", "n", null])
    expect((await send("PUT", `${base}/demo`, key, { workers: 2 })).json.type).toBe(type("nothing-changed"));
});

test("a rename that died after its revision is finished by the same request to the old address, and by no other", async () => {
  await madeAs("ready");
  failOnce(rig.stores.operations, "submit", "before");
  expect((await send("PUT", `${base}/demo`, "r", { name: "harbour" })).status).toBe(500);
  expect((await send("PUT", `${base}/other`, null, { name: "harbour" })).status).toBe(404);
  const [first, second] = [
    await send("PUT", `${base}/demo`, "r", { name: "harbour" }),
    await send("PUT", `${base}/demo`, "r", { name: "harbour" }),
  ];
  expect([first.status, second.text]).toEqual([201, first.text]);
  await endOne();
  expect((await allClusters(rig.stores.clusters, null)).map(({ name, revision }) => [name, revision])).toEqual([["harbour", 2]]);
  const bob = await rig.person("bob");
  expect((await send("PUT", `${base}/demo`, null, { name: "harbour" }, bob)).status).toBe(404);
});

/** Calls `then` once, after the next call of this method and before its caller sees the outcome. */
function afterNext(store: object, step: string, then: () => Promise<unknown>): void {
  const methods = store as Record<string, (...asked: unknown[]) => Promise<unknown>>;
  const real = methods[step] ?? expect.fail(step);
  methods[step] = async (...asked) => {
    methods[step] = real;
    const outcome = await real(...asked);
    await then();
    return outcome;
  };
}

const demo = async () =>
  (await allClusters(rig.stores.clusters, null)).find((c) => c.name === "demo" && c.state !== "gone") ?? expect.fail("there is no demo");
const queuePreview = async (cluster: Cluster) =>
  rig.stores.operations.submit(
    newOperation({ personId: ada.actor.personId, tenantId: cluster.tenantId, cluster }, { kind: "preview", requestedAt: Date.now() }),
  );
const madeAs = async (state: "draft" | "ready") => {
  await send("POST", base, null, { name: "demo", workers: 1 });
  await endOne();
  if (state === "draft") return;
  await rig.stores.clusters.setLiveRevision((await demo()).id, 1);
  await rig.stores.clusters.setState((await demo()).id, state, Date.now());
};
const edit = () => send("PUT", `${base}/demo`, "k", { workers: 3 });
const withOnePreview = async () => {
  await rig.close();
  rig = await startRig({ maxQueuedPreviews: 1 });
  ada = await rig.person("ada");
};

describe.each(["draft", "ready"] as const)("an edit of a cluster that is %s", (state) => {
  test("writes nothing while another operation of the cluster is under way, and the same request is carried out afterwards", async () => {
    await madeAs(state);
    await queuePreview(await demo());
    const refused = await edit();
    expect([refused.status, refused.json.type, (await demo()).revision]).toEqual([409, type("cluster-busy"), 1]);
    await endOne();
    expect([(await edit()).status, (await demo()).revision]).toEqual([201, 2]);
  });

  test("writes nothing while the tenant has as many previews queued as it may have, and the same request is carried out afterwards", async () => {
    await withOnePreview();
    await madeAs(state);
    await send("POST", base, null, { name: "other" });
    const refused = await edit();
    expect([refused.status, refused.json.type, (await demo()).revision]).toEqual([409, type("too-many-previews"), 1]);
    await endOne();
    expect([(await edit()).status, (await demo()).revision]).toEqual([201, 2]);
  });

  test("whose revision was written and whose preview then found the cluster busy is completed by the same request, however often that is refused", async () => {
    await madeAs(state);
    afterNext(rig.stores.clusters, "addRevision", async () => queuePreview(await demo()));
    for (let i = 0; i < 3; i++) expect([(await edit()).json.type, (await demo()).revision]).toEqual([type("cluster-busy"), 2]);
    expect((await send("PUT", `${base}/demo`, "k", { workers: 4 })).json.type).toBe(type("key-reused"));
    await endOne();
    const done = await edit();
    expect([done.status, done.json.operation, (await demo()).revision]).toEqual([
      201,
      expect.objectContaining({ kind: "preview", specRevision: 2 }),
      2,
    ]);
    expect((await edit()).text).toBe(done.text);
  });
});

describe("a creation whose preview cannot be queued", () => {
  const create = () => send("POST", base, "k", { name: "demo", workers: 0, sshKeyMode: "generate" });
  const drafts = async () => (await allClusters(rig.stores.clusters, null)).filter((c) => c.state !== "gone").map((c) => c.name);

  test("writes nothing, and the same request makes the cluster and gives its private key afterwards", async () => {
    await withOnePreview();
    await send("POST", base, null, { name: "other" });
    expect((await create()).json.type).toBe(type("too-many-previews"));
    expect((await allClusters(rig.stores.clusters, null)).map((c) => c.name)).toEqual(["other"]);
    await endOne();
    const made = await create();
    expect([made.status, await drafts()]).toEqual([201, expect.arrayContaining(["demo", "other"])]);
    expect(privateKey(made)).toContain("PRIVATE KEY");
  });

  test("because another one was faster leaves no draft and no keys, with a key and without", async () => {
    await withOnePreview();
    await send("POST", base, null, { name: "other" });
    await endOne();
    const other = (await allClusters(rig.stores.clusters, null))[0] ?? expect.fail();
    for (const key of ["k", null]) {
      afterNext(rig.stores.clusters, "create", () => queuePreview(other));
      expect((await send("POST", base, key, { name: "demo", workers: 0, sshKeyMode: "generate" })).json.type).toBe(
        type("too-many-previews"),
      );
      expect(await drafts()).toEqual(["other"]);
      for (const { id, tenantId } of await allClusters(rig.stores.clusters, null))
        if (id !== other.id) expect(await rig.stores.secrets.clusterSecrets(tenantId, id)).toBeNull();
      await endOne();
    }
    const made = await create();
    expect([made.status, privateKey(made)]).toEqual([201, expect.stringContaining("PRIVATE KEY")]);
    expect((await create()).text).toBe(made.text);
    const spec = await rig.stores.clusters.spec((await demo()).id, 1);
    expect(spec?.authorizedKeys).toEqual([(made.json.generatedKey as { publicKey: string }).publicKey]);
  });
});

test("every endpoint that changes something gives its first answer again", async () => {
  const root = await rig.person("root", true);
  await send("POST", base, null, { name: "demo", workers: 1 });
  await endOne();
  const cluster = (await allClusters(rig.stores.clusters, null))[0] ?? expect.fail();
  const twice = async (method: "POST" | "DELETE", path: string, body?: unknown, who = ada) => {
    const key = `k-${path}`;
    const answers = [await send(method, path, key, body, who), await send(method, path, key, body, who)];
    expect([path, answers[0]?.status]).toEqual([path, expect.toSatisfy((s: number) => s < 300)]);
    expect([path, answers[1]?.status, answers[1]?.text]).toEqual([path, answers[0]?.status, answers[0]?.text]);
    return answers[0]?.json ?? {};
  };
  const { id: previewId } = await twice("POST", `${base}/demo/preview`, { kind: "update" });
  await twice("POST", `/api/v1/operations/${String(previewId)}/cancel`);
  const plan = await rig.plan("demo", "ada");
  const { id: updateId } = await twice("POST", `${base}/demo/plans/${plan.number}/approve`, { hash: plan.hash });
  await send("POST", `/api/v1/operations/${String(updateId)}/cancel`, null);
  await twice("POST", `/api/v1/operations/${String(updateId)}/resume`);
  await endOne();
  await rig.stores.clusters.setLiveRevision(cluster.id, 1);
  await rig.stores.clusters.setState(cluster.id, "ready", Date.now());
  await twice("POST", `${base}/demo/drift/look`);
  await send("PUT", `${base}/demo`, null, { workers: 2 });
  await endOne();
  await twice("POST", `${base}/demo/discard`);
  const { token } = await twice("POST", "/api/v1/people/tokens", { label: "ci" });
  await twice("DELETE", `/api/v1/people/tokens/${(token as { id: string }).id}`);
  await twice("POST", "/api/v1/people/invites", {}, root);
  await twice("POST", "/api/v1/tenants", { slug: "shared" }, root);
  await twice("POST", `/api/v1/people/${ada.actor.personId}/disable`, undefined, root);
});

test("a refused request leaves its key to the corrected one, and answers are forgotten after a day", async () => {
  expect((await send("POST", base, "k", { name: "demo", workers: 99 })).status).toBe(422);
  const made = await send("POST", base, "k", { name: "demo", workers: 1 });
  expect(made.status).toBe(201);
  vi.setSystemTime(Date.now() + 24 * hour + 1);
  expect((await send("POST", base, "k", { name: "other" })).status).toBe(201);
});

test.each(["", " ", "a b", "k\u00e9", "x".repeat(201)])("a key like %j is refused by name", async (key) => {
  const answer = await ask(rig, "POST", base, { token: ada.token, body: { name: "demo" }, headers: { "Idempotency-Key": key } });
  if (key.trim() === "") return expect(answer.status).toBeLessThan(500);
  expect([answer.status, answer.json.issues]).toEqual([422, [expect.objectContaining({ field: "Idempotency-Key", code: "key.format" })]]);
});

test("a deeply nested body is refused, with a key as without", async () => {
  const nested = `{"name":"demo","x":${"[".repeat(50_000)}${"]".repeat(50_000)}}`;
  for (const key of ["k", null]) expect((await send("POST", base, key, nested)).status).toBe(422);
});
