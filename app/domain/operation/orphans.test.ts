import { describe, expect, it } from "vitest";
import type { Owner } from "#app/domain/cluster/ownership.ts";
import { findOrphans, type KnownCluster, remembered } from "./orphans.ts";

const owner = (clusterId: string, tenantId = "t1"): Owner => ({ tenantId, clusterId, stackName: "s", machine: "m" });
const cluster = (change: Partial<KnownCluster> = {}): KnownCluster => ({
  id: "c1",
  tenantId: "t1",
  prefix: "b1-demo",
  state: "ready",
  busy: false,
  owned: new Set(["machine b1-demo-cp0", "network b1-demo", "pool b1-demo"]),
  ...change,
});
const host = (machines: readonly { name: string; owner: Owner | null }[], pools: readonly { name: string; folder: string }[] = []) => ({
  machines,
  networks: [],
  pools,
});
const found = (of: ReturnType<typeof host>, ...clusters: readonly KnownCluster[]) =>
  findOrphans(of, clusters, "/pools").map((o) => `${o.reason} ${o.kind} ${o.name}${o.removable ? " (removable)" : ""}`);

describe("orphans on the host", () => {
  it("are none among what a living cluster's state has, or a busy cluster has, or nobody says is ours", () => {
    const own = host(
      [
        { name: "b1-demo-cp0", owner: owner("c1") },
        { name: "mail", owner: null },
      ],
      [
        { name: "b1-demo", folder: "/pools/b1-demo" },
        { name: "default", folder: "/srv" },
      ],
    );
    expect(found(own, cluster())).toEqual([]);
    const more = host([{ name: "b1-demo-w1", owner: owner("c1") }]);
    expect(found(more, cluster({ busy: true }))).toEqual([]);
    expect(found(more, cluster({ owned: null }))).toEqual([]);
  });

  it("are what a living cluster's state does not have, and are left to a person", () => {
    expect(found(host([{ name: "b1-demo-w1", owner: owner("c1") }]), cluster())).toEqual(["not-in-state machine b1-demo-w1"]);
  });

  it("are removable only with the owner of a cluster that is known to be gone", () => {
    const gone = cluster({ state: "gone", owned: null });
    const things = [
      { name: "b1-demo-cp0", owner: owner("c1") },
      { name: "b1-demo-x", owner: null },
      { name: "b1-demo-y", owner: owner("c1", "t2") },
    ];
    expect(found(host(things, [{ name: "b1-demo", folder: "/pools/b1-demo" }]), gone)).toEqual([
      "cluster-gone machine b1-demo-cp0 (removable)",
      "cluster-gone machine b1-demo-x",
      "cluster-unknown machine b1-demo-y",
      "cluster-gone pool b1-demo",
    ]);
  });

  it("are another installation's as far as anybody here can tell, and then untouched", () => {
    expect(
      found(host([{ name: "b9-other-cp0", owner: owner("c9") }], [{ name: "b9-other", folder: "/pools/b9-other" }]), cluster()),
    ).toEqual(["cluster-unknown machine b9-other-cp0", "cluster-unknown pool b9-other"]);
  });

  it("are shown when somebody made something called like a cluster's own", () => {
    expect(found(host([{ name: "b1-demo-w7", owner: null }]), cluster())).toEqual(["no-owner machine b1-demo-w7"]);
    expect(found(host([{ name: "b1-demolition", owner: null }]), cluster())).toEqual([]);
  });

  it("keep the time at which they were first seen so", () => {
    const [now] = findOrphans(host([{ name: "b1-demo-w1", owner: owner("c1") }]), [cluster()], "/pools");
    const { removable: _, ...orphan } = now ?? expect.fail();
    expect(remembered([{ ...orphan, removable: false }], [{ ...orphan, since: 5 }], 9)).toEqual([{ ...orphan, since: 5 }]);
    expect(remembered([{ ...orphan, removable: false }], [{ ...orphan, reason: "no-owner", since: 5 }], 9)).toEqual([
      { ...orphan, since: 9 },
    ]);
  });
});
