import { describe, expect, it } from "vitest";
import { exampleSpec } from "#app/domain/cluster/example-spec.ts";
import { networkOf } from "#app/domain/cluster/spec.ts";
import type { PlanRow } from "./plan.ts";
import { losesData } from "./rows.ts";
import { type OwnedOnHost, withHostRows } from "./teardown-rows.ts";

const spec = exampleSpec({ name: "demo", workers: 1 });
const owner = { tenantId: spec.tenantId, clusterId: spec.clusterId, stackName: spec.stackName };
const files = (libvirtName: string) => [`${libvirtName}.qcow2`, `${libvirtName}-seed.iso`].map((name) => ({ pool: spec.prefix, name }));
const nothing: OwnedOnHost = { machines: [], networks: [], pools: [], volumes: [] };
const whole: OwnedOnHost = {
  machines: spec.machines.map((m) => ({ name: m.libvirtName, owner: { ...owner, machine: m.name } })),
  networks: [{ name: networkOf(spec).name }],
  pools: [{ name: spec.prefix }],
  volumes: spec.machines.flatMap((m) => files(m.libvirtName)),
};
const deleted = (name: string): PlanRow => ({
  urn: `urn:pulumi:${name}`,
  name,
  step: null,
  type: "libvirt:index/domain:Domain",
  phase: "boot",
  change: "delete",
  impact: "none",
  machine: null,
  on: null,
  changed: [],
});
const names = (rows: readonly PlanRow[]) => rows.map((r) => r.name).toSorted();
const all = ["cp0", "cp0-disk", "cp0-seed", "main-network", "main-pool", "w1", "w1-disk", "w1-seed"];

describe("the rows of a teardown", () => {
  it("are all that the host has of the cluster where the engine knows nothing of it", () => {
    const rows = withHostRows([], whole, [spec]);
    expect(names(rows)).toEqual(all);
    expect(rows.every((r) => r.change === "delete")).toBe(true);
    expect(rows.find((r) => r.name === "w1")).toMatchObject({ phase: "boot", machine: "w1", impact: "none" });
    expect(new Set(rows.map((r) => r.urn)).size).toBe(all.length);
    expect(losesData(rows).toSorted()).toEqual(["cp0", "w1"]);
  });

  it("name a thing once where the engine knows it, whatever else the engine removes", () => {
    expect(withHostRows(all.map(deleted), whole, [spec])).toEqual(all.map(deleted));
    const some = [deleted("cp0"), deleted("main-init")];
    expect(names(withHostRows(some, whole, [spec]))).toEqual([...all, "main-init"].toSorted());
  });

  it("hold what an older revision made, and what no revision knows", () => {
    const smaller = { ...spec, machines: spec.machines.slice(0, 1) };
    expect(names(withHostRows([], whole, [smaller, spec]))).toEqual(all);
    const stray = {
      ...nothing,
      machines: [{ name: `${spec.prefix}-w9`, owner: { ...owner, machine: "w9" } }],
      volumes: [{ pool: spec.prefix, name: `${spec.prefix}-w9.qcow2` }],
    };
    expect(names(withHostRows([], stray, [spec]))).toEqual([`${spec.prefix}-w9.qcow2`, "w9"].toSorted());
  });

  it("are none where neither engine nor host has anything", () => {
    expect(withHostRows([], nothing, [spec])).toEqual([]);
  });
});
