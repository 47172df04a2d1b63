/** Composition root: from settings to a portal that runs. The only place that knows which adapter stands behind which port. */
import { access } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { ServerBuild } from "@remix-run/server-runtime";
import type { Logger } from "pino";
import { argon2Hasher } from "#app/adapters/auth/argon2.ts";
import { attemptLimiter } from "#app/adapters/auth/attempts.ts";
import { systemSecrets } from "#app/adapters/auth/secrets.ts";
import { publishedFile } from "#app/adapters/files/published-file.ts";
import { localHostCheck } from "#app/adapters/host/host-check.ts";
import { createKeyMaker } from "#app/adapters/keys/key-maker.ts";
import { kubernetesNodes } from "#app/adapters/kubernetes/nodes.ts";
import { libvirtHostInspection } from "#app/adapters/libvirt/host-inspection.ts";
import { libvirtHypervisor } from "#app/adapters/libvirt/hypervisor.ts";
import { virshAt } from "#app/adapters/libvirt/virsh.ts";
import { endPrivateDaemon, restartServices } from "#app/adapters/libvirt/restart-daemon.ts";
import { openSecretStore } from "#app/adapters/secrets/secret-store.ts";
import { type BerthDatabase, openDatabase } from "#app/adapters/sql/database/database.ts";
import { type SqlStores, sqlStores } from "#app/adapters/sql/stores.ts";
import { imagePoolName } from "#app/domain/cluster/ownership.ts";
import { type ClusterSpec, controlPlaneOf } from "#app/domain/cluster/spec.ts";
import { type HostId, type HostRegistration, localHost } from "#app/domain/host/libvirt-host.ts";
import type { HostCheck } from "#app/ports/host-check.ts";
import type { Hypervisors } from "#app/ports/hosts/by-host.ts";
import type { Hypervisor } from "#app/ports/hypervisor.ts";
import type { SecretStore } from "#app/ports/secret-store.ts";
import type { SetupStatus } from "#app/ports/setup-status.ts";
import type { MachineHost, StackEngine, StackProgress } from "#app/ports/stack-engine.ts";
import { boundedJournal } from "#app/services/operations/bounded-journal.ts";
import { createServices } from "#app/services/create-services.ts";
import { startDriftWatch } from "#app/services/drift/drift-watch.ts";
import { startCompaction } from "#app/services/background/journal-compaction.ts";
import { startPowerSchedule } from "#app/services/background/power-schedule.ts";
import { startDraftExpiry } from "#app/services/clusters/drafts.ts";
import { startSweeping } from "#app/services/background/sweep-orphans.ts";
import { patientPorts } from "#app/services/storage/retrying-stores.ts";
import { byHost } from "#app/services/hosts/known-hosts.ts";
import { publish } from "#app/services/hosts/published-ports.ts";
import { createSessions, type Sessions } from "#app/services/people/sessions.ts";
import { createStackEngine } from "#pulumi/driver/engine.ts";
import { stateSizes } from "#pulumi/stack/stack-files.ts";
import { memoryLow } from "#pulumi/driver/memory.ts";
import { findEngine } from "#pulumi/toolchain/build.ts";
import { stackRecords } from "#pulumi/recovery/orphans.ts";
import { startWorker, type Worker } from "#pulumi/worker/worker.ts";
import { workerIdentity } from "#pulumi/worker/worker-identity.ts";
import type { Config } from "#app/foundation/config.server.ts";
import { createHttpServer, type HttpServer } from "./http.server.ts";
import { troubleTo } from "./logger.server.ts";
import { cookieKey, makeFolders, writeFirstLink, writeLocalToken } from "./run-files.server.ts";
import { setupStatusFrom } from "./setup-status.server.ts";

export interface Portal {
  readonly http: HttpServer;
  /** Begins nothing new, lets running operations end or hands them over. May continue while the server is being closed. */
  drain(): Promise<void>;
  /** Stops the worker, then the database. Call after the server was closed. */
  stop(): Promise<void>;
}

export interface Pages {
  readonly build: ServerBuild | null;
  readonly browserFolder: string | null;
}

/** In place of what a machine needs libvirt and built images for: a whole portal can then be tested anywhere. */
export interface StandIns {
  readonly hypervisor?: Hypervisor;
  readonly engine?: StackEngine & StackProgress;
  readonly setupStatus?: SetupStatus;
}

interface Parts {
  readonly standIns: StandIns;
  readonly config: Config;
  readonly records: Logger;
  readonly database: BerthDatabase;
  readonly stores: SqlStores;
  readonly secretStore: SecretStore;
  readonly hypervisors: Hypervisors;
  readonly setupStatus: SetupStatus;
}

const now = (): number => Date.now();

export async function compose(config: Config, pages: Pages, records: Logger, standIns: StandIns = {}): Promise<Portal> {
  await makeFolders(config.home);
  const parts = await openParts(config, records, standIns);
  const { stores, secretStore, hypervisors, setupStatus, database } = parts;
  await stores.hosts.register(localRegistration(config));
  const sessions = createSessions({
    people: stores.people,
    hasher: argon2Hasher(),
    limiter: attemptLimiter(),
    secrets: systemSecrets,
    now,
  });
  await writeLocalToken(config.home, sessions, systemSecrets);
  const worker = startEmbeddedWorker(parts);
  const ports = {
    ...stores,
    secretStore,
    hypervisors,
    ...(standIns.hypervisor === undefined ? { hostChecks: byHost({ [localHost]: hostCheckOf(config) }) } : {}),
    setupStatus,
    keyMaker: createKeyMaker(),
    secrets: systemSecrets,
    now,
    queueLimits: () => queueLimits(config, worker),
    stateSizes: stateSizes(config.home),
    onTrouble: tellTrouble(records),
  };
  const services = createServices(ports, serviceSettings(config));
  const schedule = startPowerSchedule({ ...stores, services, now }, { onTrouble: tellTrouble(records) });
  const http = createHttpServer({
    services,
    sessions,
    operations: stores.operations,
    journal: stores.journal,
    site: config,
    cookieKey: await cookieKey(config.home),
    language: config.language,
    trustedProxies: config.trustedProxies,
    records,
    healthy: async () => void (await stores.people.countPeople()),
    ...pages,
  });
  const stopChores = startChores(parts, sessions, worker);
  return {
    http,
    drain: () => worker.stop(),
    stop: async () => {
      await stopChores();
      await schedule.stop();
      await worker.stop();
      await database.close();
    },
  };
}

const queueLimits = (config: Config, worker: Worker) => ({
  maxRunning: config.maxOperations,
  maxPerTenant: config.maxOperationsPerTenant,
  memoryLow: worker.memoryLow(),
});

async function openParts(config: Config, records: Logger, standIns: StandIns): Promise<Parts> {
  const database = await openDatabase(config.database);
  const stores = sqlStores(database);
  return {
    standIns,
    config,
    records,
    database,
    stores,
    secretStore: await openSecretStore(stores.sealedRows, config.secretKeyFile),
    hypervisors: byHost({
      [localHost]: standIns.hypervisor ?? libvirtHypervisor({ uri: config.libvirtUri, disksFolder: poolRoot(config) }),
    }),
    setupStatus: standIns.setupStatus ?? setupStatusFrom(config, now),
  };
}

const poolRoot = (config: Config): string => join(config.home, "pools");

/** The machine of the portal itself, as its settings describe it. */
function localRegistration(config: Config): HostRegistration {
  const anyAddress = config.publishAddress === "0.0.0.0" || config.publishAddress === "::";
  return {
    id: localHost,
    name: hostname(),
    networkRange: config.networkRange,
    portBase: config.publishBase,
    publishedHost: anyAddress ? publicHostOf(config) : config.publishAddress,
    memoryReserveMiB: config.memoryReserveMiB,
  };
}

const publicHostOf = (config: Config): string => new URL(config.publicUrl).hostname.replace(/^\[|\]$/g, "");

function serviceSettings(config: Config) {
  return {
    apiServerNames: [publicHostOf(config), "localhost", "127.0.0.1"],
    driftMinutes: config.driftMinutes,
    kubeconfigDays: config.kubeconfigDays,
    powerHours: config.powerHours,
    drafts: draftSettings(config),
    maxQueuedPreviews: config.maxQueuedPreviews,
    autoResume: config.autoResume,
    publicUrl: config.publicUrl,
  };
}

const draftSettings = (config: Config) => ({ maxPerTenant: config.maxDrafts, days: config.draftDays });

const tellTrouble = (records: Logger) => (doing: string, error: unknown) => troubleTo(records)(error, doing);

/** The engine itself is loaded by one child process per operation, never by this one. */
function startEmbeddedWorker(parts: Parts): Worker {
  const { config, records, stores, secretStore, hypervisors } = parts;
  const engineFolder = () => findEngine({ cache: config.cache });
  const built = createStackEngine({ engineFolder, home: config.home, hypervisors, ...engineLimits(config) });
  const engine = parts.standIns.engine ?? built;
  const hostInspections = byHost({
    [localHost]: libvirtHostInspection({
      uri: config.libvirtUri,
      disksFolder: poolRoot(config),
      restartDaemon: config.hypervisor === "private" ? endPrivateDaemon : restartServices,
    }),
  });
  const realHost = parts.standIns.hypervisor === undefined;
  const ending = new AbortController();
  const pause = () => sleep(500, undefined, { signal: ending.signal }).catch(() => undefined);
  const patience = { now, pause, outputMs: 20_000, ending: ending.signal };
  const ports = boundedJournal(
    patientPorts(
      {
        ...stores,
        secrets: secretStore,
        hypervisors,
        ...(realHost ? { hostLooks: hostInspections, hostChecks: byHost({ [localHost]: hostCheckOf(config) }) } : {}),
        nodes: kubernetesNodes(),
        keyMaker: createKeyMaker(),
        engine,
        machineHost: (spec: ClusterSpec, need: "image" | "without-image" = "image") => machineHostFor(parts, spec, need),
        exists: (hostId: HostId, path: string) => localFiles.of(hostId)(path),
        now,
        newId: systemSecrets.id,
      },
      patience,
    ),
  );
  const onTrouble = tellTrouble(records);
  const worker = startWorker(ports, {
    workerId: workerIdentity(),
    slots: config.maxOperations,
    perTenant: config.maxOperationsPerTenant,
    autoResume: config.autoResume,
    drainMs: config.drainSeconds * 1_000,
    memoryLow: () => memoryLow(config.engineMemoryMiB),
    onTrouble,
  });
  const watch = startDriftWatch(
    { ...ports, hostInspections, engine: built },
    { everyMinutes: realHost ? config.driftMinutes : 0, onTrouble },
  );
  const sweep = startSweeping(
    { ...stores, hypervisors, records: stackRecords(config.home), poolRoots: byHost({ [localHost]: poolRoot(config) }), now },
    {
      onRemoved: (what) => records.info({ what }, "removed what clusters that are gone had left on the libvirt host"),
      onTrouble,
    },
  );
  const expiry = startDraftExpiry(
    { clusters: stores.clusters, secretStore, now },
    {
      ...draftSettings(config),
      onDiscarded: (drafts) =>
        records.info(
          { clusters: drafts.map(({ id, tenantId, name }) => ({ id, tenantId, name })) },
          "discarded drafts that nobody changed",
        ),
      onTrouble,
    },
  );
  const packing = startCompaction(stores.journal, { afterHours: config.packHours, now, onTrouble });
  const stop = async () => {
    // What waits for the database now waits for the next start.
    ending.abort();
    await Promise.all([watch.stop(), packing.stop(), expiry.stop(), sweep.stop(), worker.stop()]);
  };
  return { ...worker, stop };
}

/** Ports are published by the launcher, which started this process. */
const hostCheckOf = (config: Config): HostCheck =>
  localHostCheck({
    disksFolder: poolRoot(config),
    publishAddress: config.publishAddress,
    publisher: process.ppid,
    ...(config.libvirtUri.startsWith("qemu:///") ? { capabilities: () => virshAt(config.libvirtUri)(["capabilities"]) } : {}),
  });

const engineLimits = (config: Config) => ({
  memoryMiB: config.engineMemoryMiB,
  keptStates: config.keptStates,
  budgets: { phase: config.phaseBudgets ?? {}, silenceSeconds: config.engineSilenceSeconds },
});

/** Files of a host that is this machine. */
const localFiles = byHost({
  [localHost]: (path: string) =>
    access(path).then(
      () => true,
      () => false,
    ),
});

/** How the engine reaches each host, and where it lays what. */
const placesOf = (config: Config) =>
  byHost({ [localHost]: { libvirtUri: config.libvirtUri, poolRoot: poolRoot(config), consoleFolder: join(config.home, "consoles") } });

async function machineHostFor(
  { config, setupStatus }: Parts,
  spec: ClusterSpec,
  need: "image" | "without-image",
): Promise<MachineHost | null> {
  const { contentHash } = controlPlaneOf(spec).image;
  const known = [await setupStatus.plannedImage(), ...(await setupStatus.images())];
  const imageOf = (hash: string) => known.findLast((i) => i?.contentHash === hash);
  const image = imageOf(contentHash);
  const others = [...new Set(spec.machines.map((m) => m.image.contentHash))].filter((hash) => hash !== contentHash);
  if ([contentHash, ...others].some((hash) => !imageOf(hash)) && need === "image") return null;
  const planned = [contentHash, ...others].some((hash) => known[0] && imageOf(hash) === known[0]);
  return {
    ...(planned ? { imagePlanned: true as const } : {}),
    ...(others.length === 0
      ? {}
      : { otherImages: others.map((hash) => ({ contentHash: hash, folder: imageOf(hash)?.folder ?? "", pool: imagePoolName(hash) })) }),
    ...placesOf(config).of(spec.hostId),
    imageFolder: image?.folder ?? "",
    imagePool: imagePoolName(contentHash),
  };
}

/** Keeps the gateway's list and the first link up to date: when something was journalled, and now and then. */
function startChores({ config, records, stores }: Parts, sessions: Sessions, worker: Worker): () => Promise<void> {
  const ports = byHost({ [localHost]: publishedFile(join(config.home, "run", "published.json")) });
  const trouble = troubleTo(records);
  let running: Promise<unknown> = Promise.resolve();
  const runAll = () => {
    running = running
      .then(() => publish(stores.clusters, stores.hosts, ports))
      .then(() => writeFirstLink(config.home, sessions, config.publicUrl))
      .catch((error: unknown) => trouble(error, "keeping the run folder up to date"));
  };
  let soon: NodeJS.Timeout | undefined;
  const unsubscribe = stores.journal.onAppend(() => {
    worker.wake();
    soon ??= setTimeout(() => {
      soon = undefined;
      runAll();
    }, 1_000);
  });
  const timer = setInterval(runAll, 15_000);
  runAll();
  return async () => {
    unsubscribe();
    clearInterval(timer);
    clearTimeout(soon);
    await running;
  };
}
