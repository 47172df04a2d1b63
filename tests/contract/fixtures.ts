/** What every contract suite starts from: a set of stores, people, clusters and operations to put into them. */
import { reported } from "#app/domain/message/message.ts";
import { randomUUID } from "node:crypto";
import type { Cluster } from "#app/domain/cluster/cluster.ts";
import type { ClusterSpec, MachineSpec } from "#app/domain/cluster/spec.ts";
import { type HostId, type HostRegistration, localHost } from "#app/domain/host/libvirt-host.ts";
import type { Plan } from "#app/domain/plan/plan.ts";
import type { ClusterStore } from "#app/ports/cluster-store.ts";
import type { DriftStore } from "#app/ports/drift-store.ts";
import type { HostStore } from "#app/ports/hosts/host-store.ts";
import type { Journal } from "#app/ports/journal.ts";
import type { Operation } from "#app/domain/operation/operation.ts";
import type { Claim, NewOperation, OperationStore } from "#app/ports/operation-store.ts";
import type { OrphanStore } from "#app/ports/orphan-store.ts";
import type { PeopleStore } from "#app/ports/people-store.ts";
import type { RequestStore } from "#app/ports/request-store.ts";
import type { SecretStore } from "#app/ports/secret-store.ts";

export interface StoreSet {
  readonly operations: OperationStore;
  readonly journal: Journal;
  readonly clusters: ClusterStore;
  readonly hosts: HostStore;
  readonly drift: DriftStore;
  readonly orphans: OrphanStore;
  readonly people: PeopleStore;
  readonly requests: RequestStore;
  readonly secrets: SecretStore;
  close(): Promise<void>;
}

/** Empty stores of their own for each call. */
export type OpenStores = () => Promise<StoreSet>;

export const noon = Date.UTC(2026, 10, 20, 12);

export async function addPerson(stores: Pick<StoreSet, "people">, name: string): Promise<{ personId: string; tenantId: string }> {
  const [personId, tenantId] = [randomUUID(), randomUUID()];
  await stores.people.createPerson({ id: personId, name, passwordHash: "argon2id…", operator: false, tenantId, now: noon });
  return { personId, tenantId };
}

export async function addCluster(
  stores: Pick<StoreSet, "clusters">,
  tenantId: string,
  name: string,
  workers = 1,
  indexLimit = 250,
  hostId: HostId = localHost,
): Promise<Cluster> {
  const id = randomUUID();
  const c = { id, tenantId, name, hostId, createdAt: noon, indexLimit };
  return await stores.clusters.create(c, (index) => ({ ...specOf({ clusterId: id, tenantId, name, index, workers }), hostId }));
}

/** Of one tenant or of all, for tests of few clusters. */
export async function allClusters(clusters: Pick<ClusterStore, "batch">, tenantId: string | null): Promise<readonly Cluster[]> {
  const all = await clusters.batch({ after: "", limit: 1_000 });
  return all.filter((c) => tenantId === null || c.tenantId === tenantId);
}

/** What set-up registers, as settings describe it. */
export const registration = (change: Partial<HostRegistration> = {}): HostRegistration => ({
  id: localHost,
  name: "kvm-1",
  networkRange: "10.91.0.0/16",
  portBase: 20_000,
  publishedHost: "berth.test",
  memoryReserveMiB: 0,
  ...change,
});

/** A person, their tenant and one cluster in it. */
export async function addHome(
  stores: Pick<StoreSet, "people" | "clusters">,
  name = "mina",
): Promise<{ personId: string; tenantId: string; cluster: Cluster }> {
  const person = await addPerson(stores, name);
  return { ...person, cluster: await addCluster(stores, person.tenantId, "demo") };
}

interface SpecOptions {
  readonly clusterId: string;
  readonly tenantId: string;
  readonly name: string;
  readonly index: number;
  readonly workers: number;
  readonly revision?: number;
}

export function specOf(options: SpecOptions): ClusterSpec {
  const prefix = `b${options.index}`;
  const machines = Array.from({ length: 1 + options.workers }, (_, i) => machineOf(options, prefix, i));
  return {
    schema: 2,
    clusterId: options.clusterId,
    tenantId: options.tenantId,
    name: options.name,
    revision: options.revision ?? 1,
    blueprint: "machines",
    hostId: localHost,
    profile: "emulated",
    prefix,
    stackName: options.name,
    networks: [
      {
        key: "main",
        name: prefix,
        bridge: `berth${options.index}`,
        cidr: `10.91.${options.index}.0/24`,
        gateway: `10.91.${options.index}.1`,
        reach: "nat",
      },
    ],
    machines,
    kubernetes: [
      {
        key: "main",
        distribution: "plain",
        version: "1.36.0",
        endpoint: null,
        serverNames: [],
        controlPlane: ["cp0"],
        pools: [
          { name: "workers", vcpus: 2, memoryMiB: 2048, diskGiB: 10, nodes: machines.slice(1).map((m) => m.name), labels: {}, taints: [] },
        ],
        podCidr: "10.244.0.0/16",
        serviceCidr: "10.96.0.0/16",
        caCertHash: "sha256:0",
      },
    ],
    published: machines.map((m, at) => ({ port: 20_001 + options.index * 64 + at, machine: m.name, target: 22, purpose: "ssh" })),
    authorizedKeys: [],
    portalKey: "ssh-ed25519 AAAA",
  };
}

function machineOf(options: SpecOptions, prefix: string, at: number): MachineSpec {
  const name = at === 0 ? "cp0" : `w${at}`;
  return {
    name,
    libvirtName: `${prefix}-${name}`,
    role: at === 0 ? "control-plane" : "worker",
    pool: at === 0 ? null : "workers",
    image: { name: "tiny", contentHash: "sha256:0" },
    vcpus: 2,
    memoryMiB: 2048,
    disks: [{ gib: 10, source: "file" }],
    interfaces: [{ network: "main", mac: `52:54:00:00:00:0${at}`, address: `10.91.${options.index}.${10 + at}` }],
    sshHostKey: "ssh-ed25519 AAAA",
    sinceRevision: 1,
  };
}

export function newOperation(
  home: { personId: string; tenantId: string; cluster: Pick<Cluster, "id"> },
  more: Partial<NewOperation> = {},
): NewOperation {
  return {
    id: randomUUID(),
    tenantId: home.tenantId,
    clusterId: home.cluster.id,
    kind: "update",
    planKind: "update",
    specRevision: 1,
    planId: null,
    drift: null,
    requestedBy: home.personId,
    requestedByName: "mina",
    requestedAt: noon,
    idempotencyKey: null,
    ...more,
  };
}

export const leaseMs = 30_000;

/** What recovery does with an operation whose holder is gone. Null when somebody else did it. */
export async function interrupt(stores: Pick<StoreSet, "operations">, id: string, now: number): Promise<Operation | null> {
  const from = (await stores.operations.held()).find((h) => h.operation.id === id);
  if (!from) return null;
  const taken = await stores.operations.takeOver(from, { workerId: "recovery", now, leaseMs: 1_000 });
  return taken && (await stores.operations.finish(taken.claim, "interrupted", [reported("worker gone")], null, now));
}

/** Ids of running operations whose lease ended before `now`. */
export const expired = async (stores: Pick<StoreSet, "operations">, now: number): Promise<readonly string[]> =>
  (await stores.operations.held()).filter((h) => h.leaseUntil < now).map((h) => h.operation.id);

/** What an operation's journal says, a word for each entry: its states by name. */
export const entryKinds = async (stores: Pick<StoreSet, "journal">, id: string): Promise<readonly string[]> =>
  (await stores.journal.read(id, 0, 100)).map(({ event: e }) => (e.kind === "state" ? e.to : e.kind));

export async function claimNext(stores: Pick<StoreSet, "operations">, now = noon, workerId = "worker-1"): Promise<Claim> {
  const claimed = await stores.operations.claim({ workerId, now: () => now, leaseMs, maxRunning: 1_000 });
  if (!claimed) throw new Error("claiming: there is nothing to take");
  return claimed.claim;
}

export const planOf = (cluster: Cluster, more: Partial<Omit<Plan, "number">> = {}): Omit<Plan, "number"> => ({
  id: randomUUID(),
  tenantId: cluster.tenantId,
  clusterId: cluster.id,
  operationId: randomUUID(),
  kind: "update",
  fromRevision: 0,
  specRevision: 1,
  stateSerial: 0,
  hash: "sha256:0",
  rows: [],
  headroom: [],
  refusals: [],
  createdAt: noon,
  ...more,
});
