import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { firstMachineNames } from "./build-spec.ts";
import { clusterNameLimit, clusterPrefix, isLabel, machineName, nameError, poolNameFault, poolNameLimit } from "./names.ts";

const clusterName = fc.stringMatching(/^[a-z]([a-z0-9-]{0,30}[a-z0-9])?$/);
const role = fc.constantFrom("control-plane" as const, "worker" as const);

describe("cluster names", () => {
  it("accepts labels that begin with a letter", () => {
    fc.assert(
      fc.property(clusterName, (name) => {
        expect(nameError(name)).toBeNull();
      }),
    );
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
    expect(nameError(name)).toBe(fault);
  });
});

describe("names of node pools", () => {
  it.each([
    ["workers", null],
    ["a".repeat(poolNameLimit), null],
    ["", "empty"],
    ["a".repeat(poolNameLimit + 1), "long"],
    ["GPU", "label"],
    ["2nd", "label"],
    ["gpu_a100", "label"],
    ["gpu-", "label"],
  ])("%j: %s", (name, fault) => {
    expect(poolNameFault(name)).toBe(fault);
  });
});

describe("names of machines", () => {
  it("are short labels, and another one for every role and slot", () => {
    fc.assert(
      fc.property(role, fc.nat(199), role, fc.nat(199), (a, i, b, j) => {
        const [one, other] = [machineName(a, i), machineName(b, j)];
        expect(isLabel(one)).toBe(true);
        expect(one.length).toBeLessThanOrEqual(5);
        expect(one === other).toBe(a === b && i === j);
      }),
    );
  });

  it("list the control planes first and never twice the same name, however many pools there are", () => {
    expect(firstMachineNames({ controlPlanes: 1 }, [{ count: 2 }])).toEqual(["cp0", "w1", "w2"]);
    expect(firstMachineNames({ controlPlanes: 3 }, [{ count: 1 }, { count: 0 }, { count: 2 }])).toEqual([
      "cp0",
      "cp1",
      "cp2",
      "w1",
      "w2",
      "w3",
    ]);
    fc.assert(
      fc.property(fc.nat(5), fc.array(fc.nat(50), { maxLength: 4 }), (controlPlanes, counts) => {
        const names = firstMachineNames(
          { controlPlanes },
          counts.map((count) => ({ count })),
        );
        expect(new Set(names).size).toBe(controlPlanes + counts.reduce((sum, n) => sum + n, 0));
      }),
    );
  });
});

describe("the prefix of libvirt names", () => {
  it("differs between clusters that live at once, whatever their ids", () => {
    fc.assert(
      fc.property(fc.nat(65_535), fc.nat(65_535), fc.uuid(), fc.uuid(), (i, j, x, y) => {
        if (i === j) return;
        const [p, q] = [clusterPrefix(i, x), clusterPrefix(j, y)];
        expect(p).not.toBe(q);
        expect(p.startsWith(`${q}-`)).toBe(false);
      }),
    );
  });

  it("differs from an earlier cluster of the same index", () => {
    expect(clusterPrefix(7, "0198c0de-0000-7000-8000-0000000abcde")).toBe("b7abcde");
    expect(clusterPrefix(7, "0198c0de-0000-7000-8000-0000000abcdf")).not.toBe("b7abcde");
  });

  it("is a name that libvirt and a file system take, and leaves characters for the machine's", () => {
    fc.assert(
      fc.property(fc.nat(65_535), fc.string(), (i, id) => {
        expect(clusterPrefix(i, id)).toMatch(/^b[a-z0-9]+$/);
        expect(clusterPrefix(i, id).length).toBeLessThanOrEqual(10);
      }),
    );
  });
});
