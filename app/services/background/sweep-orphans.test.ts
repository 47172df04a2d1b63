import { beforeEach, describe, expect, it } from "vitest";
import { type MemoryStores, memoryStores } from "#app/adapters/memory/stores.ts";
import type { ClusterSpec } from "#app/domain/cluster/spec.ts";
import type { Inventory } from "#app/ports/hypervisor.ts";
import { emptyHypervisor } from "#tests/contract/empty-hypervisor.ts";
import { addCluster, addHome, noon } from "#tests/contract/fixtures.ts";
import { startSweeping, sweepOrphans, type SweepPorts } from "./sweep-orphans.ts";

let stores: MemoryStores;
let spec: ClusterSpec;
let machines: Inventory["machines"];
let removed: string[];
let ports: SweepPorts;
let time: number;

beforeEach(async () => {
  stores = memoryStores();
  const home = await addHome(stores);
  spec = (await stores.clusters.spec(home.cluster.id, 1)) ?? expect.fail();
  machines = [];
  removed = [];
  time = noon;
  ports = {
    ...stores,
    hypervisor: {
      ...emptyHypervisor,
      inventory: () => Promise.resolve({ machines, networks: [], pools: [], volumes: [] }),
      remove: async (kind, name) => void removed.push(`${kind} ${name}`),
    },
    records: { owned: () => Promise.resolve(new Set([`machine ${spec.prefix}-cp0`])) },
    poolRoot: "/pools",
    now: () => time,
  };
});

const machine = (name: string, ours = true): Inventory["machines"][number] => {
  const { tenantId, clusterId, stackName } = spec;
  return { name, state: "running", memoryMiB: 1, vcpus: 1, owner: ours ? { tenantId, clusterId, stackName, machine: "m" } : null };
};

describe("sweeping the host", () => {
  it("lists what no state knows, since it was first seen, and forgets it when it is gone", async () => {
    machines = [machine(`${spec.prefix}-cp0`), machine(`${spec.prefix}-w9`)];
    expect(await sweepOrphans(ports)).toEqual([]);
    time += 60_000;
    await sweepOrphans(ports);
    expect(await stores.orphans.list()).toEqual([expect.objectContaining({ name: `${spec.prefix}-w9`, reason: "not-in-state", since: noon })]);
    machines = [];
    await sweepOrphans(ports);
    expect(await stores.orphans.list()).toEqual([]);
    expect(removed).toEqual([]);
  });

  it("removes what a cluster that is gone left, and nothing that only bears its name", async () => {
    await stores.clusters.setState(spec.clusterId, "gone", noon);
    machines = [machine(`${spec.prefix}-cp0`), machine(`${spec.prefix}-x`, false)];
    expect(await sweepOrphans(ports)).toEqual([`machine ${spec.prefix}-cp0`]);
    expect(removed).toEqual([`machine ${spec.prefix}-cp0`]);
    expect((await stores.orphans.list()).map((o) => [o.name, o.reason])).toEqual([[`${spec.prefix}-x`, "cluster-gone"]]);
  });

  it("reads the spec of a cluster that is gone once, and still finds what is named like it", async () => {
    const living = await addCluster(stores, spec.tenantId, "living");
    await stores.clusters.setState(spec.clusterId, "gone", noon);
    const read: string[][] = [];
    const clusters: SweepPorts["clusters"] = {
      ...stores.clusters,
      specs: (refs) => {
        read.push(refs.map((r) => r.clusterId));
        return stores.clusters.specs(refs);
      },
    };
    const gone = new Map<string, string>();
    await sweepOrphans({ ...ports, clusters }, gone);
    machines = [machine(`${spec.prefix}-x`, false), machine(`${spec.prefix}-cp0`)];
    expect(await sweepOrphans({ ...ports, clusters }, gone)).toEqual([`machine ${spec.prefix}-cp0`]);
    expect((await stores.orphans.list()).map((o) => [o.name, o.reason, o.clusterId])).toEqual([[`${spec.prefix}-x`, "cluster-gone", spec.clusterId]]);
    expect(read.map((ids) => ids.toSorted())).toEqual([[spec.clusterId, living.id].toSorted(), [living.id]]);
  });

  it("leaves a cluster alone while an operation of it is not finished, or its state cannot be read", async () => {
    machines = [machine(`${spec.prefix}-w9`)];
    await sweepOrphans({ ...ports, records: { owned: () => Promise.reject(new Error("torn")) } });
    expect(await stores.orphans.list()).toEqual([]);
    const asked = { kind: "update", planKind: "update", specRevision: 1, planId: null, drift: null, requestedBy: "p", requestedByName: "mina", requestedAt: noon, idempotencyKey: null } as const;
    await stores.operations.submit({ id: "o", tenantId: spec.tenantId, clusterId: spec.clusterId, ...asked });
    await sweepOrphans(ports);
    expect(await stores.orphans.list()).toEqual([]);
  });

  it("goes on when libvirt did not answer, and ends when it is told to", async () => {
    let answers = 0;
    const seen = Promise.withResolvers<void>();
    const inventory = async () => {
      if (answers++ === 0) throw new Error("no answer");
      seen.resolve();
      return { machines, networks: [], pools: [], volumes: [] };
    };
    const troubles: string[] = [];
    const sweep = startSweeping({ ...ports, hypervisor: { ...ports.hypervisor, inventory } }, { everyMs: 5, onTrouble: (doing) => troubles.push(doing) });
    await seen.promise;
    await sweep.stop();
    expect(troubles).toEqual(["looking for orphans on the libvirt host"]);
  });
});
