/** What versions before node pools wrote into a database: a store reads it as it reads what is written today. */
import { randomUUID } from "node:crypto";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { SpecOfSchema1 } from "#app/domain/cluster/schema-1.ts";
import {
  addressOf,
  amountsOf,
  controlPlaneOf,
  kubernetesOf,
  networkOf,
  poolsOf,
  publishedApiPort,
  publishedSshPort,
  rootDiskOf,
  workersOf,
} from "#app/domain/cluster/spec.ts";
import { claimNext, addHome, newOperation, noon, planOf } from "#tests/contract/fixtures.ts";
import type { SqlStoreSet } from "#tests/contract/open-stores.ts";

const machine = (
  node: string,
  more: Pick<SpecOfSchema1["machines"][number], "role" | "address" | "publishedSshPort" | "diskGiB">,
): SpecOfSchema1["machines"][number] => ({
  nodeName: `demo-${node}`,
  libvirtName: `b0abcde-demo-demo-${node}`,
  vcpus: 2,
  memoryMiB: 2048,
  mac: `52:54:00:00:00:${node === "cp0" ? "0a" : "15"}`,
  sshHostKey: `ssh-ed25519 ${node}`,
  sinceRevision: 1,
  ...more,
});

const oldSpec = (clusterId: string, tenantId: string): SpecOfSchema1 => ({
  schema: 1,
  clusterId,
  tenantId,
  name: "demo",
  revision: 1,
  blueprint: "single",
  stackName: "b0abcde-demo",
  prefix: "b0abcde-demo",
  kubernetesVersion: "1.36.0",
  image: { name: "node-1.36.0", contentHash: "sha256:1" },
  profile: "emulated",
  network: {
    name: "b0abcde-demo",
    bridge: "berth0",
    cidr: "10.91.0.0/24",
    gateway: "10.91.0.1",
    podCidr: "10.244.0.0/16",
    serviceCidr: "10.96.0.0/12",
  },
  publishedApiPort: 20_000,
  apiServerNames: ["localhost"],
  machines: [
    machine("cp0", { role: "control-plane", address: "10.91.0.10", publishedSshPort: 20_001, diskGiB: 20 }),
    machine("w1", { role: "worker", address: "10.91.0.21", publishedSshPort: 20_002, diskGiB: 30 }),
  ],
  authorizedKeys: [],
  portalKey: "ssh-ed25519 portal",
  caCertHash: "sha256:2",
});

/** Rows of that time, and what they are. A machine's own resource has no suffix. */
const oldRow = (name: string, machineOf: string | null) => ({
  urn: `urn:${name}`,
  name,
  type: "t",
  phase: "ready",
  machine: machineOf,
  change: "create",
});
const rows = [
  oldRow("demo-network", null),
  oldRow("demo-init", "demo-cp0"),
  oldRow("demo-w1", "demo-w1"),
  oldRow("demo-w1-join", "demo-w1"),
  oldRow("demo-w1-member", "demo-w1"),
  oldRow("letter", null),
];
const places = [
  { name: "demo-network", step: "network", on: null },
  { name: "demo-init", step: "init", on: "demo-cp0" },
  { name: "demo-w1", step: "machine", on: null },
  { name: "demo-w1-join", step: "join", on: "demo-w1" },
  { name: "demo-w1-member", step: "member", on: "demo-cp0" },
  { name: "letter", step: null, on: null },
];

export function schema1Contract(open: () => Promise<SqlStoreSet>): void {
  describe("what versions before node pools wrote", () => {
    let stores: SqlStoreSet;
    let home: Awaited<ReturnType<typeof addHome>>;
    beforeEach(async () => {
      stores = await open();
      home = await addHome(stores);
    });
    afterEach(() => stores.close());

    const storeSpec = (document: SpecOfSchema1) =>
      stores.database.writer
        .updateTable("specs")
        .set({ document: JSON.stringify(document) })
        .where("cluster_id", "=", document.clusterId)
        .execute();

    test("a spec, with the names that its resources have", async () => {
      const { cluster, tenantId } = home;
      const written = oldSpec(cluster.id, tenantId);
      await storeSpec(written);
      const spec = (await stores.clusters.spec(cluster.id, 1)) ?? expect.fail();
      expect(spec).toMatchObject({
        schema: 2,
        clusterId: cluster.id,
        tenantId,
        name: "demo",
        revision: 1,
        blueprint: "single",
        hostId: "local",
        prefix: "b0abcde-demo",
        stackName: "b0abcde-demo",
      });
      expect([networkOf(spec).key, networkOf(spec).cidr, networkOf(spec).name]).toEqual(["demo", "10.91.0.0/24", "b0abcde-demo"]);
      expect(kubernetesOf(spec)).toMatchObject({
        key: "demo",
        distribution: "kubeadm",
        version: "1.36.0",
        endpoint: { address: "10.91.0.10", port: 6443 },
        controlPlane: ["demo-cp0"],
        podCidr: "10.244.0.0/16",
      });
      expect(poolsOf(spec)).toEqual([
        { name: "workers", vcpus: 2, memoryMiB: 2048, diskGiB: 30, nodes: ["demo-w1"], labels: {}, taints: [] },
      ]);
      expect([controlPlaneOf(spec), ...workersOf(spec)].map((m) => [m.name, addressOf(m), amountsOf(m).diskGiB, m.image.name])).toEqual([
        ["demo-cp0", "10.91.0.10", 20, "node-1.36.0"],
        ["demo-w1", "10.91.0.21", 30, "node-1.36.0"],
      ]);
      expect([publishedApiPort(spec), publishedSshPort(spec, "demo-cp0"), publishedSshPort(spec, "demo-w1")]).toEqual([
        20_000, 20_001, 20_002,
      ]);
      // That version did not say how disks are named, and it named them by volume.
      expect(rootDiskOf(controlPlaneOf(spec)).source).toBe("volume");
      expect(await stores.clusters.specs([{ clusterId: cluster.id, revision: 1 }])).toEqual([spec]);
    });

    test("the next revision is of schema 2, and the earlier one stays as it was written", async () => {
      const { cluster, tenantId } = home;
      await storeSpec(oldSpec(cluster.id, tenantId));
      const before = (await stores.clusters.spec(cluster.id, 1)) ?? expect.fail();
      await stores.clusters.addRevision({ ...before, revision: 2 }, noon);
      expect(await stores.clusters.spec(cluster.id, 2)).toEqual({ ...before, revision: 2 });
      const kept = await stores.database.reader
        .selectFrom("specs")
        .select("document")
        .where("cluster_id", "=", cluster.id)
        .orderBy("revision")
        .execute();
      expect(kept.map((row) => (JSON.parse(row.document) as { schema: number }).schema)).toEqual([1, 2]);
    });

    test("a plan, whose rows are placed", async () => {
      const plan = planOf(home.cluster, { id: randomUUID() });
      const { number } = await stores.clusters.addPlan(plan);
      const document = { ...plan, number, rows: rows.map((row) => ({ ...row, impact: "none", changed: [] })) };
      await stores.database.writer
        .updateTable("plans")
        .set({ document: JSON.stringify(document) })
        .where("id", "=", plan.id)
        .execute();
      expect((await stores.clusters.plan(plan.id))?.rows).toMatchObject(places);
      expect((await stores.clusters.planNumbered(home.cluster.id, number))?.rows).toMatchObject(places);
    });

    test("a journal, in its table and packed", async () => {
      const { operation } = await stores.operations.submit(newOperation(home));
      const claim = await claimNext(stores);
      const [, , , join, member] = rows;
      const { change: _join, ...joinStep } = join ?? expect.fail();
      const { change: _member, ...memberStep } = member ?? expect.fail();
      const old = [
        { kind: "expected", rows },
        { kind: "step", step: joinStep, change: "create", status: "done" },
        { kind: "step", step: memberStep, change: "create", status: "failed" },
      ];
      const appended = await stores.journal.append(
        claim,
        old.map(() => ({ kind: "going-on" }) as const),
        noon,
      );
      for (const [i, { seq }] of appended.entries()) {
        await stores.database.writer
          .updateTable("journal")
          .set({ event: JSON.stringify(old[i]) })
          .where("operation_id", "=", operation.id)
          .where("seq", "=", seq)
          .execute();
      }
      await stores.operations.finish(claim, "failed", [], null, noon);
      const read = async () =>
        (await stores.journal.read(operation.id, (appended[0]?.seq ?? 0) - 1, appended.length)).map((entry) => entry.event);
      const placed = [
        { kind: "expected", rows: places },
        { kind: "step", step: places[3], change: "create", status: "done" },
        { kind: "step", step: places[4], change: "create", status: "failed" },
      ];
      expect(await read()).toMatchObject(placed);
      expect(await stores.journal.compact({ overBefore: noon + 1, operations: 10 })).toMatchObject({ operations: 1 });
      expect(await stores.database.reader.selectFrom("journal").select("seq").where("operation_id", "=", operation.id).execute()).toEqual(
        [],
      );
      expect(await read()).toMatchObject(placed);
    });
  });
}
