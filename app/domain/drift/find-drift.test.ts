import { describe, expect, it } from "vitest";
import type { CertificateEnd, CertificateState } from "#app/domain/cluster/certificates.ts";
import { exampleOfSeveral, exampleSpec } from "#app/domain/cluster/example-spec.ts";
import { type ClusterSpec, interfaceOf, networkOf } from "#app/domain/cluster/spec.ts";
import type { PlanRow } from "#app/domain/plan/plan.ts";
import { plainBlueprint } from "#tests/plain/blueprint.ts";
import { exampleWithService } from "#tests/plain/service.ts";
import { saveCluster } from "#app/domain/power/power-revisions.ts";
import { wakesFor, wakesOf } from "./repair.ts";
import { findDrift, type HostSeen, type NodeSeen, repairOf, volumesOf } from "./find-drift.ts";

const spec = exampleSpec({ name: "demo", workers: 2 });
const [cp, w1, w2] = spec.machines;
if (!cp || !w1 || !w2) throw new Error("the example has three machines");

/** A host on which everything is as the spec says. */
function hostOf(s: ClusterSpec): HostSeen {
  return {
    machines: s.machines.map((m) => ({
      name: m.libvirtName,
      state: "running",
      memoryMiB: m.memoryMiB,
      vcpus: m.vcpus,
      defined: {
        memoryMiB: m.memoryMiB,
        vcpus: m.vcpus,
        diskPaths: volumesOf(m).map((v) => `/pools/x/${v.name}`),
        networks: [{ network: networkOf(s).name, mac: interfaceOf(m).mac.toUpperCase() }],
      },
    })),
    networks: [{ name: networkOf(s).name, active: true, firewall: "present" }],
    pools: [{ name: s.prefix, active: true }],
    volumes: s.machines.flatMap((m) => volumesOf(m).map((v) => ({ pool: s.prefix, name: v.name, path: `/pools/x/${v.name}` }))),
  };
}

const host = hostOf(spec);
type Machine = HostSeen["machines"][number];
const withMachine = (name: string, change: (m: Machine) => Machine | null): HostSeen => ({
  ...host,
  machines: host.machines.flatMap((m) => (m.name === name ? (change(m) ?? []) : m)),
});
const node = (name: string, ready: NodeSeen["ready"] = "true", more: Partial<NodeSeen> = {}): NodeSeen => ({
  name,
  ready,
  schedulable: true,
  leaseAgeSeconds: 5,
  ...more,
});
const nodes: readonly NodeSeen[] = spec.machines.map((m) => node(m.name));
const on = (h: HostSeen | null, n: readonly NodeSeen[] | null = null, engine: readonly PlanRow[] | null = null) =>
  findDrift(spec, { host: h, nodes: n, engine });
const ids = (found: readonly { readonly id: string }[]) => found.map((f) => f.id);

describe("the host", () => {
  it("finds nothing where everything is as the spec says, or where nothing could be seen", () => {
    expect(on(host, nodes, [])).toEqual([]);
    expect(on(null, null, null)).toEqual([]);
  });

  it.each([
    ["stopped", "machine-stopped", "restart"],
    ["paused", "machine-paused", "none"],
  ] as const)("says that a machine is %s", (state, kind, impact) => {
    expect(on(withMachine(w1.libvirtName, (m) => ({ ...m, state })))).toMatchObject([
      { id: `${kind}:w1`, machine: "w1", expected: "running", found: state, impact, repair: "plan" },
    ]);
  });

  it("tells a machine whose memory is saved from one that is off, and starts it with its memory", () => {
    const found = on(
      withMachine(w1.libvirtName, (m) => ({ ...m, state: "stopped", saved: true })),
      nodes,
    );
    expect(found).toMatchObject([{ id: "machine-saved:w1", expected: "running", found: "saved", impact: "none", repair: "plan" }]);
    expect(repairOf(spec, found)).toEqual({ refresh: true, again: ["main-smoke", "w1-ready"] });
    expect(wakesOf(spec, found, true).map((w) => [w.kind, w.name])).toEqual([["machine", w1.libvirtName]]);
  });

  it("waits for a machine that is on its way to another state", () => {
    expect(on(withMachine(w1.libvirtName, (m) => ({ ...m, state: "other" })))).toEqual([]);
  });

  it("compares what runs, and where that is right what the next start would bring", () => {
    const live = on(withMachine(w1.libvirtName, (m) => ({ ...m, memoryMiB: 512, vcpus: 7 })));
    expect(live.map((f) => [f.id, f.found])).toEqual([
      ["machine-memory:w1", "512"],
      ["machine-vcpus:w1", "7"],
    ]);
    const next = on(withMachine(w1.libvirtName, (m) => ({ ...m, defined: m.defined && { ...m.defined, memoryMiB: 4096 } })));
    expect(next.map((f) => [f.id, f.found])).toEqual([["machine-memory:w1", "4096"]]);
  });

  it("tells a lost disk from one that is not attached, and a control plane's from a worker's", () => {
    const detached = on(withMachine(w1.libvirtName, (m) => ({ ...m, defined: m.defined && { ...m.defined, diskPaths: [] } })));
    expect(detached).toMatchObject([{ id: "machine-disk:w1", impact: "restart" }]);
    const lost = (name: string) => on({ ...host, volumes: host.volumes.filter((v) => v.name !== name) });
    expect(lost(`${w1.libvirtName}.qcow2`)).toMatchObject([
      { kind: "disk-missing", machine: "w1", impact: "replace", repair: "plan", adopt: true },
    ]);
    expect(lost(`${w2.libvirtName}.qcow2`)).toMatchObject([{ machine: "w2", repair: "plan", adopt: true }]);
    expect(lost(`${cp.libvirtName}.qcow2`)).toMatchObject([{ kind: "disk-missing", machine: "cp0", impact: "replace", repair: "none" }]);
    expect(lost(`${cp.libvirtName}-seed.iso`)).toMatchObject([{ kind: "disk-missing", machine: "cp0", impact: "restart", repair: "plan" }]);
  });

  it("has one row for a machine that is gone with its disk, and another for one that left it", () => {
    const gone = withMachine(w1.libvirtName, () => null);
    expect(on(gone)).toMatchObject([{ id: "machine-missing:w1", found: "absent", impact: "restart" }]);
    const wholly = { ...gone, volumes: gone.volumes.filter((v) => !v.name.startsWith(w1.libvirtName)) };
    expect(on(wholly)).toMatchObject([{ id: "machine-missing:w1", found: "absent-with-disk", impact: "replace" }]);
  });

  it("says nothing about disks that it cannot see", () => {
    const off = { ...host, pools: [{ name: spec.prefix, active: false }], volumes: [] };
    expect(ids(on(off))).toEqual([`pool-inactive:${spec.prefix}`]);
    expect(on({ ...off, pools: [] })).toMatchObject([{ kind: "pool-missing", repair: "none" }]);
  });

  it("sees the network that is off, gone, or not the machine's", () => {
    expect(ids(on({ ...host, networks: [{ name: networkOf(spec).name, active: false, firewall: "unknown" }] }))).toEqual([
      `network-inactive:${networkOf(spec).name}`,
    ]);
    expect(ids(on({ ...host, networks: [] }))).toEqual([`network-missing:${networkOf(spec).name}`]);
    const elsewhere = on(
      withMachine(w1.libvirtName, (m) => ({
        ...m,
        defined: m.defined && { ...m.defined, networks: [{ network: "default", mac: interfaceOf(w1).mac }] },
      })),
    );
    expect(ids(elsewhere)).toEqual(["machine-network:w1"]);
  });

  it("sees that the firewall has lost a network's rules, and says nothing where they cannot be read", () => {
    const rules = (firewall: "missing" | "unknown") => on({ ...host, networks: [{ name: networkOf(spec).name, active: true, firewall }] });
    expect(rules("missing")).toMatchObject([
      { id: `network-firewall:${networkOf(spec).name}`, machine: null, found: "missing", impact: "none", repair: "plan" },
    ]);
    expect(rules("unknown")).toEqual([]);
  });

  it("reports what no revision knows, and never offers to remove it", () => {
    const first = host.machines[0];
    if (!first) throw new Error("no machine");
    const strange = {
      ...host,
      machines: [...host.machines, { ...first, name: `${spec.prefix}-w9` }],
      volumes: [...host.volumes, { pool: spec.prefix, name: "holiday.img", path: "/pools/x/holiday.img" }],
    };
    expect(on(strange)).toMatchObject([
      { id: `orphan-machine:${spec.prefix}-w9`, repair: "none" },
      { id: "orphan-disk:holiday.img", repair: "none" },
    ]);
    const fewer = { ...spec, machines: [cp, w1] };
    expect(findDrift(fewer, { host, nodes: null, engine: null }, [spec])).toEqual([]);
  });
});

describe("the nodes", () => {
  it("names a node that is gone or not ready", () => {
    expect(on(host, nodes.slice(0, 2))).toMatchObject([{ id: "node-missing:w2", impact: "restart" }]);
    expect(on(host, [node("cp0", "true"), node("w1", "unknown"), node("w2", "false")])).toMatchObject([
      { id: "node-not-ready:w1", found: "unknown", impact: "restart" },
      { id: "node-not-ready:w2", found: "false" },
    ]);
  });

  it("names a cordoned node", () => {
    expect(on(host, [node("cp0"), node("w1", "true", { schedulable: false }), node("w2")])).toMatchObject([
      { id: "node-cordoned:w1", machine: "w1", found: "false", impact: "none", repair: "plan" },
    ]);
  });

  it.each([
    ["a lease that is renewed in time", 39, []],
    ["a slow node whose lease is renewed late", 119, []],
    ["a node without a lease", null, []],
    ["a clock that is three minutes behind", 180, ["behind"]],
    ["a clock that is a day behind", 86_400, ["behind"]],
    ["a clock that is a minute ahead", -60, ["ahead"]],
  ] as const)("judges %s", (_, leaseAgeSeconds, found) => {
    expect(on(host, [node("cp0"), node("w1", "true", { leaseAgeSeconds }), node("w2")]).map((f) => [f.id, f.found])).toEqual(
      found.map((text) => ["node-clock:w1", text]),
    );
  });

  it("says nothing of the clock of a node that is not Ready: its lease is old because it is silent", () => {
    expect(ids(on(host, [node("cp0"), node("w1", "unknown", { leaseAgeSeconds: 9_999 }), node("w2")]))).toEqual(["node-not-ready:w1"]);
  });

  it("leaves a node out whose machine is the cause", () => {
    const off = withMachine(w1.libvirtName, (m) => ({ ...m, state: "stopped" }));
    expect(ids(on(off, [node("cp0", "true"), node("w1", "unknown"), node("w2", "true")]))).toEqual(["machine-stopped:w1"]);
  });
});

describe("certificates", () => {
  const end = (standing: CertificateState, kind: CertificateEnd["kind"] = "control-plane"): CertificateEnd => ({
    kind,
    endsAt: Date.parse("2030-06-21T10:00:00Z"),
    source: "read",
    standing,
  });
  const found = (...certificates: CertificateEnd[]) => findDrift(spec, { host, nodes, engine: [], certificates });

  it.each([
    ["soon", "certificates-expiring"],
    ["ended", "certificates-expired"],
  ] as const)("of the control plane that are at their end (%s) are a row that a plan repairs", (standing, kind) => {
    expect(found(end(standing))).toEqual([
      {
        id: `${kind}:cp0`,
        kind,
        subject: "cp0",
        machine: null,
        expected: "",
        found: "2030-06-21",
        impact: "none",
        repair: "plan",
        adopt: false,
      },
    ]);
  });

  it("that are valid, that no renewal replaces, or that no Kubernetes uses are no drift", () => {
    expect(found(end("valid"), end("soon", "etcd-ca"))).toEqual([]);
    const machines = exampleSpec({ name: "demo", topology: plainBlueprint, workers: 2 });
    expect(findDrift(machines, { host: null, nodes: null, engine: null, certificates: [end("ended")] })).toEqual([]);
  });
});

describe("the engine's own reading", () => {
  const row = (name: string, type: string, machine: string | null, change: PlanRow["change"]): PlanRow => ({
    urn: name,
    name,
    step: null,
    type,
    phase: "boot",
    change,
    impact: "none",
    machine,
    on: null,
    changed: ["size"],
  });

  it("adds what nothing else has a row for", () => {
    const rows = [row("w1", "libvirt:index/domain:Domain", "w1", "same"), row("w2-disk", "libvirt:index/volume:Volume", "w2", "update")];
    expect(on(host, null, rows)).toMatchObject([{ id: "resource:w2-disk", machine: "w2", found: "size" }]);
    const off = withMachine(w2.libvirtName, (m) => ({ ...m, state: "stopped" }));
    expect(ids(on(off, null, [row("w2", "libvirt:index/domain:Domain", "w2", "update")]))).toEqual(["machine-stopped:w2"]);
  });
});

describe("adopting", () => {
  it("is offered where the spec has words for it", () => {
    const bigger = (m: { readonly libvirtName: string }, memoryMiB: number) => on(withMachine(m.libvirtName, (s) => ({ ...s, memoryMiB })));
    expect(bigger(cp, 8192)[0]?.adopt).toBe(true);
    expect(bigger(cp, 512)[0]?.adopt).toBe(false);
    // One of two workers: the spec has one size for both.
    expect(bigger(w1, 8192)[0]?.adopt).toBe(false);
    expect(on(withMachine(w2.libvirtName, () => null))[0]?.adopt).toBe(true);
    expect(on(withMachine(w1.libvirtName, () => null))[0]?.adopt).toBe(true);
    expect(on(withMachine(cp.libvirtName, () => null))[0]?.adopt).toBe(false);
  });
});

describe("the repair", () => {
  const repair = (h: HostSeen, n: readonly NodeSeen[] | null = null) => repairOf(spec, on(h, n));

  it("starts by reading the host, and checks the cluster at the end", () => {
    expect(repair(withMachine(w1.libvirtName, (m) => ({ ...m, state: "stopped" })))).toEqual({
      refresh: true,
      again: ["main-smoke", "w1-ready"],
    });
  });

  it("makes what nobody can read again by name", () => {
    const tiny = exampleSpec({ name: "demo", topology: plainBlueprint, workers: 2 });
    const [, w] = tiny.machines;
    const lost = { ...hostOf(tiny), volumes: hostOf(tiny).volumes.filter((v) => v.name !== `${w?.libvirtName}.qcow2`) };
    expect(repairOf(tiny, findDrift(tiny, { host: lost, nodes: null, engine: null }))).toEqual({
      refresh: false,
      again: ["main-smoke", "w1-disk", "w1-join", "w1-seat"],
    });
    expect(repair(host, nodes.slice(0, 2))).toEqual({ refresh: false, again: ["main-smoke", "w2"] });
  });

  it("lets a worker whose disk is lost join again: without its old Node, with a new token", () => {
    const joins = ["main-smoke", "w1-join", "w1-seat", "w1-token"];
    const disks = host.volumes.filter((v) => v.name !== `${w1.libvirtName}.qcow2`);
    expect(repair({ ...host, volumes: disks })).toEqual({ refresh: false, again: [...joins, "w1-disk"].toSorted() });
    expect(repair({ ...withMachine(w1.libvirtName, () => null), volumes: disks })).toEqual({ refresh: true, again: joins });
  });

  it("is nothing for what cannot be repaired", () => {
    expect(repair({ ...host, pools: [] })).toEqual({ refresh: false, again: [] });
  });
});

describe("one of several control planes", () => {
  const several = exampleSpec({ topology: exampleOfSeveral, workers: 1 });
  const without = (...names: readonly string[]): HostSeen => {
    const whole = hostOf(several);
    const lost = several.machines.filter((m) => names.includes(m.name)).flatMap((m) => volumesOf(m).map((v) => v.name));
    return {
      ...whole,
      machines: whole.machines.filter((m) => !several.machines.some((s) => s.libvirtName === m.name && names.includes(s.name))),
      volumes: whole.volumes.filter((v) => !lost.includes(v.name)),
    };
  };
  const found = (h: HostSeen) => findDrift(several, { host: h, nodes: null, engine: null });

  it("that is lost with its disk is created again and joins the others, which first take its membership away", () => {
    for (const name of ["cp0", "cp2"]) {
      const findings = found(without(name));
      expect(findings).toMatchObject([
        { id: `machine-missing:${name}`, found: "absent-with-disk", impact: "replace", repair: "plan", adopt: false },
      ]);
      expect(repairOf(several, findings).again).toEqual([`${name}-join`, `${name}-seat`, `${name}-token`, "main-smoke"]);
    }
  });

  it("is not brought back when another one is lost with it", () => {
    expect(found(without("cp0", "cp1")).map((f) => [f.id, f.repair])).toEqual([
      ["machine-missing:cp0", "none"],
      ["machine-missing:cp1", "none"],
    ]);
    expect(found(without("cp1", "w1")).map((f) => f.repair)).toEqual(["plan", "plan"]);
  });
});

describe("a service machine", () => {
  const served = exampleWithService({ workers: 1 });
  const store = served.machines.find((m) => m.name === "store0") ?? expect.fail();
  const whole = hostOf(served);
  const nodesOfServed = ["cp0", "w1"].map((name) => node(name));
  const found = (h: HostSeen) => findDrift(served, { host: h, nodes: nodesOfServed, engine: [] });
  const changed = (change: (m: Machine) => readonly Machine[]): HostSeen => ({
    ...whole,
    machines: whole.machines.flatMap((m) => (m.name === store.libvirtName ? change(m) : [m])),
  });

  it("is no node: nobody misses it in Kubernetes", () => {
    expect(found(whole)).toEqual([]);
  });

  it("that is off is started and checked again", () => {
    const findings = found(changed((m) => [{ ...m, state: "stopped" }]));
    expect(findings).toMatchObject([{ id: "machine-stopped:store0", repair: "plan", adopt: false }]);
    expect(repairOf(served, findings).again).toEqual(["main-smoke", "store0-check", "store0-ready"]);
  });

  it("that is lost with its disk is created and set up again, not joined, and cannot be given up", () => {
    const lost = { ...changed(() => []), volumes: whole.volumes.filter((v) => !v.name.includes("store0")) };
    const findings = found(lost);
    expect(findings).toMatchObject([
      { id: "machine-missing:store0", found: "absent-with-disk", impact: "replace", repair: "plan", adopt: false },
    ]);
    expect(repairOf(served, findings).again).toEqual(["main-smoke", "store0-check", "store0-setup"]);
  });

  it("of another size is made as its kind says: that size is not taken over", () => {
    const findings = found(changed((m) => [{ ...m, vcpus: 8 }]));
    expect(findings).toMatchObject([{ id: "machine-vcpus:store0", adopt: false }]);
    expect(repairOf(served, findings).again).toEqual(["main-smoke", "store0"]);
  });
});

describe("a cluster that is saved", () => {
  const saved = saveCluster(spec, spec);
  const off: HostSeen = { ...host, machines: host.machines.map((m) => ({ ...m, state: "stopped", saved: true })) };
  const running = (...names: readonly string[]): HostSeen => ({
    ...off,
    machines: off.machines.map((m) => (names.includes(m.name) ? { ...m, state: "running", saved: undefined } : m)),
  });
  const found = (h: HostSeen, engine: readonly PlanRow[] = []) => findDrift(saved, { host: h, nodes: [], engine });
  const domain = (changed: readonly string[]): PlanRow => ({
    urn: "u",
    name: "w1",
    step: "machine",
    type: "libvirt:index/domain:Domain",
    phase: "boot",
    change: "update",
    impact: "none",
    machine: "w1",
    on: null,
    changed,
  });

  it("does not differ while its machines are off, with saved memory or without, whatever the engine reads of them", () => {
    expect(found(off, [domain(["autostart", "running"])])).toEqual([]);
    expect(found({ ...off, machines: off.machines.map((m) => ({ ...m, saved: undefined })) })).toEqual([]);
    expect(ids(found(off, [domain(["vcpu"])]))).toEqual(["resource:w1"]);
  });

  it.each(["running", "paused"] as const)("differs where a machine is %s, and saving it again puts that right", (state) => {
    const seen = { ...off, machines: off.machines.map((m) => (m.name === w1.libvirtName ? { ...m, state, saved: undefined } : m)) };
    expect(found(seen)).toMatchObject([{ id: "machine-unsaved:w1", expected: "saved", found: state, impact: "none", repair: "plan" }]);
    expect(repairOf(saved, found(running(w1.libvirtName, w2.libvirtName)))).toEqual({ refresh: false, again: ["main-save"] });
  });

  it("has no repair for what needs machines that run", () => {
    const lost = { ...off, machines: off.machines.slice(1) };
    expect(found(lost)).toMatchObject([{ id: "machine-missing:cp0", repair: "none" }]);
    expect(found({ ...off, networks: off.networks.map((n) => ({ ...n, active: false })) })).toMatchObject([{ repair: "plan" }]);
  });

  it("is not woken by a run that saves it", () => {
    const wakes = wakesOf(spec, on({ ...off, networks: off.networks.map((n) => ({ ...n, active: false })) }), true);
    expect(wakesFor(spec, wakes).map((w) => w.kind)).toEqual(["network", "machine", "machine", "machine"]);
    expect(wakesFor(saved, wakes).map((w) => w.kind)).toEqual(["network"]);
  });
});
