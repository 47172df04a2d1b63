import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { clusterNameLimit, clusterPrefix, isLabel, nameFault, nodeIndex, nodeName, nodeNames } from "./names.ts";

const clusterName = fc.stringMatching(/^[a-z]([a-z0-9-]{0,30}[a-z0-9])?$/);

describe("cluster names", () => {
  it("accepts labels that begin with a letter", () => {
    fc.assert(fc.property(clusterName, (name) => { expect(nameFault(name)).toBeNull(); }));
  });

  it.each([
    ["", "empty"],
    ["a".repeat(clusterNameLimit + 1), "long"],
    ["Demo", "label"],
    ["1demo", "label"],
    ["demo-", "label"],
    ["-demo", "label"],
    ["demo.x", "label"],
    ["데모", "label"],
  ])("says what is wrong with %j", (name, fault) => {
    expect(nameFault(name)).toBe(fault);
  });

  it("makes node names that are labels and can be read back", () => {
    fc.assert(fc.property(clusterName, fc.constantFrom("control-plane" as const, "worker" as const), fc.nat(50), (cluster, role, n) => {
      const node = nodeName(cluster, role, n);
      expect(isLabel(node)).toBe(true);
      expect(nodeIndex(cluster, node)).toBe(n);
    }));
  });

  it("lists the control plane first and never twice the same name", () => {
    expect(nodeNames("demo", 2)).toEqual(["demo-cp0", "demo-w1", "demo-w2"]);
    fc.assert(fc.property(clusterName, fc.nat(50), (cluster, workers) => { expect(new Set(nodeNames(cluster, workers)).size).toBe(workers + 1); }));
  });
});

describe("the prefix of libvirt names", () => {
  it("differs between clusters that live at once, whatever their names and ids", () => {
    fc.assert(fc.property(fc.nat(65_535), fc.nat(65_535), clusterName, clusterName, fc.uuid(), fc.uuid(), (i, j, a, b, x, y) => {
      if (i === j) return;
      const [p, q] = [clusterPrefix(i, x, a), clusterPrefix(j, y, b)];
      expect(p).not.toBe(q);
      expect(p.startsWith(`${q}-`)).toBe(false);
    }));
  });

  it("differs from an earlier cluster of the same index and name", () => {
    expect(clusterPrefix(7, "0198c0de-0000-7000-8000-0000000abcde", "demo")).toBe("b7abcde-demo");
    expect(clusterPrefix(7, "0198c0de-0000-7000-8000-0000000abcdf", "demo")).not.toBe("b7abcde-demo");
  });

  it("is a name that libvirt and a file system take", () => {
    fc.assert(fc.property(fc.nat(65_535), fc.string(), clusterName, (i, id, name) => { expect(clusterPrefix(i, id, name)).toMatch(/^b[a-z0-9]+-[a-z0-9-]+$/); }));
  });
});
