import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { sameSpec } from "./spec-changes.ts";
import { addedBy, buildSpec, changeOf, type Revision, reviseSpec } from "./build-spec.ts";
import { exampleRequest, exampleSpec } from "./example-spec.ts";
import { sizes } from "./sizes.ts";
import { type ClusterSpec, controlPlaneOf, workersOf } from "./spec.ts";

const revise = (previous: ClusterSpec, workers: number, more: Partial<Revision> = {}): ClusterSpec => {
  const { settings, networkIndex, keys } = exampleRequest({ workers: 50 });
  return reviseSpec({ previous, live: null, change: { ...changeOf(previous), workers }, settings, networkIndex, hostKeys: keys.hostKeys, ...more });
};

describe("the first revision", () => {
  it("decides everything", () => {
    expect(exampleSpec({ workers: 2 })).toMatchSnapshot();
  });

  it("never gives two machines the same name, address, MAC or port", () => {
    fc.assert(fc.property(fc.nat(50), (workers) => {
      const { machines } = exampleSpec({ workers });
      for (const key of ["nodeName", "libvirtName", "address", "mac", "publishedSshPort"] as const) {
        expect(new Set(machines.map((m) => m[key])).size).toBe(workers + 1);
      }
    }));
  });

  it("refuses a machine without a host key", () => {
    const request = exampleRequest({ workers: 1 });
    expect(() => buildSpec({ ...request, keys: { ...request.keys, hostKeys: {} } })).toThrow(/demo-cp0: it has no SSH host key/);
  });
});

describe("a further revision", () => {
  it("adds workers at the end, marked with the revision that brought them", () => {
    const next = revise(exampleSpec({ workers: 1 }), 3);
    expect(workersOf(next).map((w) => [w.nodeName, w.sinceRevision])).toEqual([["demo-w1", 1], ["demo-w2", 2], ["demo-w3", 2]]);
    expect(next.revision).toBe(2);
  });

  it("removes the youngest workers when nothing is said about them", () => {
    expect(workersOf(revise(exampleSpec({ workers: 3 }), 1)).map((w) => w.nodeName)).toEqual(["demo-w1"]);
  });

  const names = (spec: ClusterSpec) => workersOf(spec).map((w) => w.nodeName);
  const shrunk = (previous: ClusterSpec, live: ClusterSpec, workers: number, removeFirst: readonly string[]): ClusterSpec =>
    revise(previous, workers, { live, change: { ...changeOf(previous), workers, removeFirst } });

  it("removes the named workers first, and leaves out names that are not there", () => {
    const live = exampleSpec({ workers: 4 });
    expect(names(shrunk(live, live, 3, ["demo-w2"]))).toEqual(["demo-w1", "demo-w3", "demo-w4"]);
    expect(names(shrunk(live, live, 1, ["demo-w9", "other-w1", "demo-cp0", "demo-w2", "demo-w2"]))).toEqual(["demo-w1"]);
    expect(names(shrunk(live, live, 0, ["demo-w2"]))).toEqual([]);
  });

  it("keeps the choice of a revision that was written and not carried out, whatever is found since", () => {
    const live = exampleSpec({ workers: 3 });
    const written = shrunk(live, live, 2, ["demo-w1"]);
    expect(names(shrunk(written, live, 2, ["demo-w3"]))).toEqual(["demo-w2", "demo-w3"]);
    expect(names(shrunk(written, live, 1, ["demo-w3"]))).toEqual(["demo-w1"]);
  });

  it("gives a new worker the lowest free index", () => {
    const live = shrunk(exampleSpec({ workers: 3 }), exampleSpec({ workers: 3 }), 2, ["demo-w1"]);
    expect(addedBy({ previous: live, live, workers: 4 })).toEqual(["demo-w1", "demo-w4"]);
    expect(names(revise(live, 4, { live }))).toEqual(["demo-w1", "demo-w2", "demo-w3", "demo-w4"]);
  });

  it("always has as many workers as asked, and adds none but those that the key maker is told of", () => {
    fc.assert(fc.property(fc.array(fc.tuple(fc.nat(8), fc.array(fc.nat(9), { maxLength: 4 }), fc.boolean()), { minLength: 1, maxLength: 8 }), (changes) => {
      let [previous, live] = [exampleSpec({ workers: 2 }), exampleSpec({ workers: 2 })];
      for (const [workers, worst, carriedOut] of changes) {
        const added = addedBy({ previous, live, workers });
        const next = shrunk(previous, live, workers, worst.map((n) => `demo-w${n}`));
        const before = new Set([...previous.machines, ...live.machines].map((m) => m.nodeName));
        expect(names(next)).toHaveLength(workers);
        expect(names(next).filter((n) => !before.has(n))).toEqual(added);
        previous = next;
        if (carriedOut) live = next;
      }
    }));
  });

  it("changes nothing of the machines that stay, over any series of changes", () => {
    fc.assert(fc.property(fc.array(fc.nat(8), { minLength: 1, maxLength: 8 }), (counts) => {
      let spec = exampleSpec({ workers: 2 });
      for (const workers of counts) {
        const next = revise(spec, workers);
        const stay = Math.min(workersOf(spec).length, workers) + 1;
        expect(next.machines.slice(0, stay)).toEqual(spec.machines.slice(0, stay));
        const { machines: _a, revision: _b, ...rest } = next;
        expect(spec).toMatchObject(rest);
        spec = next;
      }
    }));
  });

  it("gives a living machine back what it has when an unapplied revision had dropped it", () => {
    const live = revise(exampleSpec({ workers: 1 }), 2);
    const dropped = revise(live, 1, { live });
    const back = revise(dropped, 2, { live });
    expect(back.machines).toEqual(live.machines);
    expect(addedBy({ previous: dropped, live, workers: 3 })).toEqual(["demo-w3"]);
  });

  it("resizes in place and leaves disks alone", () => {
    const before = exampleSpec({ workers: 1 });
    const after = revise(before, 1, { change: { ...changeOf(before), controlPlane: sizes.large, diskGiB: 99 } });
    expect(controlPlaneOf(after)).toEqual({ ...controlPlaneOf(before), ...sizes.large });
    expect(workersOf(after)).toEqual(workersOf(before));
  });

  it("gives the same spec when only its number differs", () => {
    const spec = exampleSpec({ workers: 2 });
    expect(sameSpec(spec, revise(spec, 2))).toBe(true);
    expect(sameSpec(spec, revise(spec, 1))).toBe(false);
  });
});
