/** What recovery sees: who lives, what is nobody's on the host, and which machines were left half made. */
import { message } from "#app/domain/message/message.ts";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { describe, expect, it } from "vitest";
import { exampleOfSeveral, exampleSpec } from "#app/domain/cluster/example-spec.ts";
import type { Inventory } from "#app/ports/hypervisor.ts";
import { exampleWithService } from "#tests/plain/service.ts";
import { findHalfMade, findHalfWritten, halfWrittenNote } from "./partial-machines.ts";
import { findGone, findLeftovers } from "./orphans.ts";
import { startTimeOf } from "#app/foundation/process.ts";
import { processesOf, runMark } from "#pulumi/stack/processes.ts";
import type { StackState, StateResource } from "#pulumi/stack/stack-files.ts";
import { holderOf, workerIdentity } from "#pulumi/worker/worker-identity.ts";

const spec = exampleSpec({ workers: 2 });
const { prefix } = spec;
const machineHost = { libvirtUri: "", imageFolder: "", imagePool: "", poolRoot: "/pools", consoleFolder: "" };

describe("who holds an operation", () => {
  const parts = workerIdentity("a").split("|");
  const withPart = (at: number, value: string) => parts.with(at, value).join("|");

  it("is alive as long as that very process lives", async () => {
    expect(holderOf(workerIdentity("a"))).toBe("alive");
    const child = spawn("sleep", ["60"]);
    await once(child, "spawn");
    const id = parts
      .with(3, String(child.pid))
      .with(4, startTimeOf(child.pid ?? 0) ?? "")
      .join("|");
    expect(holderOf(id)).toBe("alive");
    child.kill("SIGKILL");
    await once(child, "exit");
    expect(holderOf(id)).toBe("dead");
  });

  it("is dead when only its number lives on, or the machine was booted again", () => {
    expect(holderOf(withPart(4, "1"))).toBe("dead");
    expect(holderOf(withPart(1, "another-boot"))).toBe("dead");
  });

  it("is elsewhere when nothing can be proven from here", () => {
    expect(holderOf(withPart(0, "another-machine"))).toBe("elsewhere");
    expect(holderOf(withPart(2, "another-space"))).toBe("elsewhere");
    expect(holderOf("somebody")).toBe("elsewhere");
  });
});

describe("the processes of a stack", () => {
  it("are those of all its runs, and not of a stack whose name begins alike", async () => {
    const start = async (mark: string) => {
      const child = spawn("sleep", ["60"], { env: { ...process.env, [runMark]: mark } });
      await once(child, "spawn");
      return child;
    };
    const mark = `t1/stack-${process.pid}`;
    const children = await Promise.all([`${mark}#one`, `${mark}#two`, `${mark}-2#one`, `${mark}~look`].map(start));
    try {
      const [one, two] = children.map((c) => c.pid);
      expect(
        processesOf(mark)
          .map((p) => p.pid)
          .sort(),
      ).toEqual([one, two].sort());
      expect(processesOf(`${mark}#two`).map((p) => p.pid)).toEqual([two]);
    } finally {
      for (const c of children) c.kill("SIGKILL");
    }
  });
});

const resource = (type: string, name: string, outputs: Record<string, unknown> = { name }): StateResource => ({
  urn: `urn:pulumi:s::berth::${type}::${name}`,
  type,
  custom: true,
  outputs,
});
const stateOf = (...resources: readonly StateResource[]): StackState => ({ resources, pending: [] });

describe("what is on the host and in no state", () => {
  const owner = { tenantId: spec.tenantId, clusterId: spec.clusterId, stackName: spec.stackName, machine: "" };
  const machine = (name: string, ours = true) => ({ name, state: "running", memoryMiB: 1, vcpus: 1, owner: ours ? owner : null }) as const;
  const volume = (name: string) => ({ pool: prefix, name, path: "", capacityBytes: 1 });
  const inventory: Inventory = {
    machines: [machine(`${prefix}-a`), machine(`${prefix}-b`), machine(`${prefix}-c`, false)],
    volumes: [volume(`${prefix}-a.qcow2`), volume(`${prefix}-b.qcow2`), volume("foreign.qcow2")],
    networks: [{ name: prefix, active: true, bridgeLeft: false, owner }],
    pools: [{ name: prefix, folder: `/pools/${prefix}` }],
  };

  it("is removed users first, and a machine of somebody else's is left alone though it is called like ours", () => {
    const state = stateOf(
      resource("libvirt:index/domain:Domain", `${prefix}-a`),
      resource("libvirt:index/volume:Volume", "x", { name: `${prefix}-a.qcow2`, pool: prefix }),
      resource("libvirt:index/network:Network", prefix),
    );
    expect(findLeftovers(inventory, { kind: "update", spec, machineHost }, state)).toEqual([
      { kind: "machine", name: `${prefix}-b` },
      { kind: "volume", pool: prefix, name: `${prefix}-b.qcow2` },
      { kind: "pool", name: prefix },
    ]);
  });

  it("is the bridge of a network that stays, and with a network that goes nothing of its own", () => {
    const left: Inventory = { machines: [], volumes: [], pools: [], networks: [{ name: prefix, active: false, bridgeLeft: true, owner }] };
    const state = stateOf(resource("libvirt:index/network:Network", prefix));
    expect(findLeftovers(left, { kind: "update", spec, machineHost }, state)).toEqual([{ kind: "bridge", name: prefix }]);
    expect(findLeftovers(left, { kind: "update", spec, machineHost }, null)).toEqual([{ kind: "network", name: prefix }]);
  });

  it("is all that is ours where there is no state", () => {
    expect(findLeftovers(inventory, { kind: "update", spec, machineHost }, null).map((l) => l.name)).not.toContain(`${prefix}-c`);
    expect(findLeftovers(inventory, { kind: "update", spec, machineHost }, null)).toHaveLength(6);
  });
});

describe("what is in the state and not on the host", () => {
  const owner = { tenantId: spec.tenantId, clusterId: spec.clusterId, stackName: spec.stackName, machine: "" };
  const domain = resource("libvirt:index/domain:Domain", `${prefix}-a`);
  const disk = resource("libvirt:index/volume:Volume", "a-disk", { name: `${prefix}-a.qcow2`, pool: prefix });
  const network = resource("libvirt:index/network:Network", prefix);
  const pool = resource("libvirt:index/pool:Pool", prefix);
  const state = stateOf(domain, disk, network, pool, resource("command:remote:Command", "a-ready", {}));
  const nothing: Inventory = { machines: [], volumes: [], networks: [], pools: [] };
  const goneFrom = (inventory: Inventory) =>
    findGone(inventory, { spec, machineHost }, state).map(({ kind, urn }) => `${kind} ${urn.split("::").at(-1)}`);

  it("is everything of libvirt's where nothing is left, and no command", () => {
    expect(goneFrom(nothing)).toEqual([`machine ${prefix}-a`, "volume a-disk", `network ${prefix}`, `pool ${prefix}`]);
    expect(findGone(nothing, { spec, machineHost }, null)).toEqual([]);
  });

  it("is not what is there, and is what only somebody else's thing of the same name stands for", () => {
    const machine = { name: `${prefix}-a`, state: "stopped", memoryMiB: 1, vcpus: 1 } as const;
    const there: Inventory = {
      machines: [{ ...machine, owner }],
      volumes: [{ pool: prefix, name: `${prefix}-a.qcow2`, path: "", capacityBytes: 1 }],
      networks: [{ name: prefix, active: false, bridgeLeft: false, owner }],
      pools: [{ name: prefix, folder: `/pools/${prefix}` }],
    };
    expect(goneFrom(there)).toEqual([]);
    expect(goneFrom({ ...there, machines: [{ ...machine, owner: null }], pools: [{ name: prefix, folder: "/elsewhere" }] })).toEqual([
      `machine ${prefix}-a`,
      "volume a-disk",
      `pool ${prefix}`,
    ]);
  });
});

describe("machines left half made", () => {
  const steps = (...names: readonly string[]) => stateOf(...names.map((n) => resource("command:remote:Command", n)));
  const machine = (node: string) => [node, `${node}-disk`, `${node}-seed`];
  const found = (state: StackState | null) => {
    const { machines, urns } = findHalfMade(spec, state);
    return { machines: machines.map((m) => m.name), anew: urns.map((u) => u.slice(u.lastIndexOf("::") + 2)) };
  };
  const none = { machines: [], anew: [] };
  const founded = [...machine("cp0"), "cp0-ready", "main-init"];

  it("are none where nothing was begun, or all that was begun is recorded", () => {
    expect(found(null)).toEqual(none);
    expect(found(steps(...machine("cp0"), ...machine("w1"), "w1-ready"))).toEqual(none);
    expect(found(steps(...founded, ...machine("w1"), "w1-ready", "w1-join", ...machine("w2")))).toEqual(none);
  });

  it("are a worker whose join was cut off, with its membership, so that its Node goes first", () => {
    expect(found(steps(...founded, ...machine("w1"), "w1-seat", "w1-ready", ...machine("w2")))).toEqual({
      machines: ["w1"],
      anew: ["w1", "w1-disk", "w1-seat"],
    });
  });

  it("are, with a control plane whose init was cut off, all that may have joined it", () => {
    const state = steps(...machine("cp0"), "cp0-ready", ...machine("w1"), "w1-seat", "w1-ready", "w1-join", ...machine("w2"));
    expect(found(state)).toEqual({ machines: ["cp0", "w1"], anew: ["cp0", "cp0-disk", "w1", "w1-disk", "w1-join"] });
  });

  it("are not control planes that were joining others: their join clears away what it left, and etcd may count on them", () => {
    const several = exampleSpec({ topology: exampleOfSeveral, workers: 1 });
    const cutOff = steps(...founded, ...machine("cp1"), "cp1-seat", "cp1-token", "cp1-ready", ...machine("w1"), "w1-ready");
    expect(findHalfMade(several, cutOff).machines.map((m) => m.name)).toEqual(["w1"]);
  });

  it("are not service machines: they join nothing, and are set up again", () => {
    const served = exampleWithService({ workers: 1 });
    const cutOff = steps(...founded, ...machine("w1"), "w1-ready", "w1-join", ...machine("store0"), "store0-ready");
    expect(findHalfMade(served, cutOff)).toEqual({ machines: [], urns: [] });
  });

  it("are told by resources, not by components of the same name", () => {
    const components = { resources: ["cp0-ready"].map((n) => ({ ...resource("berth:cluster:Machine", n), custom: false })), pending: [] };
    expect(found(components)).toEqual(none);
  });
});

describe("disks that were not written to their end", () => {
  const volume = (name: string, initErrors?: readonly string[]): StateResource => ({
    ...resource("libvirt:index/volume:Volume", name, { name: `${name}.iso` }),
    ...(initErrors === undefined ? {} : { initErrors: [...initErrors] }),
  });
  const broken = volume("w1-seed", ["error while uploading source"]);

  it("are those the state has with an error, and are called by their names on the host", () => {
    const found = findHalfWritten(stateOf(volume("cp0-seed"), volume("w2-seed", []), broken));
    expect(found.map((r) => r.urn)).toEqual([broken.urn]);
    expect(found.map(halfWrittenNote)).toContainEqual(message("disk-recreated", { name: "w1-seed.iso" }));
  });

  it("are no other things: a machine whose change went wrong is as it was before", () => {
    expect(findHalfWritten(stateOf({ ...resource("libvirt:index/domain:Domain", "w1"), initErrors: ["setting memory"] }))).toEqual([]);
  });
});
