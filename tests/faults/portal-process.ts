/**
 * A portal made to be killed: the real web server, services, stores and worker in one process (or only one half of it)
 * on the home of a test. Its only argument is a {@link PortalOrder} as JSON. Prints `up` when it answers.
 */
import { localHost } from "#app/domain/host/libvirt-host.ts";
import { everywhere } from "#tests/contract/empty-hypervisor.ts";
import { existsSync, readFileSync } from "node:fs";
import { access } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { systemSecrets } from "#app/adapters/auth/secrets.ts";
import { attemptLimiter } from "#app/adapters/auth/attempts.ts";
import { createKeyMaker } from "#app/adapters/keys/key-maker.ts";
import { libvirtHostInspection } from "#app/adapters/libvirt/host-inspection.ts";
import { libvirtHypervisor } from "#app/adapters/libvirt/hypervisor.ts";
import { openSecretStore } from "#app/adapters/secrets/secret-store.ts";
import { openDatabase } from "#app/adapters/sql/database/database.ts";
import { type SqlStores, sqlStores } from "#app/adapters/sql/stores.ts";
import { setupStepIds } from "#app/domain/setup.ts";
import type { Hypervisor } from "#app/ports/hypervisor.ts";
import type { SecretStore } from "#app/ports/secret-store.ts";
import type { ReadyImage, SetupStatus } from "#app/ports/setup-status.ts";
import { createHttpServer } from "#app/server/http.server.ts";
import { createLogger } from "#app/server/logger.server.ts";
import { createServices } from "#app/services/create-services.ts";
import type { ClusterRequest, Services } from "#app/services/portal.ts";
import type { RunPorts } from "#app/services/run/run-parts.ts";
import { boundedJournal } from "#app/services/operations/bounded-journal.ts";
import { patientPorts } from "#app/services/storage/retrying-stores.ts";
import { createSessions } from "#app/services/people/sessions.ts";
import { createStackEngine } from "#pulumi/driver/engine.ts";
import { startWorker } from "#pulumi/worker/worker.ts";
import { workerIdentity } from "#pulumi/worker/worker-identity.ts";
import { plainBlueprint } from "#tests/plain/blueprint.ts";
import type { PortalOrder } from "./order.ts";
import { standInEngine, standInHypervisor } from "./stand-in-engine.ts";

const order = JSON.parse(process.argv[2] ?? "") as PortalOrder;
const clockFile = join(order.home, "clock-offset");
/** Wall time, off by as many milliseconds as a file says: clocks jump while a process runs. */
const now = (): number => Date.now() + (existsSync(clockFile) ? Number(readFileSync(clockFile, "utf8")) : 0);

/** Stand-ins take milliseconds where machines take minutes: there the portal looks as often as anywhere. */
const polls = order.engine.kind === "stand-in" ? { database: { pollMs: 50 }, worker: { pollMs: 100 } } : { database: {}, worker: {} };
const database = await openDatabase(
  { kind: "sqlite", path: order.database },
  { ...polls.database, ...(order.busyTimeoutMs === undefined ? {} : { busyTimeoutMs: order.busyTimeoutMs }) },
);
const stores = sqlStores(database);
const secrets = await openSecretStore(stores.sealedRows, join(order.home, "keys", "master.key"));
const records = createLogger();
const slots = 4;
const onTrouble = (doing: string, error: unknown): void => console.error(`${doing}: ${String(error)}`);
const { engine, image } = order;
const hypervisor: Hypervisor =
  engine.kind === "stand-in" || engine.libvirtUri === "none"
    ? standInHypervisor(order.home)
    : libvirtHypervisor({ uri: engine.libvirtUri, disksFolder: order.home });
const hypervisors = everywhere(hypervisor);
await stores.hosts.register({
  id: localHost,
  name: "faults",
  networkRange: "10.92.0.0/16",
  portBase: 30_000,
  publishedHost: "berth.test",
  memoryReserveMiB: 0,
});

const setupStatus: SetupStatus = {
  read: () =>
    Promise.resolve({
      updatedAt: 1,
      steps: setupStepIds.map((id) => ({
        id,
        estimateSeconds: 1,
        tail: [],
        step: { state: "done", startedAt: 0, endedAt: 1, outcome: [] },
      })),
      hypervisor: null,
      accelerator: { accelerator: "tcg", reasons: [], chosenBy: "setting" },
    }),
  images: () => Promise.resolve([readyImage]),
  plannedImage: () => Promise.resolve(null),
};

const readyImage: ReadyImage = {
  ...image,
  kind: "tiny",
  kubernetesVersion: "1.35.4",
  sizeBytes: 1,
  builtAt: "2026-11-20T00:00:00Z",
  packages: [],
  components: {},
  containerImages: [],
  parts: [],
};

/** The form knows no tiny machines: what it asks for is made small on its way to the use case. */
function withTinyMachines(services: Services): Services {
  const size = { vcpus: 1, memoryMiB: 128, diskGiB: 1 };
  const tiny = (r: ClusterRequest): ClusterRequest => ({
    ...r,
    blueprint: plainBlueprint.id,
    controlPlane: size,
    pools: r.pools.map((pool) => ({ ...pool, ...size })),
    image: null,
  });
  const { clusters } = services;
  return {
    ...services,
    clusters: {
      ...clusters,
      newForm: async (actor, tenant) => ({ ...(await clusters.newForm(actor, tenant)), kubernetesVersions: ["1.35.4"] }),
      create: (actor, tenant, request, key) => clusters.create(actor, tenant, tiny(request), key),
      edit: (actor, ref, request, ...rest) => clusters.edit(actor, ref, tiny(request), ...rest),
    },
  };
}

async function openWeb(held: SqlStores, secretStore: SecretStore, port: number): Promise<void> {
  const people = { hash: () => Promise.resolve("none"), verify: () => Promise.resolve(false) };
  const sessions = createSessions({ people: held.people, hasher: people, limiter: attemptLimiter(), secrets: systemSecrets, now });
  const settings = {
    blueprints: [plainBlueprint],
    apiServerNames: ["berth.test"],
    driftMinutes: 0,
    kubeconfigDays: 7,
    drafts: { maxPerTenant: 1_000, days: 0 },
    maxQueuedPreviews: 1_000,
    autoResume: order.autoResume,
    publicUrl: `http://127.0.0.1:${port}`,
  };
  const ports = {
    ...held,
    secretStore,
    hypervisors,
    setupStatus,
    keyMaker: createKeyMaker(),
    secrets: systemSecrets,
    now,
    queueLimits: () => ({ maxRunning: 2, maxPerTenant: 2, memoryLow: false }),
  };
  const http = createHttpServer({
    services: withTinyMachines(createServices(ports, settings)),
    sessions,
    operations: held.operations,
    journal: held.journal,
    site: settings,
    cookieKey: Buffer.alloc(32, 7),
    language: "en",
    records,
    healthy: () => Promise.resolve(),
    build: null,
    browserFolder: null,
    socketLimits: order.socketLimits ?? {},
  });
  await new Promise<void>((resolve) => http.server.listen(port, "127.0.0.1", resolve));
}

function runPorts(held: SqlStores, secretStore: SecretStore): RunPorts {
  const stackEngine =
    engine.kind === "stand-in"
      ? standInEngine({ home: order.home, stepMs: engine.stepMs, linesPerStep: engine.linesPerStep, lineBytes: engine.lineBytes ?? 0 })
      : createStackEngine({
          engineFolder: engine.engineFolder,
          home: order.home,
          hypervisors,
          ...(engine.budgets === undefined ? {} : { budgets: engine.budgets }),
          ...(engine.programModule === undefined ? {} : { programModule: engine.programModule }),
        });
  const libvirtUri = engine.kind === "stand-in" ? "stand-in" : engine.libvirtUri;
  const host = {
    libvirtUri,
    imageFolder: image.folder,
    imagePool: "berth-test-image",
    poolRoot: order.poolRoot,
    consoleFolder: join(order.home, "consoles"),
  };
  return {
    ...held,
    secrets: secretStore,
    hypervisors,
    ...(engine.kind === "stand-in" || engine.libvirtUri === "none"
      ? {}
      : { hostInspections: everywhere(libvirtHostInspection({ uri: engine.libvirtUri, disksFolder: order.home })) }),
    engine: stackEngine,
    machineHost: () => Promise.resolve(host),
    exists: (_host, path) =>
      access(path).then(
        () => true,
        () => false,
      ),
    now,
    newId: systemSecrets.id,
  };
}

if (order.port !== null) await openWeb(stores, secrets, order.port);
if (order.worker) {
  const ending = new AbortController();
  const ports = boundedJournal(
    patientPorts(runPorts(stores, secrets), { now, pause: () => sleep(200), outputMs: 5_000, ending: ending.signal }),
  );
  const worker = startWorker(ports, {
    workerId: workerIdentity(),
    slots,
    ...polls.worker,
    drainMs: 0,
    leaseMs: order.leaseMs,
    autoResume: order.autoResume,
    onTrouble,
  });
  stores.journal.onAppend(() => worker.wake());
  process.once("SIGTERM", () => {
    ending.abort();
    void worker.stop().then(() => process.exit(0));
  });
} else process.once("SIGTERM", () => process.exit(0));
console.log("up");
