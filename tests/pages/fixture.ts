/**
 * A portal without engine, database or libvirt: fixed answers in every state, for looking at pages and for testing
 * them. `scenario` chooses who looks and what there is.
 */
import type { AppLoadContext } from "@remix-run/server-runtime";
import { networkOf } from "#app/domain/cluster/spec.ts";
import { removalOrder } from "#app/domain/drift/removal-order.ts";
import { notFound, Problem } from "#app/domain/problem.ts";
import { replay } from "#app/domain/operation/progress.ts";
import { readinessOf, type SetupState } from "#app/domain/setup.ts";
import type { Actor } from "#app/domain/tenant.ts";
import type {
  ClusterServices,
  Language,
  NewClusterView,
  OperationPageView,
  OperationServices,
  OperationView,
  PlanServices,
  Services,
  SessionGateway,
  TenantView,
  Theme,
} from "#app/services/portal.ts";
import { boundedPage } from "#app/services/operations/bounded-page.ts";
import { forPage } from "#app/services/operations/progress-snapshots.ts";
import type { DriftServices } from "#app/services/drift/portal-drift.ts";
import type { ListPage } from "#app/services/portal-lists.ts";
import type { PeopleServices, PersonView } from "#app/services/people/portal-people.ts";
import { driftViews, watched } from "./fixture-drift.ts";
import { operations, previewing } from "./fixture-operations.ts";
import { images, setupDone, setupUnderWay } from "./fixture-setup.ts";
import { clusterViews, clusters, plans, receipt, revisions, capacity, capacityUnknown } from "./fixture-world.ts";
import { minutes, now } from "./fixture-things.ts";

export const scenarios = ["usual", "empty", "setting-up", "viewer", "signed-out", "broken", "trouble", "many"] as const;
export type Scenario = (typeof scenarios)[number];

export const isScenario = (text: unknown): text is Scenario => scenarios.some((scenario) => scenario === text);

const actor = (operator: boolean): Actor => ({
  personId: "person-mina",
  name: "mina",
  operator,
  memberships: { "tenant-harbour": operator ? "owner" : "viewer" },
});

const tenant = (slug: string, count: number, create: boolean): TenantView => ({
  id: `tenant-${slug}`,
  slug,
  createdAt: minutes(9000),
  role: create ? "owner" : "viewer",
  clusters: count,
  may: { create },
});

export interface Look {
  readonly scenario: Scenario;
  readonly language: Language;
  readonly theme: Theme;
  readonly nonce: string;
  /** The page is there already and asks for newer data. */
  readonly again?: boolean;
}

export function fixtureContext({ scenario, language, theme, nonce, again = false }: Look): AppLoadContext {
  return {
    services: fakeServices(scenario, again),
    actor: scenario === "signed-out" ? null : actor(scenario !== "viewer"),
    session,
    language,
    theme,
    nonce,
    requestId: "req-7f3a91c2",
    renderTurn: (work) => work(),
  };
}

const session: SessionGateway = {
  signIn: (name) =>
    name === "mina" ? Promise.resolve("session=fixture; Path=/") : Promise.reject(new Problem({ code: "wrong-credentials" })),
  signOut: () => Promise.resolve("session=; Path=/; Max-Age=0"),
  invitation: (secret) => Promise.resolve(secret === "over" ? null : { operator: secret === "operator" }),
  join: (_secret, name) =>
    name === "taken" ? Promise.reject(new Problem({ code: "name-taken", name })) : Promise.resolve("session=fixture; Path=/"),
};

function fakeServices(scenario: Scenario, again: boolean): Services {
  const setup: SetupState = scenario === "setting-up" ? setupUnderWay : setupDone;
  const readiness = readinessOf(setup);
  const left = scenario === "setting-up" ? capacityUnknown : capacity;
  const full = scenario !== "empty" && scenario !== "setting-up";
  const harbour = tenant("harbour", full ? clusters.length : 0, scenario !== "viewer");
  const tenants = full ? [harbour, tenant("lab", 0, true)] : [harbour];
  const paged = scenario === "many" ? middle : whole;
  const known = (slug: string): TenantView => tenants.find((one) => one.slug === slug) ?? refuse();
  const newForm = (slug: string): NewClusterView => ({
    tenant: known(slug),
    kubernetesVersions: scenario === "setting-up" ? ["1.35.4"] : ["1.35.4", "1.34.6"],
    images: scenario === "setting-up" ? [] : images,
    room: left,
    readiness,
    accelerator: setup.accelerator,
    nextNetwork: "10.91.7.0/24",
    networkRange: "10.91.0.0/16",
    takenNames: full ? clusters.map((cluster) => cluster.name) : [],
    durations: { 2: [362, 410, 455, 380, 398], 3: [512, 498] },
  });
  return {
    clusters: clusterServices(newForm),
    plans: planServices(scenario),
    drift: driftServices(scenario),
    operations: operationServices(again),
    people: peopleServices,
    once: (_who, { key }, work) =>
      work(key === null ? null : { id: key, resumed: false, markWritten: () => undefined, secret: (_tenant, make) => make() }),
    dashboard: () => {
      if (scenario === "trouble") return Promise.reject(new Problem({ code: "storage-full", retryAfterSeconds: 10 }));
      if (scenario === "broken") throw new Error("reading the clusters: the fixture is broken on purpose");
      const running = operations.filter((o) => o.state === "running" || o.state === "queued" || o.state === "interrupted");
      const living = full ? clusters.filter((c) => c.state !== "gone") : [];
      return Promise.resolve({
        tenants,
        tenantPage: paged(tenants),
        clusters: living,
        clusterPage: paged(living),
        running: full ? running : [],
        hosts: [left],
        readiness,
        setup,
      });
    },
    readiness: () => Promise.resolve(readiness),
    tenants: () => Promise.resolve({ tenants, ...paged(tenants) }),
    search: (who) =>
      Promise.resolve({
        operator: who.operator,
        tenants: tenants.map(({ slug, may }) => ({ slug, create: may.create })),
        clusters: full ? clusters : [],
        operations,
      }),
    ownTenant: () => Promise.resolve(tenants[0]?.slug ?? null),
    tenant: async (_actor, slug) => {
      const shown = full && slug === "harbour" ? clusters : [];
      const removed = shown.length > 0 ? [{ id: "cluster-old", tenant: "harbour", name: "old", at: minutes(179), by: "mina" }] : [];
      return {
        tenant: known(slug),
        clusters: shown,
        clusterPage: paged(shown),
        operations: shown.length > 0 ? operations : [],
        removed,
        removedPage: paged(removed),
      };
    },
    createTenant: (_actor, slug) => Promise.resolve(tenant(slug, 0, true)),
    images: () => Promise.resolve(scenario === "setting-up" ? [] : images),
    setup: (who) => (who.operator ? Promise.resolve({ state: setup, readiness }) : Promise.reject(notFound())),
  };
}

/** All of it on one page. */
const whole = (list: readonly unknown[]): ListPage => ({ total: list.length, skipped: 0, next: null });

/** A page in the middle of a long list. */
const middle = (list: readonly unknown[]): ListPage => ({ total: 10_000, skipped: 50, next: `cursor-${list.length}` });

const refuse = (): never => {
  throw notFound();
};

const found = <Value>(value: Value | undefined): Promise<Value> =>
  value === undefined ? Promise.reject(notFound()) : Promise.resolve(value);

const clusterServices = (newForm: (tenant: string) => NewClusterView): ClusterServices => ({
  list: (_actor, { tenant: slug }) => {
    const found = clusters.filter((cluster) => cluster.tenant === slug);
    return Promise.resolve({ clusters: found, ...whole(found) });
  },
  newForm: async (_actor, slug) => newForm(slug),
  create: async (_actor, _tenant, request) => {
    if (request.name === "busy") throw new Problem({ code: "range-exhausted" });
    const [cluster, operation] = [clusters[0] ?? refuse(), operations[0] ?? refuse()];
    const generatedKey =
      request.sshKey.mode === "generate"
        ? { publicKey: "ssh-ed25519 AAAA", privateKey: "(a private key stands here)\nline two\nline three" }
        : null;
    return { cluster: { ...cluster, name: request.name }, operation, generatedKey };
  },
  get: (_actor, ref) => found(clusterViews[ref.cluster]),
  page: async (_actor, ref) => {
    const view = await found(clusterViews[ref.cluster]);
    const seen = { at: Date.now(), states: Object.fromEntries(view.nodes.map((node) => [node.name, node.machine])) };
    return { view, machines: Promise.resolve(seen) };
  },
  editForm: async (_actor, ref) => {
    const view = await found(clusterViews[ref.cluster]);
    const removal = removalOrder(view.spec, driftViews[ref.cluster]?.rows ?? []);
    return {
      form: newForm(ref.tenant),
      cluster: view.summary,
      spec: view.spec,
      reserved: null,
      removal,
      keptNetwork: networkOf(view.spec).cidr,
    };
  },
  edit: () => Promise.reject(new Problem({ code: "nothing-changed" })),
  preview: () => Promise.reject(new Problem({ code: "cluster-busy", operationId: "op-running" })),
  renewCertificates: () => Promise.reject(new Problem({ code: "cluster-busy", operationId: "op-running" })),
  setPowerHours: () => Promise.reject(new Problem({ code: "cluster-busy", operationId: "op-running" })),
  setPower: () => Promise.reject(new Problem({ code: "cluster-busy", operationId: "op-running" })),
  discard: async (_actor, ref) => (await found(clusterViews[ref.cluster])).summary,
  revision: (_actor, _ref, revision) => found(revisions.find((one) => one.revision === revision)),
  kubeconfig: (_actor, ref) => Promise.resolve(`# kubeconfig of ${ref.cluster}\n`),
  receipt: async (_actor, ref) => (ref.cluster === "old" ? { cluster: (await found(clusterViews["old"])).summary, receipt } : refuse()),
});

const driftServices = (scenario: Scenario): DriftServices => ({
  get: (_actor, ref) => found(driftViews[ref.cluster]).then((view) => (scenario === "viewer" ? watched(view) : view)),
  check: (_actor, ref) => found(driftViews[ref.cluster]),
  repair: (_actor, _ref, ids) => (ids?.length === 0 ? Promise.reject(notFound()) : found(operations[0])),
  adopt: (_actor, _ref, id) =>
    id.startsWith("machine-memory") ? found(operations[0]) : Promise.reject(new Problem({ code: "nothing-changed" })),
  ignore: (_actor, ref) => found(driftViews[ref.cluster]),
});

const readOnly = { mayApprove: false, mayPreview: false, mayEdit: false };

const planServices = (scenario: Scenario): PlanServices => ({
  get: async (_actor, _ref, number) => ({
    ...(await found(plans.find((view) => view.plan.number === number))),
    ...(scenario === "viewer" ? readOnly : {}),
  }),
  approve: (_actor, ref, _number, { typedName }) =>
    typedName === null || typedName === ref.cluster
      ? found(operations[0])
      : Promise.reject(new Problem({ code: "name-mismatch", expected: ref.cluster })),
});

const operationServices = (again: boolean): OperationServices => ({
  list: (_actor, { before, states, tenant: slug }) => {
    if (slug !== undefined && slug !== "harbour" && slug !== "lab") return Promise.reject(notFound());
    const matching = operations.filter((one) => states?.includes(one.state) ?? true);
    return Promise.resolve({
      operations: before === undefined ? matching : [],
      total: matching.length,
      skipped: before === undefined ? 0 : matching.length,
      next: null,
    });
  },
  get: (_actor, id) => found(operations.find((one) => one.id === id)),
  page: async (_actor, id) =>
    folded(id === "op-previewing" ? previewing(again) : firstPage(await found(operations.find((one) => one.id === id)))),
  summary: (_actor, id) => found(operations.find((one) => one.id === id)),
  entries: async (_actor, id, after, limit) => {
    const { entries } = await found(operations.find((one) => one.id === id));
    return boundedPage(
      { read: async (_id, cursor, most) => entries.filter((entry) => entry.seq > cursor).slice(0, most) },
      id,
      after,
      limit,
    );
  },
  cancel: (_actor, id) => found(operations.find((one) => one.id === id)),
  resume: () => Promise.reject(new Problem({ code: "wrong-state", verb: "resume", state: "running" })),
});

const folded = ({ entries, ...view }: OperationView): OperationPageView => ({ ...view, progress: forPage(replay(entries)) });

/** The running operation shows part of its journal; the rest comes over the socket. */
const firstPage = (view: OperationView): OperationView => {
  if (view.id !== "op-running") return view;
  const entries = view.entries.slice(0, -3);
  return { ...view, entries, cursor: entries.length };
};

const peopleServices: PeopleServices = {
  list: () => {
    const people: readonly PersonView[] = [
      {
        id: "person-jun",
        name: "jun",
        operator: false,
        createdAt: minutes(9000),
        disabledAt: minutes(300),
        lastSignInAt: minutes(400),
        tenants: [{ slug: "jun", role: "owner" }],
        tenantCount: 1,
        may: { disable: false, enable: true },
      },
      {
        id: "person-mina",
        name: "mina",
        operator: true,
        createdAt: minutes(20_000),
        disabledAt: null,
        lastSignInAt: minutes(12),
        tenants: [
          { slug: "harbour", role: "owner" },
          { slug: "lab", role: "member" },
        ],
        tenantCount: 2,
        may: { disable: false, enable: false },
      },
      {
        id: "person-noor",
        name: "noor",
        operator: false,
        createdAt: minutes(40),
        disabledAt: null,
        lastSignInAt: null,
        tenants: [],
        tenantCount: 0,
        may: { disable: true, enable: false },
      },
    ];
    return Promise.resolve({ people, ...whole(people) });
  },
  setDisabled: (_actor, id) => (id === "person-noor" ? Promise.resolve() : Promise.reject(notFound())),
  tokens: () =>
    Promise.resolve([
      { id: "token-1", label: "laptop", createdAt: minutes(4000), expiresAt: now + 40 * 86_400_000 },
      { id: "token-2", label: "backup script", createdAt: minutes(90), expiresAt: null },
    ]),
  createToken: (_actor, { label }) =>
    Promise.resolve({ token: { id: "token-3", label, createdAt: now, expiresAt: null }, secret: "berth-fixture-shown-once" }),
  revokeToken: () => Promise.resolve(),
  // With a key the same link again, as in a portal.
  invite: (_actor, _request, keyed) =>
    Promise.resolve({ link: `http://127.0.0.1:8080/join/fixture${keyed ? `-${keyed.id}` : ""}`, expiresAt: now + 86_400_000 }),
};
