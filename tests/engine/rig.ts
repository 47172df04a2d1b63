/**
 * Everything around the real engine that a test needs: SQLite stores and a secret store in a temporary home, the real
 * libvirt of the namespaces the tests run in, the tiny guest, a worker, and short ways to ask for things. Clean-up removes
 * whatever a failing test left on the host.
 */
import { localHost } from "#app/domain/host/libvirt-host.ts";
import { everywhere } from "#tests/contract/empty-hypervisor.ts";
import { randomUUID } from "node:crypto";
import { access, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createKeyMaker } from "#app/adapters/keys/key-maker.ts";
import { libvirtHostInspection } from "#app/adapters/libvirt/host-inspection.ts";
import { libvirtHypervisor } from "#app/adapters/libvirt/hypervisor.ts";
import { openSecretStore } from "#app/adapters/secrets/secret-store.ts";
import { openDatabase } from "#app/adapters/sql/database/database.ts";
import { type SqlStores, sqlStores } from "#app/adapters/sql/stores.ts";
import { buildSpec, firstMachineNames } from "#app/domain/cluster/build-spec.ts";
import { addedControlPlanes } from "#app/domain/control-plane/control-planes.ts";
import { addedBy } from "#app/domain/cluster/pool-slots.ts";
import { changeOf, reviseSpec } from "#app/domain/cluster/revise-spec.ts";
import type { SpecChange, SpecInput } from "#app/domain/cluster/spec-input.ts";
import type { Cluster } from "#app/domain/cluster/cluster.ts";
import { addedServiceMachines } from "#app/domain/services/chosen.ts";
import type { ServiceKind } from "#app/domain/services/service.ts";
import type { MachineSize } from "#app/domain/cluster/sizes.ts";
import type { ClusterSecrets, ClusterSpec, ImageRef } from "#app/domain/cluster/spec.ts";
import type { DriftRequest } from "#app/domain/drift/drift-request.ts";
import type { JournalEntry, OperationEvent } from "#app/domain/operation/event.ts";
import type { OperationKind, PlanKind } from "#app/domain/operation/kinds.ts";
import { isOver, type Operation } from "#app/domain/operation/operation.ts";
import type { Plan } from "#app/domain/plan/plan.ts";
import type { Hypervisor } from "#app/ports/hypervisor.ts";
import type { SecretStore } from "#app/ports/secret-store.ts";
import type { MachineHost } from "#app/ports/stack-engine.ts";
import type { RunPorts } from "#app/services/run/run-parts.ts";
import { berthPaths } from "#app/foundation/paths.ts";
import { listImages } from "#ansible/toolchain/manifest.ts";
import { createStackEngine, type StackEngineSettings } from "#pulumi/driver/engine.ts";
import { findEngine } from "#pulumi/toolchain/build.ts";
import { startWorker, type Worker } from "#pulumi/worker/worker.ts";
import { workerIdentity } from "#pulumi/worker/worker-identity.ts";
import { plainBlueprint } from "#tests/plain/blueprint.ts";

export const uri = process.env.BERTH_LIBVIRT_URI ?? "qemu:///system";
const settings = { networkRange: "10.92.0.0/16", portBase: 30_000 };
const size: MachineSize = { vcpus: 1, memoryMiB: 128 };
const plainProgram = fileURLToPath(new URL("../plain/program.ts", import.meta.url));
const person = { id: "p1", name: "mina" };

export interface Measured {
  readonly kind: string;
  readonly cliProcesses: number | null;
  readonly ms: number;
}

export interface Rig {
  readonly home: string;
  readonly tenantId: string;
  readonly stores: SqlStores;
  readonly secrets: SecretStore;
  readonly hypervisor: Hypervisor;
  readonly ports: RunPorts;
  readonly measured: Measured[];
  startWorker(over?: { readonly drainMs?: number }): Worker;
  stopWorker(): Promise<void>;
  newCluster(name: string, workers: number, change?: (spec: ClusterSpec) => ClusterSpec, controlPlanes?: number): Promise<Cluster>;
  /** Writes the next revision with so many workers in its pool. */
  scale(clusterId: string, workers: number, sizes?: Sizes): Promise<void>;
  /** Writes the next revision with that change. */
  revise(clusterId: string, change: (before: SpecChange) => SpecChange): Promise<void>;
  submit(
    clusterId: string,
    kind: OperationKind,
    planId?: string | null,
    planKind?: PlanKind,
    drift?: DriftRequest | null,
  ): Promise<Operation>;
  /** Resolves when the operation is over or interrupted. */
  settled(id: string): Promise<Operation>;
  /** Resolves with the first entry after that cursor (0: from the start) that fits. */
  sees(id: string, fits: (event: OperationEvent) => boolean, after?: number): Promise<JournalEntry>;
  entries(id: string): Promise<readonly JournalEntry[]>;
  /** Previews and returns the plan. */
  preview(clusterId: string, planKind?: PlanKind, drift?: DriftRequest | null): Promise<Plan>;
  /** Previews, approves, and waits for the end. */
  update(clusterId: string): Promise<Operation>;
  destroy(clusterId: string): Promise<Operation>;
  spec(clusterId: string): Promise<ClusterSpec>;
  /** Lets go of the home and leaves everything as it is: for another rig to continue with it. */
  leave(): Promise<NonNullable<RigOptions["existing"]>>;
  close(): Promise<void>;
}

/** Of the machines that are there. */
export interface Sizes {
  readonly controlPlane?: MachineSize;
  readonly worker?: MachineSize;
  /** How many there are to be. */
  readonly controlPlanes?: number;
}

export interface RigOptions {
  /** File name in tests/engine/programs in place of the program of plain machines. */
  readonly program?: string;
  readonly engine?: Partial<StackEngineSettings>;
  /** Kinds of services besides none. */
  readonly serviceKinds?: readonly ServiceKind[];
  /** Without libvirt: for programs of local commands. */
  readonly hypervisor?: Hypervisor;
  readonly leaseMs?: number;
  /** Whether interrupted operations continue automatically; no unless said. */
  readonly autoResume?: boolean;
  /** The home of another rig, in place of a new one. */
  readonly existing?: { readonly home: string; readonly tenantId: string; readonly prefixes?: readonly string[] };
}

export async function openRig(options: RigOptions = {}): Promise<Rig> {
  const home = options.existing?.home ?? (await mkdtemp(join(tmpdir(), "berth-engine-")));
  const database = await openDatabase({ kind: "sqlite", path: join(home, "berth.sqlite") });
  const stores = sqlStores(database);
  const secrets = await openSecretStore(stores.sealedRows, join(home, "keys", "master.key"));
  const tenantId = options.existing?.tenantId ?? randomUUID();
  const hypervisor = options.hypervisor ?? libvirtHypervisor({ uri, disksFolder: home });
  const hypervisors = everywhere(hypervisor);
  await stores.hosts.register({ id: localHost, name: "rig", publishedHost: "127.0.0.1", memoryReserveMiB: 0, ...settings });
  const measured: Measured[] = [];
  const engine = createStackEngine({
    engineFolder: await neededEngine(),
    home,
    hypervisors,
    onMeasured: (m) => measured.push(m),
    programModule: options.program === undefined ? plainProgram : fileURLToPath(new URL(`programs/${options.program}`, import.meta.url)),
    ...options.engine,
  });
  const image = await tinyImage();
  const host: MachineHost = {
    libvirtUri: uri,
    imageFolder: image.folder,
    imagePool: "berth-test-image",
    poolRoot: join(home, "pools"),
    consoleFolder: join(home, "consoles"),
  };
  const ports: RunPorts = {
    ...stores,
    ...(options.hypervisor === undefined ? { hostInspections: everywhere(libvirtHostInspection({ uri, disksFolder: home })) } : {}),
    secrets,
    hypervisors,
    engine,
    machineHost: () => Promise.resolve(host),
    exists: (_host, path) =>
      access(path).then(
        () => true,
        () => false,
      ),
    now: Date.now,
    newId: randomUUID,
  };
  if (!options.existing) await stores.people.createPerson({ ...person, passwordHash: "none", operator: true, tenantId, now: Date.now() });
  return new OpenRig({ home, tenantId, stores, secrets, hypervisor, ports, measured }, image.ref, options, () => database.close());
}

type Parts = Pick<Rig, "home" | "tenantId" | "stores" | "secrets" | "hypervisor" | "ports" | "measured">;

class OpenRig implements Rig {
  readonly home: string;
  readonly tenantId: string;
  readonly stores: SqlStores;
  readonly secrets: SecretStore;
  readonly hypervisor: Hypervisor;
  readonly ports: RunPorts;
  readonly measured: Measured[];
  readonly #image: ImageRef;
  readonly #options: RigOptions;
  readonly #closeDatabase: () => Promise<void>;
  readonly #prefixes: string[] = [];
  #worker: Worker | null = null;

  constructor(parts: Parts, image: ImageRef, options: RigOptions, closeDatabase: () => Promise<void>) {
    this.home = parts.home;
    this.tenantId = parts.tenantId;
    this.stores = parts.stores;
    this.secrets = parts.secrets;
    this.hypervisor = parts.hypervisor;
    this.ports = parts.ports;
    this.measured = parts.measured;
    this.#image = image;
    this.#options = options;
    this.#closeDatabase = closeDatabase;
    this.#prefixes.push(...(options.existing?.prefixes ?? []));
  }

  startWorker({ drainMs = 0 }: { readonly drainMs?: number } = {}): Worker {
    this.#worker = startWorker(this.ports, {
      workerId: workerIdentity(randomUUID()),
      slots: 2,
      pollMs: 50,
      drainMs,
      autoResume: this.#options.autoResume ?? false,
      leaseMs: this.#options.leaseMs ?? 15_000,
      onTrouble: (doing, error) => console.error(doing, error),
    });
    return this.#worker;
  }

  async stopWorker(): Promise<void> {
    await this.#worker?.stop();
    this.#worker = null;
  }

  async newCluster(name: string, workers: number, change = (spec: ClusterSpec) => spec, controlPlanes = 1): Promise<Cluster> {
    const id = randomUUID();
    const input = { ...inputFor(name, workers), controlPlanes };
    const keys = await createKeyMaker().make(firstMachineNames({ controlPlanes }, input.pools), Date.now());
    const toSpec = (networkIndex: number) =>
      change(
        buildSpec({
          clusterId: id,
          tenantId: this.tenantId,
          hostId: localHost,
          topology: plainBlueprint,
          input,
          networkIndex,
          settings,
          image: this.#image,
          profile: "emulated",
          apiServerNames: [],
          keys: keys.publics,
        }),
      );
    const cluster = await this.stores.clusters.create(
      { id, tenantId: this.tenantId, name, hostId: localHost, createdAt: Date.now(), indexLimit: 100 },
      toSpec,
    );
    await this.secrets.putClusterSecrets(this.tenantId, id, keys.secrets);
    this.#prefixes.push((await this.spec(id)).prefix);
    return cluster;
  }

  async scale(clusterId: string, workers: number, { controlPlane, worker, controlPlanes }: Sizes = {}): Promise<void> {
    await this.revise(clusterId, (before) => ({
      ...before,
      controlPlanes,
      ...(controlPlane === undefined ? {} : { controlPlane }),
      pools: before.pools.map((pool) => ({ ...pool, ...worker, count: workers })),
    }));
  }

  async revise(clusterId: string, changed: (before: SpecChange) => SpecChange): Promise<void> {
    const cluster = await this.stores.clusters.get(clusterId);
    const [previous, live] = [await this.spec(clusterId), await this.stores.clusters.spec(clusterId, cluster?.liveRevision ?? 0)];
    const change = changed(changeOf(previous));
    const { serviceKinds } = this.#options;
    const kept = (await this.secrets.clusterSecrets(this.tenantId, clusterId)) as ClusterSecrets;
    const keys = await createKeyMaker().extend(kept, [
      ...addedControlPlanes({ previous, live }, change),
      ...addedBy({ previous, live, pools: change.pools }),
      ...addedServiceMachines({ ids: change.services ?? [], before: [live, previous].filter((spec) => spec !== null) }, serviceKinds),
    ]);
    await this.secrets.putClusterSecrets(this.tenantId, clusterId, keys.secrets);
    const spec = reviseSpec({
      previous,
      live,
      change,
      networkIndex: cluster?.networkIndex ?? 0,
      settings,
      hostKeys: keys.publics.hostKeys,
      serviceKinds,
      serviceImages: { tiny: this.#image },
    });
    await this.stores.clusters.addRevision(spec, Date.now());
  }

  async submit(
    clusterId: string,
    kind: OperationKind,
    planId: string | null = null,
    planKind: PlanKind = "update",
    drift: DriftRequest | null = null,
  ): Promise<Operation> {
    const cluster = await this.stores.clusters.get(clusterId);
    const living = planKind === "destroy" && cluster !== null && cluster.liveRevision > 0;
    const { operation } = await this.stores.operations.submit({
      id: randomUUID(),
      tenantId: this.tenantId,
      clusterId,
      kind,
      planKind,
      specRevision: (living ? cluster?.liveRevision : cluster?.revision) ?? 1,
      planId,
      drift,
      requestedBy: person.id,
      requestedByName: person.name,
      requestedAt: Date.now(),
      idempotencyKey: null,
    });
    this.#worker?.wake();
    return operation;
  }

  async settled(id: string): Promise<Operation> {
    await this.sees(id, (e) => e.kind === "state" && (isOver(e.to) || e.to === "interrupted"));
    for (;;) {
      const operation = await this.stores.operations.get(id);
      if (operation && (isOver(operation.state) || operation.state === "interrupted")) return operation;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  async sees(id: string, fits: (event: OperationEvent) => boolean, after = 0): Promise<JournalEntry> {
    const waiting = Promise.withResolvers<JournalEntry>();
    const look = async () => {
      const found = (await this.entries(id)).find((e) => e.seq > after && fits(e.event));
      if (found) waiting.resolve(found);
    };
    const ears = this.stores.journal.onAppend(() => void look().catch(waiting.reject));
    await look();
    return await waiting.promise.finally(ears);
  }

  async entries(id: string): Promise<readonly JournalEntry[]> {
    return await this.stores.journal.read(id, 0, 100_000);
  }

  async preview(clusterId: string, planKind: PlanKind = "update", drift: DriftRequest | null = null): Promise<Plan> {
    const { id } = await this.submit(clusterId, "preview", null, planKind, drift);
    const over = await this.settled(id);
    if (over.state !== "succeeded") throw new Error(`the preview ${over.state}: ${JSON.stringify(over.failure)}`);
    const planned = await this.sees(id, (e) => e.kind === "planned");
    const plan = planned.event.kind === "planned" ? await this.stores.clusters.plan(planned.event.planId) : null;
    if (plan === null) throw new Error("the preview made no plan");
    return plan;
  }

  async update(clusterId: string): Promise<Operation> {
    const plan = await this.preview(clusterId);
    return await this.settled((await this.submit(clusterId, "update", plan.id)).id);
  }

  async destroy(clusterId: string): Promise<Operation> {
    const plan = await this.preview(clusterId, "destroy");
    return await this.settled((await this.submit(clusterId, "destroy", plan.id, "destroy")).id);
  }

  async spec(clusterId: string): Promise<ClusterSpec> {
    const cluster = await this.stores.clusters.get(clusterId);
    const spec = await this.stores.clusters.spec(clusterId, cluster?.revision ?? 1);
    if (spec === null) throw new Error(`cluster ${clusterId} has no spec`);
    return spec;
  }

  async leave(): Promise<NonNullable<RigOptions["existing"]>> {
    await this.stopWorker();
    await this.#closeDatabase();
    return { home: this.home, tenantId: this.tenantId, prefixes: this.#prefixes };
  }

  async close(): Promise<void> {
    await this.stopWorker();
    await this.#closeDatabase();
    for (const prefix of this.#prefixes) await this.#sweep(prefix);
    await rm(this.home, { recursive: true, force: true });
  }

  async #sweep(prefix: string): Promise<void> {
    const left = await this.hypervisor.inventory(prefix);
    for (const m of left.machines) await this.hypervisor.remove("machine", m.name);
    for (const v of left.volumes) await this.hypervisor.removeVolume(v.pool, v.name);
    for (const n of left.networks) await this.hypervisor.remove("network", n.name);
    for (const p of left.pools) await this.hypervisor.remove("pool", p.name);
  }
}

const inputFor = (name: string, workers: number): SpecInput => ({
  name,
  kubernetesVersion: "0.0.0",
  controlPlane: { ...size, diskGiB: 1 },
  pools: [{ name: "workers", ...size, count: workers, diskGiB: 1, labels: {}, taints: [] }],
  authorizedKeys: [],
  podCidr: "10.244.0.0/16",
  serviceCidr: "10.96.0.0/16",
});

/** A spec of which an earlier version made the machines: disks by pool and volume. */
export const ofEarlierVersion = (spec: ClusterSpec): ClusterSpec => ({
  ...spec,
  machines: spec.machines.map((m) => ({ ...m, disks: m.disks.map((disk) => ({ ...disk, source: "volume" as const })) })),
});

const cache = berthPaths(process.env, process.getuid?.() ?? -1).cache;

async function neededEngine(): Promise<string> {
  const folder = await findEngine({ cache });
  if (folder === null) throw new Error("the engine is not built: run `node pulumi/toolchain/build.ts`");
  return folder;
}

async function tinyImage(): Promise<{ readonly folder: string; readonly ref: ImageRef }> {
  const found = (await listImages({ cache })).find((i) => i.manifest.kind === "tiny");
  if (!found) throw new Error("the tiny guest is not built: run `node ansible/toolchain/build.ts tiny`");
  return { folder: found.folder, ref: { name: found.manifest.name, contentHash: found.manifest.contentHash } };
}
