/**
 * A home with a database, one person, and a portal that may be killed at any time; and everything that the oracle wants
 * to know about it afterwards. The driver reads the same database from outside, as any other process may.
 */
import { randomUUID } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemSecrets } from "#app/adapters/auth/secrets.ts";
import { type BerthDatabase, openDatabase } from "#app/adapters/sql/database/database.ts";
import { type SqlStores, sqlStores } from "#app/adapters/sql/stores.ts";
import type { JournalEntry, OperationEvent } from "#app/domain/operation/event.ts";
import type { Operation } from "#app/domain/operation/operation.ts";
import { type Claim, LeaseLost } from "#app/ports/operation-store.ts";
import type { Evidence, HostEvidence, OperationEvidence } from "./oracle.ts";
import type { PortalOrder } from "./order.ts";
import { Person } from "./person.ts";
import { freePort, Portal, type PortalOptions } from "./portal.ts";
import { FaultViewer, type ViewerOptions } from "./viewer.ts";

export interface World {
  readonly home: string;
  readonly database: BerthDatabase;
  readonly stores: SqlStores;
  readonly person: Person;
  readonly viewers: readonly FaultViewer[];
  readonly portals: readonly Portal[];
  readonly tenantId: string;
  /** Starts a further process on the same home. */
  start(change?: Partial<PortalOrder>, options?: PortalOptions): Promise<Portal>;
  watch(operationId: string, options?: ViewerOptions): FaultViewer;
  /** Resolves with the first entry at or after `seq`; by then the journal is that long. */
  entry(operationId: string, seq: number): Promise<JournalEntry | null>;
  sees(operationId: string, fits: (event: OperationEvent) => boolean, after?: number): Promise<JournalEntry>;
  setClock(offsetMs: number): Promise<void>;
  evidence(host: HostEvidence, secondPreview?: readonly string[] | null): Promise<Evidence>;
  close(): Promise<void>;
}

export interface WorldOptions extends Partial<Omit<PortalOrder, "home" | "port">> {
  /** In place of a new temporary folder. */
  readonly home?: string;
}

const standIn = { kind: "stand-in", stepMs: 20, linesPerStep: 3 } as const;
const noImage = { name: "tiny", contentHash: "0".repeat(64), folder: "/nonexistent" } as const;

export async function openWorld(options: WorldOptions = {}): Promise<World> {
  const home = options.home ?? (await mkdtemp(join(tmpdir(), "berth-faults-")));
  const path = options.database ?? join(home, "berth.sqlite");
  const database = await openDatabase({ kind: "sqlite", path }, { pollMs: 5 });
  const stores = sqlStores(database);
  const { token, tenantId } = await addPerson(stores);
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const person = new Person(url, "mina", token);
  const viewers: FaultViewer[] = [];
  const portals: Portal[] = [];
  const order: PortalOrder = {
    poolRoot: join(home, "pools"),
    worker: true,
    leaseMs: 1_500,
    autoResume: true,
    image: noImage,
    engine: standIn,
    ...options,
    home,
    database: path,
    port,
  };
  return {
    home,
    database,
    stores,
    person,
    viewers,
    portals,
    tenantId,
    start: async (change = {}, portalOptions = {}) => {
      const portal = new Portal({ ...order, ...change }, portalOptions);
      portals.push(portal);
      await portal.start();
      return portal;
    },
    watch: (operationId, viewerOptions = {}) => {
      const viewer = new FaultViewer(() => url, token, operationId, viewerOptions);
      viewers.push(viewer);
      return viewer;
    },
    entry: (id, seq) => entryAt(stores, id, seq),
    sees: (id, fits, after = 0) => firstThat(stores, id, fits, after),
    setClock: (offsetMs) => writeFile(join(home, "clock-offset"), String(offsetMs)),
    evidence: (host, secondPreview = null) => gather({ database, stores, person, viewers, tenantId }, host, secondPreview),
    close: async () => {
      for (const viewer of viewers) viewer.end();
      await Promise.all(portals.map((p) => p.end()));
      await database.close();
      await rm(home, { recursive: true, force: true });
    },
  };
}

async function addPerson(stores: SqlStores): Promise<{ token: string; tenantId: string }> {
  const [id, tenantId, now] = [randomUUID(), randomUUID(), Date.now()];
  await stores.people.createPerson({ id, name: "mina", passwordHash: "none", operator: true, tenantId, now });
  const token = `berth_${systemSecrets.secret()}`;
  await stores.people.addToken({
    id: randomUUID(),
    hash: systemSecrets.digest(token),
    personId: id,
    label: "faults",
    createdAt: now,
    expiresAt: null,
  });
  return { token, tenantId };
}

async function firstThat(stores: SqlStores, id: string, fits: (event: OperationEvent) => boolean, after: number): Promise<JournalEntry> {
  const waiting = Promise.withResolvers<JournalEntry>();
  const look = async () => {
    const found = (await stores.journal.read(id, after, 100_000)).find((e) => fits(e.event));
    if (found) waiting.resolve(found);
  };
  const ears = stores.journal.onAppend(() => void look().catch(waiting.reject));
  await look();
  return await waiting.promise.finally(ears);
}

/** Null when the operation ended before it had so many entries. */
async function entryAt(stores: SqlStores, id: string, seq: number): Promise<JournalEntry | null> {
  const over = (e: OperationEvent) => e.kind === "state" && ["succeeded", "failed", "cancelled"].includes(e.to);
  const there = async () => (await stores.journal.read(id, seq - 1, 1))[0] ?? null;
  const found = Promise.withResolvers<JournalEntry | null>();
  const look = async () => {
    const entry = await there();
    if (entry) return found.resolve(entry);
    const all = await stores.journal.read(id, 0, seq);
    if (all.some((e) => over(e.event))) found.resolve(await there());
  };
  const ears = stores.journal.onAppend(() => void look().catch(found.reject));
  await look();
  return await found.promise.finally(ears);
}

type Sources = Pick<World, "database" | "stores" | "person" | "viewers" | "tenantId">;

async function gather(from: Sources, host: HostEvidence, secondPreview: readonly string[] | null): Promise<Evidence> {
  const { stores, person } = from;
  const rows = await stores.operations.list({ tenantId: from.tenantId, limit: 1_000 });
  const generations = rows.reduce((n, o) => n + o.attempt, 5);
  const operations = await Promise.all(rows.map((o) => operationEvidence(from, o, generations)));
  return {
    operations,
    acknowledged: person.acknowledged,
    repeated: person.repeated,
    integrity: await from.database.integrity(),
    host,
    secondPreview,
  };
}

async function operationEvidence({ stores, viewers }: Sources, operation: Operation, generations: number): Promise<OperationEvidence> {
  const own = viewers.filter((v) => v.operationId === operation.id);
  const head = await stores.journal.head(operation.id);
  await Promise.all(own.map((v) => caughtUp(v, head)));
  const entries = await stores.journal.read(operation.id, 0, 1_000_000);
  return { operation, entries, viewers: own.map((v) => v.entries), staleWrites: await staleWrites(stores, operation, generations) };
}

/** A viewer that sits still for so long has lost something; the oracle says what. */
async function caughtUp(viewer: FaultViewer, head: number): Promise<void> {
  let seen = -1;
  while (viewer.cursor < head && viewer.cursor !== seen) {
    seen = viewer.cursor;
    viewer.again();
    for (let i = 0; i < 100 && viewer.cursor === seen; i += 1) await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Every generation that ever held the stack tries to write; none may, once its operation is over. */
async function staleWrites(stores: SqlStores, operation: Operation, generations: number): Promise<number> {
  let accepted = 0;
  for (let generation = 1; generation <= generations; generation += 1) {
    const ghost: Claim = { operationId: operation.id, clusterId: operation.clusterId, workerId: "ghost", generation };
    const refused = await stores.journal.append(ghost, [{ kind: "truncated", lines: 0 }], Date.now()).then(
      () => false,
      (error: unknown) => error instanceof LeaseLost,
    );
    if (!refused) accepted += 1;
  }
  return accepted;
}
