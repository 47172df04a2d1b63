import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { volumesOf } from "#app/domain/drift/find-drift.ts";
import type { OperationEvent, StepRef } from "#app/domain/operation/event.ts";
import type { Plan, PlanRow } from "#app/domain/plan/plan.ts";
import { addedBy } from "./pool-slots.ts";
import { changeOf, reviseSpec } from "./revise-spec.ts";
import { exampleOfSchema1 } from "./example-schema-1.ts";
import { exampleRequest, exampleSpec } from "./example-spec.ts";
import { formerPool, readEvent, readPlan, readSpec } from "./schema-1.ts";
import {
  addressOf,
  controlPlaneOf,
  hasApiServer,
  interfaceOf,
  isControlPlane,
  kubernetesOf,
  machineNamed,
  networkOf,
  poolsOf,
  publishedApiPort,
  publishedSshPort,
  rootDiskOf,
  workersOf,
} from "./spec.ts";
import { kubernetesSteps, machineSteps, networkSteps, type StepKind, stepTable } from "./steps.ts";

const keys = <K extends string>(o: Readonly<Record<K, unknown>>) => Object.keys(o) as K[];
/** Steps that no such cluster had when it was stored. */
const newer: readonly StepKind[] = ["labels", "save", "wake", "awake", "clock"];
const clusterName = fc.oneof(
  fc.stringMatching(/^[a-z]([a-z0-9-]{0,30}[a-z0-9])?$/),
  fc.constantFrom("my-w1", "my-cp0", "w1", "my-network", "my-init", "a-w1-join", "cp0-w2"),
);

const two = exampleOfSchema1({ workers: 2 });
/** The second worker came with a later revision, which asked for a larger disk. */
const former = { ...two, revision: 3, machines: two.machines.map((m, at) => (at === 2 ? { ...m, diskGiB: 80, sinceRevision: 3 } : m)) };
const spec = readSpec(former);

describe("a spec of schema 1", () => {
  it("keeps the names of machines, in libvirt and on the host, and of everything else", () => {
    expect(spec.machines.map((m) => [m.name, m.libvirtName])).toEqual([
      ["demo-cp0", "b7abcde-demo-demo-cp0"],
      ["demo-w1", "b7abcde-demo-demo-w1"],
      ["demo-w2", "b7abcde-demo-demo-w2"],
    ]);
    expect([spec.schema, spec.prefix, spec.stackName, networkOf(spec).name, networkOf(spec).bridge, spec.revision, spec.hostId]).toEqual([
      2,
      "b7abcde-demo",
      "b7abcde-demo",
      "b7abcde-demo",
      "berth7",
      3,
      "local",
    ]);
    expect(volumesOf(machineNamed(spec, "demo-w1")).map((v) => v.name)).toEqual([
      "b7abcde-demo-demo-w1.qcow2",
      "b7abcde-demo-demo-w1-seed.iso",
    ]);
  });

  it("keeps the names of its resources", () => {
    const table = stepTable([spec]);
    expect(table.get("demo-network")).toEqual({ step: "network", phase: "network", machine: null, on: null });
    expect(table.get("demo-init")).toEqual({ step: "init", phase: "init", machine: "demo-cp0", on: "demo-cp0" });
    expect(table.get("demo-w2")).toMatchObject({ step: "machine", machine: "demo-w2" });
    expect(table.get("demo-w2-seat")).toEqual({ step: "seat", phase: "join", machine: "demo-w2", on: "demo-cp0" });
    expect([...table.keys()].filter((name) => !name.startsWith("demo-"))).toEqual([]);
  });

  it("keeps addresses, ports, sizes, and how each disk is named and how large it is", () => {
    expect(spec.machines.map((m) => [addressOf(m), interfaceOf(m).mac, interfaceOf(m).network])).toEqual([
      ["10.91.7.10", "52:54:00:00:07:0a", "demo"],
      ["10.91.7.21", "52:54:00:00:07:15", "demo"],
      ["10.91.7.22", "52:54:00:00:07:16", "demo"],
    ]);
    expect([publishedApiPort(spec), ...spec.machines.map((m) => publishedSshPort(spec, m.name))]).toEqual([20_448, 20_449, 20_450, 20_451]);
    expect(spec.published.map((p) => p.target)).toEqual([6443, 22, 22, 22]);
    expect(spec.machines.map(rootDiskOf)).toEqual([
      { gib: 20, source: "file" },
      { gib: 20, source: "file" },
      { gib: 80, source: "file" },
    ]);
    expect(spec.machines.map((m) => [m.image, m.sinceRevision])).toEqual([
      [former.image, 1],
      [former.image, 1],
      [former.image, 3],
    ]);
    const { diskSource: _absent, ...earlier } = former;
    expect(readSpec(earlier).machines.map((m) => rootDiskOf(m).source)).toEqual(["volume", "volume", "volume"]);
  });

  it("has all its workers in one pool, which adds machines with the newest disk", () => {
    expect(poolsOf(spec)).toEqual([
      { name: formerPool, vcpus: 2, memoryMiB: 2048, diskGiB: 80, nodes: ["demo-w1", "demo-w2"], labels: {}, taints: [] },
    ]);
    expect(spec.machines.map((m) => m.pool)).toEqual([null, formerPool, formerPool]);
    expect([controlPlaneOf(spec).name, isControlPlane(spec, "demo-cp0"), isControlPlane(spec, "demo-w1")]).toEqual([
      "demo-cp0",
      true,
      false,
    ]);
    expect(poolsOf(readSpec(exampleOfSchema1({ workers: 0 })))).toMatchObject([{ name: formerPool, vcpus: 2, nodes: [] }]);
  });

  it("keeps its Kubernetes: version, ranges, names of the API server, authority, and the absence of a first renewal", () => {
    expect(kubernetesOf(spec)).toMatchObject({
      key: "demo",
      distribution: "kubeadm",
      version: "1.35.4",
      endpoint: { address: "10.91.7.10", port: 6443 },
      serverNames: ["localhost", "127.0.0.1"],
      podCidr: "10.244.0.0/16",
      serviceCidr: "10.96.0.0/12",
      caCertHash: former.caCertHash,
      certificates: { renewed: 0 },
    });
    const { certificates: _none, ...never } = former;
    expect(kubernetesOf(readSpec(never))).not.toHaveProperty("certificates");
  });

  it("without Kubernetes has no API server, and disks as large as their image", () => {
    const plain = readSpec({ ...former, blueprint: "machines" });
    expect([hasApiServer(plain), publishedApiPort(plain), kubernetesOf(plain).distribution]).toEqual([false, null, "plain"]);
    expect(plain.machines.map((m) => rootDiskOf(m).gib)).toEqual([null, null, null]);
    expect(plain.published.map((p) => p.purpose)).toEqual(["ssh", "ssh", "ssh"]);
  });

  it("is read once: a spec of today's schema stays what it is", () => {
    expect(readSpec(spec)).toBe(spec);
    expect(readSpec(exampleSpec())).toEqual(exampleSpec());
  });

  it("grows and shrinks: machines that are there keep their names, and new ones get short names and free slots", () => {
    const {
      settings,
      networkIndex,
      keys: { hostKeys },
    } = exampleRequest();
    const revise = (count: number, removeFirst: readonly string[] = []) =>
      reviseSpec({
        previous: spec,
        live: spec,
        change: { ...changeOf(spec), pools: changeOf(spec).pools.map((pool) => ({ ...pool, count })), removeFirst },
        settings,
        networkIndex,
        hostKeys,
      });
    expect(addedBy({ previous: spec, live: spec, pools: changeOf(spec).pools.map((pool) => ({ ...pool, count: 3 })) })).toEqual(["w3"]);
    const grown = revise(3);
    expect(workersOf(grown).map((m) => [m.name, m.libvirtName, addressOf(m)])).toEqual([
      ["demo-w1", "b7abcde-demo-demo-w1", "10.91.7.21"],
      ["demo-w2", "b7abcde-demo-demo-w2", "10.91.7.22"],
      ["w3", "b7abcde-demo-w3", "10.91.7.23"],
    ]);
    expect(grown.machines.slice(0, 3)).toEqual(spec.machines);
    expect(grown.published.slice(0, 4)).toEqual(spec.published);
    expect(rootDiskOf(machineNamed(grown, "w3")).gib).toBe(80);
    expect(workersOf(revise(1, ["demo-w1"])).map((m) => m.name)).toEqual(["demo-w2"]);
  });
});

const rowOf = (name: string): PlanRow => {
  const {
    step: _step,
    on: _on,
    ...row
  } = {
    urn: `urn:${name}`,
    name,
    step: null,
    type: "command:remote:Command",
    phase: "ready",
    change: "create",
    impact: "none",
    machine: null,
    on: null,
    changed: [],
  } satisfies PlanRow;
  return row as unknown as PlanRow;
};
const plan: Plan = {
  id: "p",
  tenantId: "t",
  clusterId: "c",
  operationId: "o",
  kind: "update",
  number: 1,
  fromRevision: 0,
  specRevision: 1,
  stateSerial: 0,
  hash: "h",
  rows: [],
  headroom: [],
  refusals: [],
  createdAt: 1,
};
const placesIn = (names: readonly string[]) => readPlan({ ...plan, rows: names.map(rowOf) }).rows.map((row) => [row.step, row.on]);

describe("a plan of schema 1", () => {
  it("says of each row what it is and where its script runs, as the table of its spec does, whatever the cluster is called", () => {
    fc.assert(
      fc.property(clusterName, (name) => {
        const places = [...stepTable([readSpec(exampleOfSchema1({ name, workers: 2 }))])].filter(
          ([, place]) => place.step !== null && !newer.includes(place.step),
        );
        expect(placesIn(places.map(([resource]) => resource))).toEqual(places.map(([, place]) => [place.step, place.on]));
      }),
      { numRuns: 50 },
    );
  });

  it("knows nothing of resources of other programs", () => {
    expect(placesIn(["lan", "libvirt", "demo-control-plane"])).toEqual([
      [null, null],
      [null, null],
      [null, null],
    ]);
  });

  it("keeps what its rows say already", () => {
    const row: PlanRow = { ...rowOf("demo-init"), step: null, on: null };
    expect(readPlan({ ...plan, rows: [row] })).toEqual({ ...plan, rows: [row] });
  });
});

describe("journal events of schema 1", () => {
  const { change: _change, impact: _impact, changed: _changed, ...ref } = rowOf("demo-w1-member");
  const without = ref as StepRef;

  it("get the step and the machine of its script", () => {
    const step: OperationEvent = { kind: "step", step: without, change: "create", status: "done" };
    expect(readEvent(step)).toEqual({ ...step, step: { ...without, step: "member", on: "demo-cp0" } });
    const expected: OperationEvent = { kind: "expected", rows: [{ ...without, change: "create" }] };
    expect(readEvent(expected)).toEqual({ kind: "expected", rows: [{ ...without, change: "create", step: "member", on: "demo-cp0" }] });
  });

  it("of today stay what they are, as do those that are about no step", () => {
    const today: OperationEvent = { kind: "step", step: { ...without, step: null, on: null }, change: "create", status: "done" };
    for (const event of [today, { kind: "truncated", lines: 3 } as const, { kind: "state", to: "running", reasons: [], by: null } as const])
      expect(readEvent(event)).toEqual(event);
  });

  it("cover every step that such a cluster had", () => {
    const cluster = [...keys(networkSteps), ...keys(kubernetesSteps)].map((step) => `demo-${step}`);
    const machine = keys(machineSteps)
      .filter((step) => !newer.includes(step))
      .map((step) => (step === "machine" ? "demo-w1" : `demo-w1-${step}`));
    expect(placesIn([...cluster, ...machine]).filter(([step]) => step === null)).toEqual([]);
  });
});
