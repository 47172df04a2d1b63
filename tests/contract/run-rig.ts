/** A cluster in memory with an engine and a host that do as a test tells them, and what workers do with operations on it. */
import { message } from "#app/domain/message/message.ts";
import { randomUUID } from "node:crypto";
import { type MemoryStores, memoryStores } from "#app/adapters/memory/stores.ts";
import { exampleSecrets, exampleSpec } from "#app/domain/cluster/example-spec.ts";
import { localHost } from "#app/domain/host/libvirt-host.ts";
import type { Cluster } from "#app/domain/cluster/cluster.ts";
import type { DriftRequest } from "#app/domain/drift/drift-request.ts";
import type { OperationKind, PlanKind } from "#app/domain/operation/kinds.ts";
import type { Operation } from "#app/domain/operation/operation.ts";
import type { Plan, PlanRow } from "#app/domain/plan/plan.ts";
import type { HostCapacity, Hypervisor, Inventory } from "#app/ports/hypervisor.ts";
import type { Claim } from "#app/ports/operation-store.ts";
import type { StackEngine, StackResult, RunRequest } from "#app/ports/stack-engine.ts";
import { emptyHypervisor, everywhere } from "./empty-hypervisor.ts";
import { addHome, entryKinds, newOperation, noon, registration } from "./fixtures.ts";
import { runOperation } from "#app/services/run/run-operation.ts";
import type { RunPorts } from "#app/services/run/run-parts.ts";
import { recoverOperation } from "#app/services/run/run-recovery.ts";

const row: PlanRow = {
  urn: "urn:1",
  name: "cp0",
  step: "machine",
  type: "libvirt:index/domain:Domain",
  phase: "boot",
  change: "create",
  impact: "none",
  machine: "cp0",
  on: null,
  changed: [],
};

export interface Taken {
  readonly operation: Operation;
  readonly claim: Claim;
}

export class RunRig {
  readonly row = row;
  readonly nothing: Inventory = { machines: [], networks: [], pools: [], volumes: [] };
  readonly done: StackResult = { result: "succeeded", rows: [row] };
  readonly home: Awaited<ReturnType<typeof addHome>>;
  readonly stores: MemoryStores;
  readonly engine: StackEngine;
  ports: RunPorts;
  /** What the engine comes to. */
  result: StackResult | (() => Promise<StackResult>) = this.done;
  inventory = this.nothing;
  capacity: HostCapacity = { hostName: "h", cpus: 64, memoryMiB: 1e6, freeMemoryMiB: 1e6, diskGiB: 1e6, freeDiskGiB: 1e6 };
  runs: RunRequest[] = [];
  /** libvirt does not answer. */
  silent = false;
  /** How often the engine was asked to recover the stack. */
  recovered = 0;
  time = noon;

  static async start(): Promise<RunRig> {
    const stores = memoryStores();
    await stores.hosts.register(registration());
    const home = await addHome(stores);
    await stores.secrets.putClusterSecrets(home.tenantId, home.cluster.id, exampleSecrets(exampleSpec()));
    return new RunRig(stores, home);
  }

  private constructor(stores: MemoryStores, home: RunRig["home"]) {
    this.home = home;
    this.stores = stores;
    this.engine = {
      run: async (run, onEvents) => {
        this.runs.push(run);
        await onEvents([
          {
            kind: "step",
            step: { urn: row.urn, name: row.name, type: row.type, step: row.step, phase: "boot", machine: row.machine, on: row.on },
            change: "create",
            status: "running",
          },
        ]);
        return typeof this.result === "function" ? await this.result() : this.result;
      },
      recover: () => {
        this.recovered++;
        return Promise.resolve({ notes: [message("lock-removed")] });
      },
      forget: () => Promise.resolve(["state/demo.json"]),
    };
    this.ports = {
      ...stores,
      engine: this.engine,
      hypervisors: everywhere({
        ...emptyHypervisor,
        ping: () =>
          this.silent ? Promise.reject(new Error("no answer")) : Promise.resolve({ uri: "u", libvirtVersion: "9", qemuVersion: "10" }),
        capacity: () => Promise.resolve(this.capacity),
        inventory: () => Promise.resolve(this.inventory),
      }),
      machineHost: () => Promise.resolve({ libvirtUri: "u", imageFolder: "/i", imagePool: "i", poolRoot: "/p", consoleFolder: "/c" }),
      exists: () => Promise.resolve(false),
      now: () => ++this.time,
      newId: randomUUID,
    };
  }

  /** The libvirt of the cluster's host. */
  get hypervisor(): Hypervisor {
    return this.ports.hypervisors.of(localHost);
  }

  /** The ports, with a libvirt that does some of it in another way. */
  withLibvirt(change: Partial<Hypervisor>): RunPorts {
    return { ...this.ports, hypervisors: everywhere({ ...this.hypervisor, ...change }) };
  }

  get clusterId(): string {
    return this.home.cluster.id;
  }

  get tenantId(): string {
    return this.home.tenantId;
  }

  cluster(): Promise<Cluster | null> {
    return this.stores.clusters.get(this.clusterId);
  }

  kinds(id: string): Promise<readonly string[]> {
    return entryKinds(this.stores, id);
  }

  async submit(
    kind: OperationKind,
    planId: string | null = null,
    planKind: PlanKind = "update",
    drift: DriftRequest | null = null,
  ): Promise<string> {
    const specRevision = (await this.cluster())?.revision ?? 1;
    const wanted = newOperation(this.home, { kind, planKind, specRevision, planId, drift, requestedAt: ++this.time });
    return (await this.stores.operations.submit(wanted)).operation.id;
  }

  async claim(): Promise<Taken> {
    const taken = await this.stores.operations.claim({ workerId: "w", now: () => ++this.time, leaseMs: 60_000, maxRunning: 9 });
    if (!taken) throw new Error("there is nothing to claim");
    return taken;
  }

  run(
    { operation, claim }: Taken,
    { stop = new AbortController().signal, ports = this.ports }: { readonly stop?: AbortSignal; readonly ports?: RunPorts } = {},
  ): Promise<Operation> {
    return runOperation(ports, operation, claim, stop);
  }

  async runNext(stop?: AbortSignal): Promise<Operation> {
    return await this.run(await this.claim(), stop ? { stop } : {});
  }

  /** A plan that a preview has just made. */
  async plan(planKind: PlanKind = "update"): Promise<Plan> {
    const id = await this.submit("preview", null, planKind);
    const { state } = await this.runNext();
    const made = await this.planMadeBy(id);
    if (!made) throw new Error(`there is no plan: the preview ${state}`);
    return made;
  }

  async planMadeBy(operationId: string): Promise<Plan | null> {
    const [head] = await this.stores.clusters.planHeadsOf({ ids: [], operationIds: [operationId] });
    return head ? await this.stores.clusters.plan(head.id) : null;
  }

  async update(): Promise<Operation> {
    await this.submit("update", (await this.plan()).id);
    return await this.runNext();
  }

  /** What another worker does that finds the only running operation without its holder. */
  async recover(ports: RunPorts = this.ports): Promise<Operation> {
    const [held] = await this.stores.operations.held();
    const taken = held && (await this.stores.operations.takeOver(held, { workerId: "rescuer", now: ++this.time, leaseMs: 60_000 }));
    if (!taken) throw new Error("there is nothing to take over");
    return await recoverOperation(ports, taken.operation, taken.claim);
  }
}
