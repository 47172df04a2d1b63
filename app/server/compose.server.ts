/** Composition root: from settings to a portal that runs. The only place that knows which adapter stands behind which port. */
import { access } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import type { ServerBuild } from "@remix-run/server-runtime";
import type { Logger } from "pino";
import { argon2Hasher } from "#app/adapters/auth/argon2.ts";
import { attemptLimiter } from "#app/adapters/auth/attempts.ts";
import { systemSecrets } from "#app/adapters/auth/secrets.ts";
import { publishedFile } from "#app/adapters/files/published-file.ts";
import { createKeyMaker } from "#app/adapters/keys/key-maker.ts";
import { libvirtHypervisor } from "#app/adapters/libvirt/hypervisor.ts";
import { openSecretStore } from "#app/adapters/secrets/secret-store.ts";
import { type BerthDatabase, openDatabase } from "#app/adapters/sql/database.ts";
import { type SqlStores, sqlStores } from "#app/adapters/sql/stores.ts";
import type { ClusterSpec } from "#app/domain/cluster/spec.ts";
import type { Hypervisor } from "#app/ports/hypervisor.ts";
import type { SecretStore } from "#app/ports/secret-store.ts";
import type { SetupStatus } from "#app/ports/setup-status.ts";
import type { MachineHost } from "#app/ports/stack-engine.ts";
import { createServices } from "#app/services/create-services.ts";
import { publish } from "#app/services/published.ts";
import { createSessions, type Sessions } from "#app/services/sessions.ts";
import { createStackEngine } from "#pulumi/engine.ts";
import { findEngine } from "#pulumi/toolchain/build.ts";
import { startWorker, type Worker } from "#pulumi/worker.ts";
import type { Config } from "./config.server.ts";
import { createHttpServer, type HttpServer } from "./http.server.ts";
import { troubleTo } from "./records.server.ts";
import { cookieKey, makeFolders, writeFirstLink, writeLocalToken } from "./run-files.server.ts";
import { setupStatusFrom } from "./setup-status.server.ts";

export interface Portal {
  readonly http: HttpServer;
  /** Stops the worker, then the database. Call after the server was closed. */
  stop(): Promise<void>;
}

export interface Pages {
  readonly build: ServerBuild | null;
  readonly browserFolder: string | null;
}

interface Parts {
  readonly config: Config;
  readonly records: Logger;
  readonly database: BerthDatabase;
  readonly stores: SqlStores;
  readonly secretStore: SecretStore;
  readonly hypervisor: Hypervisor;
  readonly setupStatus: SetupStatus;
}

const now = (): number => Date.now();

export async function compose(config: Config, pages: Pages, records: Logger): Promise<Portal> {
  await makeFolders(config.home);
  const parts = await openParts(config, records);
  const { stores, secretStore, hypervisor, setupStatus, database } = parts;
  const sessions = createSessions({ people: stores.people, hasher: argon2Hasher(), limiter: attemptLimiter(), secrets: systemSecrets, now });
  await writeLocalToken(config.home, sessions, systemSecrets);
  const ports = { ...stores, secretStore, hypervisor, setupStatus, keyMaker: createKeyMaker(), secrets: systemSecrets, now };
  const http = createHttpServer({
    services: createServices(ports, serviceSettings(config)),
    sessions,
    operations: stores.operations,
    journal: stores.journal,
    site: config,
    cookieKey: await cookieKey(config.home),
    language: config.language,
    records,
    healthy: async () => void (await stores.people.countPeople()),
    ...pages,
  });
  const worker = startEmbeddedWorker(parts);
  const stopChores = startChores(parts, sessions, worker);
  return {
    http,
    stop: async () => {
      await stopChores();
      await worker.stop();
      await database.close();
    },
  };
}

async function openParts(config: Config, records: Logger): Promise<Parts> {
  const database = await openDatabase(config.database);
  const stores = sqlStores(database);
  return {
    config,
    records,
    database,
    stores,
    secretStore: await openSecretStore(stores.sealedRows, config.secretKeyFile),
    hypervisor: libvirtHypervisor({ uri: config.libvirtUri, disksFolder: poolRoot(config) }),
    setupStatus: setupStatusFrom(config.home, config.cache, now),
  };
}

const poolRoot = (config: Config): string => join(config.home, "pools");

function serviceSettings(config: Config) {
  const anyAddress = config.publishAddress === "0.0.0.0" || config.publishAddress === "::";
  const publicHost = new URL(config.publicUrl).hostname.replace(/^\[|\]$/g, "");
  const publishedHost = anyAddress ? publicHost : config.publishAddress;
  return {
    networkRange: config.networkRange,
    portBase: config.publishBase,
    publishedHost,
    apiServerNames: [...new Set([publishedHost, publicHost, "localhost", "127.0.0.1"])],
    memoryReserveMiB: config.memoryReserveMiB,
    publicUrl: config.publicUrl,
  };
}

/** The engine itself is loaded by one child process per operation, never by this one. */
function startEmbeddedWorker(parts: Parts): Worker {
  const { config, records, stores, secretStore, hypervisor } = parts;
  const engineFolder = () => findEngine({ cache: config.cache });
  const engine = createStackEngine({ engineFolder, home: config.home, hypervisor });
  const ports = {
    ...stores,
    secrets: secretStore,
    hypervisor,
    engine,
    machineHost: (spec: ClusterSpec) => machineHostFor(parts, spec),
    exists: (path: string) => access(path).then(() => true, () => false),
    memoryReserveMiB: config.memoryReserveMiB,
    now,
    newId: systemSecrets.id,
  };
  const onTrouble = (doing: string, error: unknown) => troubleTo(records)(error, doing);
  return startWorker(ports, { workerId: `${hostname()}-${process.pid}`, slots: config.maxOperations, onTrouble });
}

async function machineHostFor({ config, setupStatus }: Parts, spec: ClusterSpec): Promise<MachineHost | null> {
  const image = (await setupStatus.images()).find((i) => i.contentHash === spec.image.contentHash);
  if (!image) return null;
  return {
    libvirtUri: config.libvirtUri,
    imageFolder: image.folder,
    imagePool: `berth-image-${image.contentHash.slice(0, 12)}`,
    poolRoot: poolRoot(config),
    consoleFolder: join(config.home, "consoles"),
  };
}

/** Keeps the gateway's list and the first link up to date: when something was journalled, and now and then. */
function startChores({ config, records, stores }: Parts, sessions: Sessions, worker: Worker): () => Promise<void> {
  const ports = publishedFile(join(config.home, "run", "published.json"));
  const trouble = troubleTo(records);
  let running: Promise<unknown> = Promise.resolve();
  const runAll = () => {
    running = running
      .then(() => publish(stores.clusters, ports))
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
