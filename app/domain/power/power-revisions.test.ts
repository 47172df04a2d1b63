import { describe, expect, it } from "vitest";
import { exampleSpec } from "#app/domain/cluster/example-spec.ts";
import { awake, saveCluster, wakeCluster, withPowerFor } from "./power-revisions.ts";
import { changeOf, renewCertificates, reviseSpec } from "#app/domain/cluster/revise-spec.ts";
import { specChanges } from "#app/domain/cluster/spec-changes.ts";
import type { SpecChange } from "#app/domain/cluster/spec-input.ts";
import type { ClusterSpec } from "#app/domain/cluster/spec.ts";

const never = exampleSpec({ workers: 2 });
const saved = saveCluster(never, never);
const woken = wakeCluster({ previous: saved, live: saved });

const revise = (previous: ClusterSpec, live: ClusterSpec | null, change: Partial<SpecChange>): ClusterSpec =>
  reviseSpec({
    previous,
    live,
    change: { ...changeOf(previous), ...change },
    networkIndex: 7,
    settings: { networkRange: "10.91.0.0/16", portBase: 30_000 },
    hostKeys: Object.fromEntries(["w3"].map((name) => [name, "ssh-ed25519 AAAA"])),
  });

describe("saving and waking as revisions", () => {
  it("change nothing but the power, as one row that reads from on to saved and back", () => {
    expect(specChanges(never, saved)).toEqual([{ about: "cluster", name: "", field: "power", before: "on", after: "saved" }]);
    expect(specChanges(saved, woken)).toEqual([{ about: "cluster", name: "", field: "power", before: "saved", after: "on" }]);
    expect([saved.revision, woken.revision]).toEqual([2, 3]);
  });

  it("leave out what has the old meaning", () => {
    expect(never).not.toHaveProperty("power");
    expect(woken).not.toHaveProperty("power");
    expect(awake(never, never)).toEqual(never);
    expect(revise(never, never, { name: "harbour" })).not.toHaveProperty("wokenFrom");
  });

  it("remember the revision that was saved, so that each time of waking is another", () => {
    const again = saveCluster(woken, woken);
    expect([saved.wokenFrom, woken.wokenFrom, again.wokenFrom, wakeCluster({ previous: again, live: again }).wokenFrom]).toEqual([
      undefined,
      2,
      2,
      4,
    ]);
  });

  it("wakes what an attempt to save may have left, although the live revision is on", () => {
    expect(wakeCluster({ previous: saved, live: never })).toMatchObject({ revision: 3, wokenFrom: 2 });
  });
});

describe("a change of a saved cluster", () => {
  it("wakes it in the same revision", () => {
    const grown = revise(saved, saved, { pools: changeOf(saved).pools.map((pool) => ({ ...pool, count: 3 })) });
    expect(grown).toMatchObject({ wokenFrom: 2, revision: 3 });
    expect(grown).not.toHaveProperty("power");
    expect(renewCertificates(saved)).toMatchObject({ wokenFrom: 2 });
  });

  it("of the name alone leaves it saved", () => {
    const renamed = revise(saved, saved, { name: "harbour" });
    expect(renamed).toMatchObject({ name: "harbour", power: "saved", revision: 3 });
    expect(renamed).not.toHaveProperty("wokenFrom");
  });

  it("that follows a waking which did not come to life wakes from the same revision", () => {
    expect(revise(woken, saved, { name: "harbour" })).toMatchObject({ power: "saved" });
    expect(revise(woken, saved, { pools: changeOf(saved).pools.map((pool) => ({ ...pool, count: 1 })) })).toMatchObject({ wokenFrom: 2 });
  });

  it("that follows an attempt to save wakes what it may have saved", () => {
    const next = revise(saved, never, { name: "harbour" });
    expect(next).toMatchObject({ wokenFrom: 2 });
    expect(next).not.toHaveProperty("power");
    expect(withPowerFor(never, { previous: never, live: never })).toBe(never);
  });
});
