/** A preview with a wish about drift, run against a pretended host: its plan is the same however often it was cut off. */
import { randomUUID } from "node:crypto";
import { beforeEach, describe, expect, it } from "vitest";
import { type MemoryStores, memoryStores } from "#app/adapters/memory/stores.ts";
import { exampleSecrets, exampleSpec } from "#app/domain/cluster/example-spec.ts";
import type { ClusterSpec } from "#app/domain/cluster/spec.ts";
import { findDrift, type HostSeen, type MachineSeen, volumesOf } from "#app/domain/drift/find-drift.ts";
import { afterLook } from "#app/domain/drift/record.ts";
import type { DriftWish } from "#app/domain/drift/wish.ts";
import type { Operation } from "#app/domain/operation/operation.ts";
import type { Plan } from "#app/domain/plan/plan.ts";
import { LeaseLost } from "#app/ports/operation-store.ts";
import type { StackResult, StackRun } from "#app/ports/stack-engine.ts";
import { addHome, newOperation, noon } from "#tests/contract/fixtures.ts";
import { runOperation } from "./run-operation.ts";
import type { RunPorts } from "./run-parts.ts";
import { recoverOperation, resumeInterrupted } from "./run-recovery.ts";

const done: StackResult = { result: "succeeded", rows: [], kubeconfig: null };
const fine = () => Promise.resolve();

let stores: MemoryStores;
let home: Awaited<ReturnType<typeof addHome>>;
let spec: ClusterSpec;
let ports: RunPorts;
let host: HostSeen;
let result: StackResult | LeaseLost;
let runs: StackRun[];
let time = noon;

beforeEach(async () => {
  stores = memoryStores();
  home = await addHome(stores);
  [result, runs, time] = [done, [], noon];
  const { id, tenantId } = home.cluster;
  await stores.secrets.putClusterSecrets(tenantId, id, exampleSecrets(exampleSpec()));
  await stores.clusters.setLiveRevision(id, 1);
  await stores.clusters.setState(id, "ready", noon);
  spec = (await stores.clusters.spec(id, 1)) ?? expect.fail();
  host = hostOf(spec);
  ports = {
    ...stores,
    host: { look: () => Promise.resolve(host), wake: fine },
    engine: { run, recover: () => Promise.resolve({ notes: [] }), forget: () => Promise.resolve([]) },
    hypervisor: {
      ping: () => Promise.resolve({ uri: "u", libvirtVersion: "9", qemuVersion: "10" }),
      capacity: () => Promise.resolve({ hostName: "h", cpus: 64, memoryMiB: 1e6, freeMemoryMiB: 1e6, diskGiB: 1e6, freeDiskGiB: 1e6 }),
      inventory: () => Promise.resolve({ machines: [], networks: [], pools: [], volumes: [] }),
      ...{ ensureImagePool: fine, remove: fine, completePool: fine, removeVolume: fine, switchOff: fine, switchOn: fine, restart: fine, switchedOff: () => Promise.resolve([]) },
    },
    machineHost: () => Promise.resolve({ libvirtUri: "u", imageFolder: "/i", imagePool: "i", poolRoot: "/p", consoleFolder: "/c" }),
    exists: () => Promise.resolve(false),
    memoryReserveMiB: 0,
    now: () => ++time,
    newId: randomUUID,
  };
});

async function run(wanted: StackRun): Promise<StackResult> {
  runs.push(wanted);
  if (result instanceof LeaseLost) throw result;
  return result;
}

/** Everything as the spec says. */
const hostOf = ({ machines, network, prefix }: ClusterSpec): HostSeen => ({
  machines: machines.map((m): MachineSeen => {
    const diskPaths = volumesOf(m).map((v) => `/p/${v.name}`);
    return { name: m.libvirtName, state: "running", memoryMiB: m.memoryMiB, vcpus: m.vcpus, defined: { memoryMiB: m.memoryMiB, vcpus: m.vcpus, diskPaths, networks: [{ network: network.name, mac: m.mac }] } };
  }),
  networks: [{ name: network.name, active: true }],
  pools: [{ name: prefix, active: true }],
  volumes: machines.flatMap((m) => volumesOf(m).map((v) => ({ pool: prefix, name: v.name, path: `/p/${v.name}` }))),
});

/** Somebody does something to the worker by hand. */
const touch = (change: (worker: MachineSeen) => readonly MachineSeen[]): void => {
  host = { ...host, machines: host.machines.flatMap((m) => (m.name.endsWith("w1") ? change(m) : [m])) };
};
const stop = () => touch((m) => [{ ...m, state: "stopped" }]);
const grow = (memoryMiB: number) => touch((m) => [{ ...m, memoryMiB }]);

const looked = () =>
  stores.drift.change(home.cluster.id, (record) => afterLook(record, { at: ++time, revision: 1, sources: { host: "seen", engine: "seen", nodes: "absent" }, trouble: null, findings: findDrift(spec, { host, engine: null, nodes: null }) }));

async function submit(drift: DriftWish | null): Promise<Operation> {
  const { operation } = await stores.operations.submit(newOperation(home, { kind: "preview", requestedAt: ++time, drift }));
  return operation;
}
const repair = (...ids: readonly string[]) => submit({ wish: "repair", ids, all: false });

const claim = async () => (await stores.operations.claim({ workerId: "w", now: () => ++time, leaseMs: 60_000, maxRunning: 9 })) ?? expect.fail();

async function runNext(reason?: "drain"): Promise<Operation> {
  const taken = await claim();
  const stopping = new AbortController();
  if (reason) stopping.abort(reason);
  return await runOperation(ports, taken.operation, taken.claim, stopping.signal);
}

const planOf = async (id: string): Promise<Plan> => (await stores.clusters.plans(home.cluster.id)).find((p) => p.operationId === id) ?? expect.fail();

const off = "machine-stopped:demo-w1";
const larger = "machine-memory:demo-w1";
const startsIt = { refresh: true, again: ["demo-smoke", "demo-w1-ready"], marks: [`${off}=stopped`] };

describe("a preview that repairs", () => {
  it("plans the repair also when the portal was stopped while it ran", async () => {
    stop();
    await looked();
    const { id } = await repair(off);
    result = { result: "cancelled" };
    expect((await runNext("drain")).state).toBe("interrupted");
    result = done;
    await resumeInterrupted(ports);
    expect(await runNext()).toMatchObject({ id, state: "succeeded", attempt: 2 });
    expect((await planOf(id)).repair).toEqual(startsIt);
    expect(runs.map((r) => r.repair?.again)).toEqual([startsIt.again, startsIt.again]);
  });

  it("plans the repair also when its worker was killed, whatever looks have written since", async () => {
    stop();
    await looked();
    const { id } = await repair(off);
    result = new LeaseLost("killed here");
    await expect(runNext()).rejects.toBe(result);
    const [held] = await stores.operations.held();
    const taken = held && (await stores.operations.takeOver(held, { workerId: "rescuer", now: ++time, leaseMs: 60_000 }));
    expect(taken && (await recoverOperation(ports, taken.operation, taken.claim)).state).toBe("interrupted");
    result = done;
    await looked();
    await resumeInterrupted(ports);
    expect(await runNext()).toMatchObject({ id, state: "succeeded" });
    expect((await planOf(id)).repair).toEqual(startsIt);
  });

  it("takes the last look's word for what the host cannot tell, and leaves alone what was not asked for or is right again", async () => {
    stop();
    const about = { machine: "demo-cp0", impact: "restart", repair: "plan", adopt: false } as const;
    const silent = { id: "node-missing:demo-cp0", kind: "node-missing", subject: "demo-cp0", expected: "true", found: "absent", ...about } as const;
    await stores.drift.change(home.cluster.id, (record) => afterLook(record, { at: ++time, revision: 1, sources: { host: "seen", engine: "seen", nodes: "seen" }, trouble: null, findings: [silent] }));
    const { id } = await repair(silent.id, larger);
    await runNext();
    expect((await planOf(id)).repair).toEqual({ refresh: false, again: ["demo-cp0", "demo-smoke"], marks: ["node-missing:demo-cp0=absent"] });
  });

  it("leaves nothing to the next one", async () => {
    stop();
    await looked();
    await repair(off);
    await runNext();
    const { id } = await submit(null);
    await runNext();
    expect((await planOf(id)).repair).toBeUndefined();
  });
});

describe("a preview of what was adopted", () => {
  const adopt = () => submit({ wish: "adopt", id: larger, found: "4096" });

  it("reads the host when it is as it was then", async () => {
    grow(4096);
    const { id } = await adopt();
    expect((await runNext()).state).toBe("succeeded");
    expect((await planOf(id)).repair).toEqual({ refresh: true, again: [], marks: [`${larger}=4096`] });
  });

  it.each([["was put back by hand", 2048], ["says something else by now", 3072]])("is refused when the host %s", async (_, memoryMiB) => {
    grow(memoryMiB);
    await looked();
    await adopt();
    expect((await runNext()).failure).toMatchObject({ cause: "stale-plan", next: "preview-again", message: expect.stringContaining(`no longer ${larger}=4096`) as string });
    expect([runs, await stores.clusters.plans(home.cluster.id)]).toEqual([[], []]);
  });

  it("is refused as well when it went on after an interruption in which the machine came back", async () => {
    touch(() => []);
    await submit({ wish: "adopt", id: "machine-missing:demo-w1", found: "absent" });
    result = { result: "cancelled" };
    expect((await runNext("drain")).state).toBe("interrupted");
    host = hostOf(spec);
    await resumeInterrupted(ports);
    expect((await runNext()).failure?.cause).toBe("stale-plan");
  });
});
