/** Ends of certificates and their renewal, over HTTP. */
import { X509Certificate } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { DriftFinding } from "#app/domain/drift/drift.ts";
import { afterCheck, withRenewedCertificates } from "#app/domain/drift/record.ts";
import { ask, makeCluster, type Rig, type Someone, startRig } from "./rig.ts";

const day = 86_400_000;
let rig: Rig;
let ada: Someone;

beforeAll(async () => {
  rig = await startRig();
  ada = await rig.person("ada");
});
afterAll(() => rig.close());

async function living(name: string) {
  const operationId = await makeCluster(rig, ada, name);
  const tenant = await rig.stores.people.tenantBySlug("ada");
  const { id, tenantId } = (await rig.stores.clusters.byName(tenant?.id ?? "", name)) ?? expect.fail("it is not there");
  await finish(operationId);
  await rig.stores.clusters.setLiveRevision(id, 1);
  await rig.stores.clusters.setState(id, "ready", Date.now());
  return { id, tenantId };
}

async function finish(operationId: string): Promise<void> {
  const claim = await rig.claim();
  expect(claim.operationId).toBe(operationId);
  await rig.stores.operations.finish(claim, "succeeded", [], null, Date.now());
}

const path = (name: string, tail = "") => `/api/v1/tenants/ada/clusters/${name}${tail}`;
const view = async (name: string) => (await ask(rig, "GET", path(name), { token: ada.token })).json as unknown as View;
const renew = (name: string, who = ada, key?: string) =>
  ask(rig, "POST", path(name, "/certificates/renew"), {
    token: who.token,
    body: {},
    ...(key === undefined ? {} : { headers: { "Idempotency-Key": key } }),
  });
const looked = (id: string, certificateEndsAt: number, findings: readonly DriftFinding[] = []) =>
  rig.stores.drift.change(id, (record) =>
    afterCheck(record, {
      at: Date.now(),
      revision: 1,
      sources: { host: "seen", engine: "seen", nodes: "seen" },
      trouble: null,
      findings,
      certificateEndsAt,
    }),
  );

const renewed = async (id: string, revision: number) => (await rig.stores.clusters.spec(id, revision))?.kubernetes[0]?.certificates;

interface View {
  readonly certificates: {
    readonly ends: readonly { readonly kind: string; readonly endsAt: number; readonly source: string; readonly standing: string }[];
    readonly due: boolean;
  } | null;
  readonly spec: { readonly revision: number; readonly kubernetes: readonly { readonly certificates?: { readonly renewed: number } }[] };
  readonly may: { readonly renew: boolean };
}

test("a draft has no certificates; a living cluster shows the ends of those that were made and of those a check has read", async () => {
  await makeCluster(rig, ada, "draft");
  await rig.stores.operations.finish(await rig.claim(), "succeeded", [], null, Date.now());
  expect(await view("draft")).toMatchObject({ certificates: null, may: { renew: false } });
  expect((await renew("draft")).status).toBe(409);
  const { id, tenantId } = await living("demo");
  const ca = (await rig.stores.secrets.clusterSecrets(tenantId, id))?.pki.caCert ?? "";
  const { certificates, may } = await view("demo");
  expect(certificates?.ends.find((e) => e.kind === "cluster-ca")).toMatchObject({
    endsAt: Date.parse(new X509Certificate(ca).validTo),
    source: "made",
    standing: "valid",
  });
  expect(certificates?.ends.find((e) => e.kind === "control-plane")).toMatchObject({ source: "estimated", standing: "valid" });
  expect([certificates?.ends.length, certificates?.due, may.renew]).toEqual([4, false, true]);
  const end = Date.now() + 20 * day;
  await looked(id, end);
  expect((await view("demo")).certificates).toMatchObject({
    due: true,
    ends: [{ kind: "control-plane", endsAt: end, source: "read", standing: "soon" }, {}, {}, {}],
  });
});

test("renewing writes one revision with a higher count, previews it, and does that once for a repeated request", async () => {
  const { id } = await living("again");
  const first = await renew("again", ada, "key-1");
  expect([first.status, first.json]).toEqual([202, expect.objectContaining({ kind: "preview", specRevision: 2 })]);
  expect((await renew("again", ada, "key-1")).json.id).toBe(first.json.id);
  expect(await view("again")).toMatchObject({ spec: { revision: 2, kubernetes: [{ certificates: { renewed: 1 } }] } });
  expect((await renew("again")).status).toBe(409);
  await finish(String(first.json.id));
  // It waits to be approved: asking once more previews the same revision.
  const once = await renew("again");
  expect(once.json).toMatchObject({ specRevision: 2 });
  await finish(String(once.json.id));
  expect((await rig.stores.clusters.get(id))?.revision).toBe(2);
});

test("after a renewal came to life the next one counts further, and a later edit keeps the count", async () => {
  const { id } = await living("counted");
  await finish(String((await renew("counted")).json.id));
  await rig.stores.clusters.setLiveRevision(id, 2);
  await finish(String((await renew("counted")).json.id));
  expect(await renewed(id, 3)).toEqual({ renewed: 2 });
  const edited = await ask(rig, "PUT", path("counted"), { token: ada.token, body: { workers: 2 } });
  expect(edited.status).toBe(201);
  await finish((edited.json.operation as { id: string }).id);
  expect(await renewed(id, 4)).toEqual({ renewed: 2 });
});

test("a cluster of an earlier version is renewed for the first time", async () => {
  const { id } = await living("former");
  const spec = (await rig.stores.clusters.spec(id, 1)) ?? expect.fail();
  const kubernetes = spec.kubernetes.map(({ certificates: _none, ...former }) => former);
  await rig.stores.clusters.addRevision({ ...spec, kubernetes, revision: 2 }, Date.now());
  await rig.stores.clusters.setLiveRevision(id, 2);
  await finish(String((await renew("former")).json.id));
  expect(await renewed(id, 3)).toEqual({ renewed: 1 });
});

test("lists and the dashboard warn of certificates that end soon, of one that no check has read, too", async () => {
  const { id } = await living("warned");
  const summaries = async () =>
    [(await rig.services.dashboard(ada.actor)).clusters, (await rig.services.clusters.list(ada.actor, { tenant: "ada" })).clusters].map(
      (list) => list.find((c) => c.name === "warned")?.certificates,
    );
  expect(await summaries()).toEqual(["valid", "valid"]);
  await looked(id, Date.now() + 20 * day);
  expect(await summaries()).toEqual(["soon", "soon"]);
  await looked(id, Date.now() - day);
  expect(await summaries()).toEqual(["ended", "ended"]);
  expect((await ask(rig, "GET", path("warned"), { token: ada.token })).json).toMatchObject({ summary: { certificates: "ended" } });
});

test("after a renewal the page and the lists warn no more, before a check has read the new end and after", async () => {
  const { id } = await living("renewed");
  const summary = async () =>
    ((await ask(rig, "GET", path("renewed"), { token: ada.token })).json as { summary: { certificates: string } }).summary.certificates;
  await looked(id, Date.now() + 20 * day);
  expect([await summary(), (await view("renewed")).certificates?.due]).toEqual(["soon", true]);
  await rig.stores.drift.change(id, (record) => withRenewedCertificates(record, Date.now(), Date.now()));
  expect([await summary(), (await view("renewed")).certificates]).toMatchObject([
    "valid",
    { due: false, ends: [{ kind: "control-plane", source: "estimated" }, {}, {}, {}] },
  ]);
  const end = Date.now() + 364 * day;
  await looked(id, end);
  expect((await view("renewed")).certificates).toMatchObject({ due: false, ends: [{ endsAt: end, source: "read" }, {}, {}, {}] });
});

test("repairing certificates that end soon is the renewal: one revision, also when the request is repeated or more is repaired", async () => {
  const { id } = await living("repaired");
  const row = (kind: "certificates-expiring" | "machine-stopped"): DriftFinding => ({
    id: `${kind}:cp0`,
    kind,
    subject: "cp0",
    machine: null,
    expected: "",
    found: "2030-06-21",
    impact: "none",
    repair: "plan",
    adopt: false,
  });
  await looked(id, Date.now() + 20 * day, [row("certificates-expiring"), row("machine-stopped")]);
  const repair = (body: unknown, key: string) =>
    ask(rig, "POST", path("repaired", "/drift/repair"), { token: ada.token, body, headers: { "Idempotency-Key": key } });
  const other = await repair({ ids: ["machine-stopped:cp0"] }, "other");
  expect([other.status, other.json.specRevision]).toEqual([202, 1]);
  await finish(String(other.json.id));
  const first = await repair({}, "all");
  expect([first.status, first.json.specRevision]).toEqual([202, 2]);
  expect((await repair({}, "all")).json.id).toBe(first.json.id);
  await finish(String(first.json.id));
  expect(await view("repaired")).toMatchObject({ spec: { revision: 2, kubernetes: [{ certificates: { renewed: 1 } }] } });
  expect((await rig.stores.operations.get(String(first.json.id)))?.drift).toMatchObject({
    wish: "repair",
    ids: ["certificates-expiring:cp0", "machine-stopped:cp0"],
  });
});

test("who may only look cannot renew, and for strangers there is nothing", async () => {
  const { tenantId } = await living("shown");
  const [eve, mallory] = [await rig.person("eve"), await rig.person("mallory")];
  await rig.stores.people.addMember(tenantId, eve.actor.personId, "viewer");
  expect([(await renew("shown", eve)).status, (await renew("shown", mallory)).status]).toEqual([403, 404]);
  expect((await rig.stores.clusters.get((await rig.stores.clusters.byName(tenantId, "shown"))?.id ?? ""))?.revision).toBe(1);
});
