import { localHost } from "#app/domain/host/libvirt-host.ts";
import { beforeEach, describe, expect, it } from "vitest";
import { type MemoryStores, memoryStores } from "#app/adapters/memory/stores.ts";
import type { ClusterSpec } from "#app/domain/cluster/spec.ts";
import type { Hypervisor, Inventory } from "#app/ports/hypervisor.ts";
import { emptyHypervisor, everywhere } from "#tests/contract/empty-hypervisor.ts";
import { addCluster, addHome, noon, registration } from "#tests/contract/fixtures.ts";
import { startSweeping, sweepOrphans, type SweepPorts } from "./sweep-orphans.ts";

let stores: MemoryStores;
let spec: ClusterSpec;
let machines: Inventory["machines"];
let removed: string[];
let ports: SweepPorts;
let time: number;

beforeEach(async () => {
  stores = memoryStores();
  await stores.hosts.register(registration());
  const home = await addHome(stores);
  spec = (await stores.clusters.spec(home.cluster.id, 1)) ?? expect.fail();
  machines = [];
  removed = [];
  time = noon;
  ports = {
    ...stores,
    hypervisors: everywhere({
      ...emptyHypervisor,
      inventory: () => Promise.resolve({ machines, networks: [], pools: [], volumes: [] }),
      remove: async (kind, name) => void removed.push(`${kind} ${name}`),
    } satisfies Hypervisor),
    records: { owned: () => Promise.resolve(new Set([`machine ${spec.prefix}-cp0`])) },
    poolRoots: everywhere("/pools"),
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
    expect(await sweepOrphans(ports, localHost)).toEqual([]);
    time += 60_000;
    await sweepOrphans(ports, localHost);
    expect(await stores.orphans.list(localHost)).toEqual([
      expect.objectContaining({ name: `${spec.prefix}-w9`, reason: "not-in-state", since: noon }),
    ]);
    machines = [];
    await sweepOrphans(ports, localHost);
    expect(await stores.orphans.list(localHost)).toEqual([]);
    expect(removed).toEqual([]);
  });

  it("removes what a cluster that is gone left, and nothing that only bears its name", async () => {
    await stores.clusters.setState(spec.clusterId, "gone", noon);
    machines = [machine(`${spec.prefix}-cp0`), machine(`${spec.prefix}-x`, false)];
    expect(await sweepOrphans(ports, localHost)).toEqual([`machine ${spec.prefix}-cp0`]);
    expect(removed).toEqual([`machine ${spec.prefix}-cp0`]);
    expect((await stores.orphans.list(localHost)).map((o) => [o.name, o.reason])).toEqual([[`${spec.prefix}-x`, "cluster-gone"]]);
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
    await sweepOrphans({ ...ports, clusters }, localHost, gone);
    machines = [machine(`${spec.prefix}-x`, false), machine(`${spec.prefix}-cp0`)];
    expect(await sweepOrphans({ ...ports, clusters }, localHost, gone)).toEqual([`machine ${spec.prefix}-cp0`]);
    expect((await stores.orphans.list(localHost)).map((o) => [o.name, o.reason, o.clusterId])).toEqual([
      [`${spec.prefix}-x`, "cluster-gone", spec.clusterId],
    ]);
    expect(read.map((ids) => ids.toSorted())).toEqual([[spec.clusterId, living.id].toSorted(), [living.id]]);
  });

  it("leaves a cluster alone while an operation of it is not finished, or its state cannot be read", async () => {
    machines = [machine(`${spec.prefix}-w9`)];
    await sweepOrphans({ ...ports, records: { owned: () => Promise.reject(new Error("torn")) } }, localHost);
    expect(await stores.orphans.list(localHost)).toEqual([]);
    const asked = {
      kind: "update",
      planKind: "update",
      specRevision: 1,
      planId: null,
      drift: null,
      requestedBy: "p",
      requestedByName: "mina",
      requestedAt: noon,
      idempotencyKey: null,
    } as const;
    await stores.operations.submit({ id: "o", tenantId: spec.tenantId, clusterId: spec.clusterId, ...asked });
    await sweepOrphans(ports, localHost);
    expect(await stores.orphans.list(localHost)).toEqual([]);
  });

  it("takes what a living cluster of another host has here for an orphan, and removes nothing of it", async () => {
    machines = [machine(`${spec.prefix}-cp0`)];
    expect(await sweepOrphans(ports, "attic")).toEqual([]);
    expect((await stores.orphans.list("attic")).map((o) => [o.name, o.reason])).toEqual([[`${spec.prefix}-cp0`, "not-in-state"]]);
    expect(await stores.orphans.list(localHost)).toEqual([]);
    expect(removed).toEqual([]);
  });

  it("sweeps every registered host, also after one that does not answer", async () => {
    await stores.hosts.register(registration({ id: "attic" }));
    machines = [machine("foreign")];
    const swept = Promise.withResolvers<void>();
    const silent = { ...emptyHypervisor, inventory: () => Promise.reject(new Error("no answer")) };
    const hypervisors: SweepPorts["hypervisors"] = {
      of: (id) =>
        id === localHost
          ? { ...emptyHypervisor, inventory: () => Promise.resolve({ machines, networks: [], pools: [], volumes: [] }) }
          : silent,
    };
    const orphans = {
      ...stores.orphans,
      replace: (...asked: Parameters<typeof stores.orphans.replace>) => stores.orphans.replace(...asked).then(() => swept.resolve()),
    };
    const troubles: string[] = [];
    const sweep = startSweeping({ ...ports, orphans, hypervisors }, { everyMs: 5, onTrouble: (doing) => troubles.push(doing) });
    await swept.promise;
    await sweep.stop();
    expect(new Set(troubles)).toEqual(new Set(["looking for orphans on the libvirt host attic"]));
    expect(await stores.orphans.list(localHost)).toHaveLength(1);
  });

  it("continues when libvirt did not answer, and ends when it is told to", async () => {
    let answers = 0;
    const seen = Promise.withResolvers<void>();
    const inventory = async () => {
      if (answers++ === 0) throw new Error("no answer");
      seen.resolve();
      return { machines, networks: [], pools: [], volumes: [] };
    };
    const troubles: string[] = [];
    const sweep = startSweeping(
      { ...ports, hypervisors: everywhere({ ...emptyHypervisor, inventory }) },
      { everyMs: 5, onTrouble: (doing) => troubles.push(doing) },
    );
    await seen.promise;
    await sweep.stop();
    expect(troubles).toEqual(["looking for orphans on the libvirt host local"]);
  });
});
