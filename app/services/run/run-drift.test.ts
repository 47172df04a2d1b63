/**
 * A preview with a request about drift, run against a pretended host: its plan is the same however often it was cut off. And
 * an update of such a plan that was cut off: it continues with the host as it is by then.
 */
import type { HostInspection } from "#app/ports/host-inspection.ts";
import { message } from "#app/domain/message/message.ts";
import { reported } from "#app/domain/message/message.ts";
import { beforeEach, describe, expect, it } from "vitest";
import type { ApiAccess } from "#app/ports/cluster-nodes.ts";
import type { ClusterStore } from "#app/ports/cluster-store.ts";
import { addressOf, type ClusterSpec, controlPlaneOf, interfaceOf, networkOf } from "#app/domain/cluster/spec.ts";
import { findDrift, type HostSeen, type MachineSeen, volumesOf } from "#app/domain/drift/find-drift.ts";
import { afterCheck } from "#app/domain/drift/record.ts";
import type { DriftRequest } from "#app/domain/drift/drift-request.ts";
import type { Plan } from "#app/domain/plan/plan.ts";
import { LeaseLost } from "#app/ports/operation-store.ts";
import { noon } from "#tests/contract/fixtures.ts";
import { everywhere } from "#tests/contract/empty-hypervisor.ts";
import { RunRig } from "#tests/contract/run-rig.ts";
import { resumeInterrupted } from "./run-recovery.ts";

let rig: RunRig;
let spec: ClusterSpec;
let host: HostSeen;

beforeEach(async () => {
  rig = await RunRig.start();
  await rig.stores.clusters.setLiveRevision(rig.clusterId, 1);
  await rig.stores.clusters.setState(rig.clusterId, "ready", noon);
  spec = (await rig.stores.clusters.spec(rig.clusterId, 1)) ?? expect.fail();
  host = hostOf(spec);
  rig.ports = { ...rig.ports, hostInspections: everywhere({ inspect: () => Promise.resolve(host), wake: () => Promise.resolve() }) };
});

/** Everything as the spec says. */
const hostOf = ({ machines, networks, prefix }: ClusterSpec): HostSeen => ({
  machines: machines.map((m): MachineSeen => {
    const diskPaths = volumesOf(m).map((v) => `/p/${v.name}`);
    return {
      name: m.libvirtName,
      state: "running",
      memoryMiB: m.memoryMiB,
      vcpus: m.vcpus,
      defined: {
        memoryMiB: m.memoryMiB,
        vcpus: m.vcpus,
        diskPaths,
        networks: [{ network: networkOf({ networks }).name, mac: interfaceOf(m).mac }],
      },
    };
  }),
  networks: networks.map(({ name }) => ({ name, active: true, firewall: "present" })),
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
  rig.stores.drift.change(rig.clusterId, (record) =>
    afterCheck(record, {
      at: ++rig.time,
      revision: 1,
      sources: { host: "seen", engine: "seen", nodes: "absent" },
      trouble: null,
      findings: findDrift(spec, { host, engine: null, nodes: null }),
    }),
  );

const preview = (drift: DriftRequest | null) => rig.submit("preview", null, "update", drift);
const repair = (...ids: readonly string[]) => preview({ wish: "repair", ids, all: false });

const planOf = async (id: string): Promise<Plan> => (await rig.planMadeBy(id)) ?? expect.fail();

const off = "machine-stopped:w1";
const larger = "machine-memory:w1";
const startsIt = { refresh: true, again: ["main-smoke", "w1-ready"], marks: [`${off}=stopped`] };

describe("a preview that repairs", () => {
  it("plans the repair also when the portal was stopped while it ran", async () => {
    stop();
    await looked();
    const id = await repair(off);
    rig.result = { result: "cancelled" };
    expect((await rig.runNext(AbortSignal.abort("drain"))).state).toBe("interrupted");
    rig.result = rig.done;
    await resumeInterrupted(rig.ports);
    expect(await rig.runNext()).toMatchObject({ id, state: "succeeded", attempt: 2 });
    expect((await planOf(id)).repair).toEqual(startsIt);
    expect(rig.runs.map((r) => r.repair?.again)).toEqual([startsIt.again, startsIt.again]);
  });

  it("plans the repair also when its worker was killed, whatever looks have written since", async () => {
    stop();
    await looked();
    const id = await repair(off);
    const killed = new LeaseLost("killed here");
    rig.result = () => Promise.reject(killed);
    await expect(rig.runNext()).rejects.toBe(killed);
    expect((await rig.recover()).state).toBe("interrupted");
    rig.result = rig.done;
    await looked();
    await resumeInterrupted(rig.ports);
    expect(await rig.runNext()).toMatchObject({ id, state: "succeeded" });
    expect((await planOf(id)).repair).toEqual(startsIt);
  });

  it("takes the last check's word for what the host cannot tell, and leaves alone what was not asked for or is right again", async () => {
    stop();
    const about = { machine: "cp0", impact: "restart", repair: "plan", adopt: false } as const;
    const silent = { id: "node-missing:cp0", kind: "node-missing", subject: "cp0", expected: "true", found: "absent", ...about } as const;
    await rig.stores.drift.change(rig.clusterId, (record) =>
      afterCheck(record, {
        at: ++rig.time,
        revision: 1,
        sources: { host: "seen", engine: "seen", nodes: "seen" },
        trouble: null,
        findings: [silent],
      }),
    );
    const id = await repair(silent.id, larger);
    await rig.runNext();
    expect((await planOf(id)).repair).toEqual({ refresh: false, again: ["cp0", "main-smoke"], marks: ["node-missing:cp0=absent"] });
  });

  it("leaves nothing to the next one", async () => {
    stop();
    await looked();
    await repair(off);
    await rig.runNext();
    const id = await preview(null);
    await rig.runNext();
    expect((await planOf(id)).repair).toBeUndefined();
  });
});

describe("a repair of what only the Kubernetes API can tell", () => {
  const cordoned = {
    id: "node-cordoned:w1",
    kind: "node-cordoned",
    subject: "w1",
    machine: "w1",
    expected: "true",
    found: "false",
    impact: "none",
    repair: "plan",
    adopt: false,
  } as const;

  /** The rig's cluster as one that has a Kubernetes API. */
  const withApi = (clusters: ClusterStore): ClusterStore =>
    Object.assign(Object.create(clusters) as ClusterStore, {
      spec: async (id: string, revision: number) => {
        const found = await clusters.spec(id, revision);
        return (
          found && {
            ...found,
            kubernetes: found.kubernetes.map((k) => ({ ...k, endpoint: { address: addressOf(controlPlaneOf(found)), port: 6443 } })),
          }
        );
      },
    });

  it("uncordons the node when its plan is carried out, and not before", async () => {
    const uncordoned: string[] = [];
    const uncordon = async ({ host: address, certificate }: ApiAccess, node: string) =>
      void uncordoned.push(`${node} at ${address} by ${certificate}`);
    const keyMaker = {
      clientCertificate: async (_: unknown, { user }: { readonly user: string }) => ({ certificate: user, privateKey: "key" }),
    };
    rig.ports = {
      ...rig.ports,
      clusters: withApi(rig.stores.clusters),
      keyMaker,
      nodes: { list: () => Promise.reject(new Error("not asked")), uncordon },
    };
    await rig.stores.drift.change(rig.clusterId, (record) =>
      afterCheck(record, {
        at: ++rig.time,
        revision: 1,
        sources: { host: "seen", engine: "seen", nodes: "seen" },
        trouble: null,
        findings: [cordoned],
      }),
    );
    const id = await repair(cordoned.id);
    await rig.runNext();
    const plan = await planOf(id);
    expect(plan.repair).toEqual({ refresh: false, again: ["main-smoke"], marks: ["node-cordoned:w1=false"] });
    expect(uncordoned).toEqual([]);
    await rig.submit("update", plan.id);
    expect(await rig.runNext()).toMatchObject({ failure: null, state: "succeeded" });
    expect(uncordoned).toEqual([`w1 at ${addressOf(controlPlaneOf(spec))} by berth:drift`]);
  });
});

describe("a preview of what was adopted", () => {
  const adopt = () => preview({ wish: "adopt", id: larger, found: "4096" });

  it("reads the host when it is as it was then", async () => {
    grow(4096);
    const id = await adopt();
    expect((await rig.runNext()).state).toBe("succeeded");
    expect((await planOf(id)).repair).toEqual({ refresh: true, again: [], marks: [`${larger}=4096`] });
  });

  it.each([
    ["was put back by hand", 2048],
    ["says something else by now", 3072],
  ])("is refused when the host %s", async (_, memoryMiB) => {
    grow(memoryMiB);
    await looked();
    await adopt();
    expect((await rig.runNext()).failure).toMatchObject({
      cause: "stale-plan",
      next: "preview-again",
      reasons: [{ code: "adopted-drift-gone", params: { id: larger, found: "4096" } }],
    });
    expect([rig.runs, await rig.stores.clusters.planHeads(rig.clusterId, { limit: 9 })]).toEqual([[], []]);
  });

  it("is refused as well when it continued after an interruption in which the machine came back", async () => {
    touch(() => []);
    await preview({ wish: "adopt", id: "machine-missing:w1", found: "absent" });
    rig.result = { result: "cancelled" };
    expect((await rig.runNext(AbortSignal.abort("drain"))).state).toBe("interrupted");
    host = hostOf(spec);
    await resumeInterrupted(rig.ports);
    expect((await rig.runNext()).failure?.cause).toBe("stale-plan");
  });
});

describe("an update that repairs a lost disk and is interrupted", () => {
  const lose = (kept: (volume: HostSeen["volumes"][number]) => boolean) => (host = { ...host, volumes: host.volumes.filter(kept) });

  /** The disk is gone, the update that makes it again is cut off, and `meanwhile` happens to the host. */
  async function goesOn(meanwhile: () => void): Promise<{ readonly planned: readonly string[]; readonly again: readonly string[] }> {
    const worker = spec.machines.find((m) => m.name === "w1") ?? expect.fail();
    const disk = volumesOf(worker).find((v) => v.step === "disk")?.name ?? expect.fail();
    lose((v) => v.name !== disk);
    await looked();
    const id = await repair(`disk-missing:${disk}`);
    await rig.runNext();
    const plan = await planOf(id);
    expect(plan.repair).toMatchObject({ refresh: false, again: expect.arrayContaining(["w1-disk", "w1-join"]) as string[] });
    await rig.submit("update", plan.id);
    rig.result = { result: "crashed", reasons: [reported("its process is gone")] };
    expect((await rig.runNext()).state).toBe("interrupted");
    meanwhile();
    rig.result = rig.done;
    await resumeInterrupted(rig.ports);
    expect(await rig.runNext()).toMatchObject({ kind: "update", state: "succeeded", attempt: 2 });
    const went = rig.runs.at(-1)?.repair ?? expect.fail();
    expect(went.refresh).toBe(true);
    return { planned: plan.repair?.again ?? [], again: went.again };
  }

  it("replaces nothing that is gone when it reads the host because the machine went as well", async () => {
    const { planned, again } = await goesOn(() => touch(() => []));
    expect(again).toEqual(planned.filter((name) => name !== "w1-disk"));
    expect(again).not.toContain("w1");
  });

  it("still replaces disks that a pool which is off does not show", async () => {
    const { planned, again } = await goesOn(() => {
      lose(() => false);
      host = { ...host, pools: host.pools.map((p) => ({ ...p, active: false })) };
    });
    expect(again).toEqual(planned);
  });
});

describe("lost firewall rules, whose repair restarts the libvirt daemon of the host", () => {
  let woken: string[];
  const lose = () => (host = { ...host, networks: [{ name: networkOf(spec).name, active: true, firewall: "missing" }] });
  beforeEach(() => {
    woken = [];
    rig.ports = {
      ...rig.ports,
      hostInspections: everywhere<HostInspection>({ inspect: () => Promise.resolve(host), wake: async (kind) => void woken.push(kind) }),
    };
  });

  /** An update under way loses its worker, and the host loses rules and has its pool switched off meanwhile. */
  async function interrupted(planId: string): Promise<string> {
    const id = await rig.submit("update", planId);
    const killed = new LeaseLost("killed here");
    rig.result = () => Promise.reject(killed);
    await expect(rig.runNext()).rejects.toBe(killed);
    rig.result = rig.done;
    lose();
    host = { ...host, pools: host.pools.map((p) => ({ ...p, active: false })) };
    return id;
  }

  it("are left alone when an operation is recovered and continued whose plan does not restore them", async () => {
    await interrupted((await rig.plan()).id);
    expect((await rig.recover()).state).toBe("interrupted");
    expect([woken, rig.recovered]).toEqual([["pool"], 1]);
    await resumeInterrupted(rig.ports);
    expect((await rig.runNext()).state).toBe("succeeded");
    expect(woken).toEqual(["pool", "pool"]);
  });

  it("are restored by the continued run of a plan that was approved for them, and not by its recovery", async () => {
    lose();
    await looked();
    const preview = await repair(`network-firewall:${networkOf(spec).name}`);
    await rig.runNext();
    const plan = await planOf(preview);
    expect(plan.repair?.marks).toEqual([`network-firewall:${networkOf(spec).name}=missing`]);
    await interrupted(plan.id);
    expect(woken).toEqual(["firewall"]);
    await rig.recover();
    expect(woken).toEqual(["firewall", "pool"]);
    await resumeInterrupted(rig.ports);
    expect((await rig.runNext()).state).toBe("succeeded");
    expect(woken).toEqual(["firewall", "pool", "firewall", "pool"]);
  });

  it("do not keep the stack from recovery when they cannot be restored", async () => {
    await interrupted((await rig.plan()).id);
    rig.ports = {
      ...rig.ports,
      hostInspections: everywhere<HostInspection>({
        inspect: () => Promise.resolve(host),
        wake: (kind) => (kind === "firewall" ? Promise.reject(new Error("systemctl: access denied")) : Promise.resolve()),
      }),
    };
    await rig.recover();
    expect(rig.recovered).toBe(1);
  });
});

describe("an update that repairs and found libvirt silent before it began", () => {
  /** Approved for a machine that is off; `meanwhile` happens to the host before libvirt answers. */
  async function begins(meanwhile: () => void) {
    stop();
    await looked();
    const preview = await repair(off);
    await rig.runNext();
    await rig.submit("update", (await planOf(preview)).id);
    rig.silent = true;
    expect((await rig.runNext()).state).toBe("interrupted");
    meanwhile();
    rig.silent = false;
    rig.runs = [];
    await resumeInterrupted(rig.ports);
    return await rig.runNext();
  }

  it("does what was approved, once libvirt answers", async () => {
    expect(await begins(() => undefined)).toMatchObject({ state: "succeeded", attempt: 2 });
    expect(rig.runs.map((r) => r.repair)).toEqual([{ refresh: startsIt.refresh, again: startsIt.again }]);
  });

  it("is refused where the host is not as the plan found it any more", async () => {
    const stopAll = () => (host = { ...host, machines: host.machines.map((m) => ({ ...m, state: "stopped" })) });
    expect((await begins(stopAll)).failure).toMatchObject({
      cause: "stale-plan",
      reasons: [message("drift-moved", { over: [], fresh: expect.arrayContaining(["machine-stopped:cp0=stopped"]) as string[] })],
    });
    expect(rig.runs).toEqual([]);
  });
});
