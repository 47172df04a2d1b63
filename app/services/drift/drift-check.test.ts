import { everywhere } from "#tests/contract/empty-hypervisor.ts";
import { localHost } from "#app/domain/host/libvirt-host.ts";
import { saveCluster } from "#app/domain/power/power-revisions.ts";
import { message, MessageError } from "#app/domain/message/message.ts";
import { beforeEach, describe, expect, it } from "vitest";
import { memoryStores, type MemoryStores } from "#app/adapters/memory/stores.ts";
import { exampleSecrets, exampleSpec } from "#app/domain/cluster/example-spec.ts";
import { addressOf, type ClusterSpec, controlPlaneOf, networkOf } from "#app/domain/cluster/spec.ts";
import { type HostSeen, volumesOf } from "#app/domain/drift/find-drift.ts";
import { requestCheck } from "#app/domain/drift/record.ts";
import type { ApiAccess } from "#app/ports/cluster-nodes.ts";
import type { RunRequest } from "#app/ports/stack-engine.ts";
import { checkCluster, type DriftCheckPorts } from "./drift-check.ts";
import { startDriftWatch } from "./drift-watch.ts";

let stores: MemoryStores;
let spec: ClusterSpec;
let host: HostSeen;
let ports: DriftCheckPorts;
let looks: RunRequest[];
let now: number;
const forever = new AbortController().signal;

const hostOf = (s: ClusterSpec): HostSeen => ({
  machines: s.machines.map((m) => ({ name: m.libvirtName, state: "running", memoryMiB: m.memoryMiB, vcpus: m.vcpus, defined: null })),
  networks: [{ name: networkOf(s).name, active: true, firewall: "present" }],
  pools: [{ name: s.prefix, active: true }],
  volumes: s.machines.flatMap((m) => volumesOf(m).map((v) => ({ pool: s.prefix, name: v.name, path: v.name }))),
});

beforeEach(async () => {
  stores = memoryStores();
  now = 1_000_000;
  looks = [];
  const example = exampleSpec({ name: "demo", workers: 1 });
  const cluster = await stores.clusters.create(
    { id: example.clusterId, tenantId: example.tenantId, name: "demo", hostId: localHost, createdAt: 1, indexLimit: 5 },
    () => example,
  );
  spec = example;
  host = hostOf(spec);
  await stores.secrets.putClusterSecrets(spec.tenantId, spec.clusterId, exampleSecrets(spec));
  await stores.clusters.setLiveRevision(cluster.id, 1);
  await stores.clusters.setState(cluster.id, "ready", 2);
  ports = {
    ...stores,
    hostInspections: everywhere({ inspect: async () => host, wake: async () => undefined }),
    nodes: {
      list: async () => ({
        nodes: spec.machines.map((m) => ({ name: m.name, ready: "true" as const, schedulable: true, leaseAgeSeconds: 5 })),
        certificateEndsAt: null,
      }),
    },
    keyMaker: {
      clientCertificate: async (_pki, { user }, from, lifetimeMs) => ({
        certificate: `${user} until ${from + lifetimeMs}`,
        privateKey: "key",
      }),
    },
    engine: {
      findDrift: async (run) => {
        looks.push(run);
        return [];
      },
    },
    machineHost: async () => ({ libvirtUri: "qemu:///system", imageFolder: "/i", imagePool: "i", poolRoot: "/p", consoleFolder: "/c" }),
    now: () => now,
  };
});

const look = (more: Partial<DriftCheckPorts> = {}) => checkCluster({ ...ports, ...more }, spec.clusterId, forever);
const record = () => stores.drift.get(spec.clusterId);
const stop = (h: HostSeen): HostSeen => ({ ...h, machines: h.machines.map((m, i) => (i === 1 ? { ...m, state: "stopped" } : m)) });

const submit = (kind: "preview" | "update" = "preview") =>
  stores.operations.submit({
    id: `op-${kind}`,
    tenantId: spec.tenantId,
    clusterId: spec.clusterId,
    kind,
    planKind: "update",
    specRevision: 1,
    planId: null,
    drift: null,
    requestedBy: "p",
    requestedByName: "p",
    requestedAt: now,
    idempotencyKey: null,
  });

/** An engine during whose look something happens. */
const meanwhile = (happens: () => Promise<unknown>): DriftCheckPorts["engine"] => ({
  findDrift: async () => {
    await happens();
    return [];
  },
});

describe("one check", () => {
  it("of a saved cluster asks no node, which could not answer, and finds nothing while its machines are off", async () => {
    await stores.clusters.addRevision(saveCluster(spec, spec), now);
    await stores.clusters.setLiveRevision(spec.clusterId, 2);
    host = { ...host, machines: host.machines.map((m) => ({ ...m, state: "stopped", saved: true })) };
    const nodes = { list: () => Promise.reject(new Error("nobody is to be asked")) };
    expect(await look({ nodes })).toBe("recorded");
    expect(await record()).toMatchObject({ sources: { host: "seen", nodes: "absent" }, rows: [] });
  });

  it("records what differs, from host and engine, for the live revision", async () => {
    host = stop(host);
    expect(await look()).toBe("recorded");
    expect(await record()).toMatchObject({
      at: now,
      revision: 1,
      sources: { host: "seen", engine: "seen", nodes: "seen" },
      rows: [{ id: "machine-stopped:w1", since: now }],
    });
    expect(looks).toMatchObject([{ spec: { revision: 1 } }]);
  });

  it("asks Kubernetes at the machine's own address with a certificate of an hour, and does without an answer", async () => {
    const asked: ApiAccess[] = [];
    const list = async (access: ApiAccess) => {
      asked.push(access);
      return { nodes: [{ name: "cp0", ready: "true" as const, schedulable: true, leaseAgeSeconds: 5 }], certificateEndsAt: null };
    };
    await look({ nodes: { list } });
    expect((await record())?.rows.map((r) => r.id)).toEqual(["node-missing:w1"]);
    expect(asked).toEqual([
      {
        host: addressOf(controlPlaneOf(spec)),
        port: 6443,
        caCert: "ca-cert\n",
        certificate: `berth:drift until ${now + 3_600_000}`,
        privateKey: "key",
      },
    ]);
    await look({ nodes: { list: () => Promise.reject(new Error("no route")) } });
    expect(await record()).toMatchObject({ sources: { nodes: "silent" }, rows: [{ id: "node-missing:w1" }] });
  });

  it("keeps the end of the API server's certificate, also when a later check gets no answer", async () => {
    expect((await record())?.certificateEndsAt).toBeUndefined();
    await look({ nodes: { list: async () => ({ nodes: [], certificateEndsAt: 5_000 }) } });
    expect(await record()).toMatchObject({ certificateEndsAt: 5_000 });
    await look({ nodes: { list: () => Promise.reject(new Error("certificate has expired")) } });
    expect(await record()).toMatchObject({ certificateEndsAt: 5_000 });
    await look({ nodes: { list: async () => ({ nodes: [], certificateEndsAt: 9_000 }) } });
    expect(await record()).toMatchObject({ certificateEndsAt: 9_000 });
  });

  it("finds certificates that end soon, by what it read, else by what an earlier check read, else by the cluster's age", async () => {
    const day = 86_400_000;
    const ends = (certificateEndsAt: number) => ({ nodes: { list: async () => ({ nodes: [], certificateEndsAt }) } });
    const silent = { nodes: { list: () => Promise.reject(new Error("certificate has expired")) } };
    const ids = async () => ((await record())?.rows ?? []).map((r) => r.id).filter((id) => id.startsWith("certificates-"));
    await look(ends(now + 31 * day));
    expect(await ids()).toEqual([]);
    now += 5 * day;
    await look(silent);
    expect(await ids()).toEqual(["certificates-expiring:cp0"]);
    now += 40 * day;
    await look(silent);
    expect(await ids()).toEqual(["certificates-expired:cp0"]);
    await look(ends(now + 365 * day));
    expect(await ids()).toEqual([]);
  });

  it("does not ask the engine while the pool is off, because asking would start it", async () => {
    host = { ...host, pools: [{ name: spec.prefix, active: false }], volumes: [] };
    await look();
    expect(await record()).toMatchObject({ sources: { engine: "absent" }, rows: [{ kind: "pool-inactive" }] });
    expect(looks).toEqual([]);
  });

  it("says why it could not be completed when libvirt is silent, and keeps what it knew", async () => {
    const silence = [message("asking-libvirt", { uri: "qemu:///system", command: "domstats" }), message("no-answer", { seconds: 60 })];
    host = stop(host);
    await look();
    now += 1;
    await look({ hostInspections: everywhere({ inspect: () => Promise.reject(new MessageError(silence)), wake: async () => undefined }) });
    expect(await record()).toMatchObject({
      at: now - 1,
      trouble: { at: now, reasons: silence },
      rows: [{ id: "machine-stopped:w1" }],
      lookingUntil: null,
    });
  });

  it("says which revision is missing in the store", async () => {
    await look({ clusters: { ...stores.clusters, spec: async () => null } });
    expect(await record()).toMatchObject({ trouble: { reasons: [message("revision-missing", { revision: 1 })] }, rows: [] });
  });

  it("never looks while an operation of the cluster is queued, and throws away what one moved meanwhile", async () => {
    const { operation } = await submit();
    expect(await look()).toBe("not-now");
    await stores.operations.requestCancel(operation.id, "p", now);
    host = stop(host);
    expect(await look({ engine: meanwhile(() => submit("update")) })).toBe("gave-way");
    expect(await record()).toMatchObject({ at: null, rows: [], lookingUntil: null });
  });

  it("has nothing to look at before a cluster lives, and is one at a time", async () => {
    expect(await look({ engine: meanwhile(async () => expect(await look()).toBe("not-now")) })).toBe("recorded");
    await stores.clusters.setState(spec.clusterId, "destroying", now);
    expect(await look()).toBe("not-now");
  });
});

describe("the watch", () => {
  const until = async (fits: () => Promise<boolean>) => {
    while (!(await fits())) await new Promise((resolve) => setImmediate(resolve));
  };

  it("looks at what somebody asked for although the schedule is off", async () => {
    await stores.drift.change(spec.clusterId, (r) => requestCheck(r, now - 1));
    const watch = startDriftWatch(ports, { everyMinutes: 0, tickMs: 1 });
    await until(async () => (await record())?.at != null);
    await watch.stop();
    expect(looks).toHaveLength(1);
    expect((await record())?.wantedAt).toBeNull();
  });

  it("looks soon after a change, although a preview was made after it", async () => {
    await look();
    for (const kind of ["update", "preview"] as const) {
      now += 1_000;
      await submit(kind);
      const taken = await stores.operations.claim({ workerId: "w", now: () => now, leaseMs: 60_000, maxRunning: 1 });
      if (taken) await stores.operations.finish(taken.claim, "succeeded", [], null, now);
    }
    now += 10_000;
    const watch = startDriftWatch(ports, { everyMinutes: 30, tickMs: 1 });
    await until(async () => looks.length === 2);
    await watch.stop();
    expect((await record())?.at).toBe(now);
  });

  it("gives way at once when an operation begins, and the request stays", async () => {
    await stores.drift.change(spec.clusterId, (r) => requestCheck(r, now - 1));
    const begun = Promise.withResolvers<AbortSignal>();
    const slow = {
      findDrift: (_: RunRequest, signal: AbortSignal) => {
        begun.resolve(signal);
        return new Promise<never>((_resolve, reject) => signal.addEventListener("abort", () => reject(new Error("stopped"))));
      },
    };
    const watch = startDriftWatch({ ...ports, engine: slow }, { everyMinutes: 0, tickMs: 1 });
    const signal = await begun.promise;
    const aborted = new Promise((resolve) => signal.addEventListener("abort", resolve));
    await submit("update");
    await aborted;
    await watch.stop();
    expect(await record()).toMatchObject({ at: null, wantedAt: now - 1, lookingUntil: null });
  });
});
