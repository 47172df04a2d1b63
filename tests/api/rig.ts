/** A whole portal over real HTTP and WebSocket on loopback, with stores in memory and no pages. */
import { addOns } from "#app/domain/add-ons/all.ts";
import { allClusters, registration } from "#tests/contract/fixtures.ts";
import { emptyHypervisor, everywhere } from "#tests/contract/empty-hypervisor.ts";
import type { Cluster } from "#app/domain/cluster/cluster.ts";
import type { ClusterSpec } from "#app/domain/cluster/spec.ts";
import { message } from "#app/domain/message/message.ts";
import type { AddressInfo } from "node:net";
import type { Blueprint } from "#app/domain/blueprints/blueprint.ts";
import type { ServiceKind } from "#app/domain/services/service.ts";
import { createKeyMaker } from "#app/adapters/keys/key-maker.ts";
import { systemSecrets } from "#app/adapters/auth/secrets.ts";
import { attemptLimiter, type AttemptLimits, defaultLimits } from "#app/adapters/auth/attempts.ts";
import { memoryStores, type MemoryStores } from "#app/adapters/memory/stores.ts";
import { setupStepIds } from "#app/domain/setup.ts";
import type { OperationEvent } from "#app/domain/operation/event.ts";
import type { Plan } from "#app/domain/plan/plan.ts";
import type { Actor } from "#app/domain/tenant.ts";
import type { HostCheck } from "#app/ports/host-check.ts";
import type { Hypervisors } from "#app/ports/hosts/by-host.ts";
import type { Hypervisor } from "#app/ports/hypervisor.ts";
import type { Claim } from "#app/ports/operation-store.ts";
import type { PasswordHasher } from "#app/ports/password-hasher.ts";
import type { SetupStatus } from "#app/ports/setup-status.ts";
import { createServices } from "#app/services/create-services.ts";
import type { Services } from "#app/services/portal.ts";
import { createSessions, type Sessions } from "#app/services/people/sessions.ts";
import type { ServerBuild } from "@remix-run/server-runtime";
import { createHttpServer } from "#app/server/http.server.ts";
import { createLogger, troubleTo } from "#app/server/logger.server.ts";
import { sessionCookie } from "#app/server/http/session-cookie.server.ts";
import type { SocketLimits } from "#app/server/socket/socket.server.ts";

/** As slow as argon2id is, it is tested by itself; here passwords are only marked. */
const quickHasher: PasswordHasher = {
  hash: async (password) => `hashed ${password}`,
  verify: async (hash, password) => hash === `hashed ${password}`,
};

export interface Rig {
  readonly url: string;
  readonly stores: MemoryStores;
  readonly services: Services;
  readonly sessions: Sessions;
  /** What the portal recorded, one JSON text per line. */
  readonly records: readonly string[];
  readonly cookieOf: (secret: string) => string;
  /** A person with an own tenant of the same name, and a token. */
  person(name: string, operator?: boolean): Promise<Someone>;
  /** Queues nothing: claims the oldest queued operation, as a worker does. */
  claim(): Promise<Claim>;
  append(claim: Claim, ...events: OperationEvent[]): Promise<void>;
  plan(clusterName: string, tenant: string, change?: Partial<Plan>): Promise<Plan>;
  openSockets(): number;
  close(): Promise<void>;
}

export interface Someone {
  readonly actor: Actor;
  readonly token: string;
  /** `Cookie` header value. */
  readonly cookie: string;
  readonly session: string;
}

export interface RigOptions {
  readonly ready?: Parameters<typeof setupOf>[0];
  readonly limits?: AttemptLimits;
  readonly hypervisor?: Hypervisor;
  /** Where hosts differ. */
  readonly hypervisors?: Hypervisors;
  readonly hostCheck?: HostCheck;
  readonly autoResume?: boolean;
  readonly networkRange?: string;
  readonly maxQueuedPreviews?: number;
  /** In place of what `ready` says. */
  readonly setupStatus?: SetupStatus;
  readonly blueprints?: readonly Blueprint[];
  readonly serviceKinds?: readonly ServiceKind[];
  readonly sockets?: Partial<SocketLimits>;
  readonly trustedProxies?: readonly string[];
  /** The pages; none unless given. */
  readonly build?: ServerBuild;
  readonly site?: string;
  /** In memory, unless given. */
  readonly stores?: MemoryStores;
}

const cookieKey = Buffer.alloc(32, 7);
/** Attempts are never slowed down. */
export const unlimited: AttemptLimits = {
  ...defaultLimits,
  pair: { ...defaultLimits.pair, free: 1e6 },
  address: { ...defaultLimits.address, free: 1e6 },
  account: { ...defaultLimits.account, free: 1e6 },
};
export const password = "correct horse battery";

export async function startRig(options: RigOptions = {}): Promise<Rig> {
  const stores = options.stores ?? memoryStores();
  await stores.hosts.register(
    registration({ memoryReserveMiB: 1024, ...(options.networkRange === undefined ? {} : { networkRange: options.networkRange }) }),
  );
  const records: string[] = [];
  const recorder = createLogger({ write: (line: string) => void records.push(line) });
  const sessions = createSessions({
    people: stores.people,
    hasher: quickHasher,
    limiter: attemptLimiter(options.limits),
    secrets: systemSecrets,
    now: Date.now,
  });
  const ports = {
    ...stores,
    secretStore: stores.secrets,
    hypervisors: options.hypervisors ?? everywhere(options.hypervisor ?? calmHypervisor),
    ...(options.hostCheck ? { hostChecks: everywhere(options.hostCheck) } : {}),
    setupStatus: options.setupStatus ?? setupOf(options.ready ?? true),
    keyMaker: createKeyMaker(),
    secrets: systemSecrets,
    now: Date.now,
    queueLimits: () => ({ maxRunning: 1, maxPerTenant: 1, memoryLow: false }),
    onTrouble: (doing: string, error: unknown) => troubleTo(recorder)(error, doing),
  };
  // The port is not known before it is open; loopback names are allowed with any.
  const site = { publicUrl: options.site ?? "http://berth.test" };
  const services = createServices(ports, {
    ...settings,
    maxQueuedPreviews: options.maxQueuedPreviews ?? settings.maxQueuedPreviews,
    autoResume: options.autoResume ?? true,
    ...(options.blueprints ? { blueprints: options.blueprints } : {}),
    ...(options.serviceKinds ? { serviceKinds: options.serviceKinds } : {}),
  });
  const http = createHttpServer({
    services,
    sessions,
    operations: stores.operations,
    journal: stores.journal,
    site,
    cookieKey,
    language: "en",
    records: recorder,
    healthy: async () => undefined,
    build: options.build ?? null,
    trustedProxies: options.trustedProxies ?? [],
    browserFolder: null,
    socketLimits: options.sockets ?? {},
  });
  await new Promise<void>((resolve) => http.server.listen(0, "127.0.0.1", resolve));
  const { port } = http.server.address() as AddressInfo;
  const cookies = sessionCookie(cookieKey, site.publicUrl);
  const cookieOf = (secret: string) => cookies.issue(secret, Date.now() + 60_000).split(";")[0] ?? "";
  return {
    url: `http://127.0.0.1:${port}`,
    stores,
    services,
    sessions,
    records,
    cookieOf,
    person: (name, operator = false) => makePerson(stores, sessions, cookieOf, name, operator),
    claim: () => claimOldest(stores),
    append: async (claim, ...events) => void (await stores.journal.append(claim, events, Date.now())),
    plan: (name, tenant, change = {}) => storePlan(stores, name, tenant, change),
    openSockets: http.openSockets,
    close: () => http.close(200),
  };
}

const settings = {
  apiServerNames: ["berth.test", "localhost"],
  driftMinutes: 0,
  kubeconfigDays: 7,
  drafts: { maxPerTenant: 20, days: 14 },
  maxQueuedPreviews: 50,
  publicUrl: "http://berth.test",
};

export const calmHypervisor: Hypervisor = {
  ...emptyHypervisor,
  capacity: async () => ({ hostName: "kvm-1", cpus: 16, memoryMiB: 65_536, freeMemoryMiB: 60_000, diskGiB: 500, freeDiskGiB: 400 }),
};

export const setupOf = (ready: boolean | "but-for-the-image"): SetupStatus => ({
  read: async () => ({
    updatedAt: 1,
    steps: setupStepIds.map((id) => ({
      id,
      estimateSeconds: 1,
      tail: [],
      step: ready === true || (ready && id !== "image") ? { state: "done", startedAt: 0, endedAt: 1, outcome: [] } : { state: "waiting" },
    })),
    hypervisor: null,
    accelerator: ready ? { accelerator: "tcg", reasons: [message("no-virtualisation")], chosenBy: "probe" } : null,
  }),
  images: async () => (ready === true ? [nodeImage] : []),
  plannedImage: async () => (ready === true ? null : nodeImage),
});

const nodeImage = {
  name: "debian-13-kubernetes-1.35.4",
  kind: "node",
  contentHash: "a".repeat(64),
  folder: "/var/cache/berth/artefacts/image-node/a",
  kubernetesVersion: "1.35.4",
  sizeBytes: 1,
  builtAt: "2026-11-20T00:00:00Z",
  packages: [],
  components: {},
  containerImages: addOns.flatMap(({ versions, images }) => versions.flatMap(images)),
  parts: [],
} as const;

async function makePerson(
  stores: MemoryStores,
  sessions: Sessions,
  cookieOf: Rig["cookieOf"],
  name: string,
  operator: boolean,
): Promise<Someone> {
  const id = systemSecrets.id();
  const now = Date.now();
  await stores.people.createPerson({ id, name, passwordHash: `hashed ${password}`, operator, tenantId: systemSecrets.id(), now });
  const token = `berth_${systemSecrets.secret()}`;
  await stores.people.addToken({
    id: systemSecrets.id(),
    hash: systemSecrets.digest(token),
    personId: id,
    label: "test",
    createdAt: now,
    expiresAt: null,
  });
  const { secret } = await sessions.signIn(name, password, "rig");
  const actor = await sessions.byToken(token);
  if (!actor) throw new Error(`making ${name}: the token is not known`);
  return { actor, token, session: secret, cookie: cookieOf(secret) };
}

async function claimOldest(stores: MemoryStores): Promise<Claim> {
  const taken = await stores.operations.claim({ workerId: "rig", now: Date.now, leaseMs: 60_000, maxRunning: 100 });
  if (!taken) throw new Error("claiming: nothing is queued");
  return taken.claim;
}

/** What a preview would have found. */
async function storePlan(stores: MemoryStores, name: string, slug: string, change: Partial<Plan>): Promise<Plan> {
  const tenant = await stores.people.tenantBySlug(slug);
  const cluster = tenant && (await stores.clusters.byName(tenant.id, name));
  if (!cluster) throw new Error(`planning: ${slug}/${name} is not there`);
  return stores.clusters.addPlan({
    id: systemSecrets.id(),
    tenantId: cluster.tenantId,
    clusterId: cluster.id,
    operationId: "none",
    kind: "update",
    fromRevision: cluster.liveRevision,
    specRevision: cluster.revision,
    stateSerial: await stores.clusters.stateSerial(cluster.id),
    hash: "sha256:0123",
    rows: [],
    headroom: [],
    refusals: [],
    createdAt: Date.now(),
    ...change,
  });
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly json: Record<string, unknown>;
}

/** Of a portal with one cluster. */
export async function onlyCluster({ stores }: Pick<Rig, "stores">): Promise<Cluster> {
  const [cluster] = await allClusters(stores.clusters, null);
  if (cluster === undefined) throw new Error("the portal has no cluster");
  return cluster;
}

/** The newest revision of that one cluster. */
export async function newestSpec(rig: Pick<Rig, "stores">): Promise<ClusterSpec> {
  const { id, revision } = await onlyCluster(rig);
  const spec = await rig.stores.clusters.spec(id, revision);
  if (spec === null) throw new Error(`cluster ${id} has no revision ${revision}`);
  return spec;
}

/** One request with a token or a cookie; `from` adds what a browser adds on its own pages. */
export async function ask(
  rig: Pick<Rig, "url">,
  method: string,
  path: string,
  o: { token?: string; cookie?: string; body?: unknown; headers?: Record<string, string> } = {},
): Promise<Answer> {
  const headers = new Headers({ Accept: "application/json", ...o.headers });
  if (o.token !== undefined) headers.set("Authorization", `Bearer ${o.token}`);
  if (o.cookie !== undefined) headers.set("Cookie", o.cookie);
  if (o.body !== undefined && !headers.has("Content-Type")) headers.set("Content-Type", "application/json");
  const body = o.body === undefined ? {} : { body: typeof o.body === "string" ? o.body : JSON.stringify(o.body) };
  const response = await fetch(`${rig.url}${path}`, { method, headers, redirect: "manual", ...body });
  const text = await response.text();
  return { status: response.status, headers: response.headers, text, json: parsed(text) };
}

function parsed(text: string): Record<string, unknown> {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return {};
  }
}

/** A rig in which the person `ada` has the cluster `demo`, whose preview is queued. */
export async function startRigWithCluster(): Promise<{ readonly rig: Rig; readonly ada: Someone }> {
  const rig = await startRig();
  const ada = await rig.person("ada");
  await makeCluster(rig, ada, "demo");
  return { rig, ada };
}

/** A cluster of that person, made through the API; gives the id of its preview. */
export async function makeCluster(rig: Rig, who: Someone, name: string, more: Readonly<Record<string, unknown>> = {}): Promise<string> {
  const made = await ask(rig, "POST", `/api/v1/tenants/${who.actor.name}/clusters`, { token: who.token, body: { name, ...more } });
  if (made.status !== 201) throw new Error(`making ${name}: ${made.text}`);
  return (made.json.operation as { id: string }).id;
}
