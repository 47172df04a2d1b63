import { describe, expect, it } from "vitest";
import { exampleSpec } from "./example-spec.ts";
import { belonging, type Owner } from "./ownership.ts";

const spec = exampleSpec({ workers: 1 });
const { tenantId, clusterId, stackName, prefix } = spec;
const owner: Owner = { tenantId, clusterId, stackName, machine: "cp0" };
const names = (things: readonly { readonly name: string }[]) => things.map((t) => t.name);
const nothing = { machines: [], networks: [], pools: [], volumes: [] };

describe("what belongs to a cluster", () => {
  it("is told by the owner, never by the name", () => {
    const machines = [
      { name: `${prefix}-cp0`, owner },
      { name: "renamed-by-hand", owner },
      { name: `${prefix}-w1`, owner: null },
      { name: `${prefix}-w2`, owner: { ...owner, clusterId: "another" } },
      { name: `${prefix}-w3`, owner: { ...owner, tenantId: "another" } },
    ];
    expect(names(belonging({ ...nothing, machines, networks: machines }, spec, "/pools").machines)).toEqual([
      `${prefix}-cp0`,
      "renamed-by-hand",
    ]);
    expect(names(belonging({ ...nothing, networks: machines }, spec, "/pools").networks)).toEqual([`${prefix}-cp0`, "renamed-by-hand"]);
  });

  it("is a pool by where it lies, and the disks in it by their names", () => {
    const volumes = [
      { pool: prefix, name: `${prefix}-cp0.qcow2` },
      { pool: prefix, name: "photos.qcow2" },
      { pool: "default", name: `${prefix}-cp0.qcow2` },
    ];
    const at = (folder: string) => belonging({ ...nothing, pools: [{ name: prefix, folder }], volumes }, spec, "/pools");
    expect(at(`/pools/${prefix}`)).toMatchObject({ pools: [{ name: prefix }], volumes: [volumes[0]] });
    expect(at("/home/somebody")).toMatchObject({ pools: [], volumes: [] });
  });
});
