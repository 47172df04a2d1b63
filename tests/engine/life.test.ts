/** The life of real machines: created, scaled up and down, destroyed; a second preview is empty after every step. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { renewCertificates } from "#app/domain/cluster/revise-spec.ts";
import type { Plan } from "#app/domain/plan/plan.ts";
import { openRig, type Rig } from "./rig.ts";

const changes = (plan: Plan) => plan.rows.filter((r) => r.change !== "same").map((r) => `${r.change} ${r.name} ${r.changed.join(",")}`);

describe("a cluster of real machines", () => {
  let rig: Rig;
  let id: string;
  beforeAll(async () => {
    rig = await openRig();
    rig.startWorker();
    id = (await rig.newCluster("life", 0)).id;
  });
  afterAll(async () => {
    await rig.close();
  });

  const emptyPreview = async () => expect(changes(await rig.preview(id))).toEqual([]);

  it("is created as planned, and a second preview is empty", async () => {
    const update = await rig.update(id);
    expect(update.failure).toBeNull();
    expect(update.state).toBe("succeeded");
    const consoles = (await rig.entries(update.id)).flatMap(({ event: e }) =>
      e.kind === "output" && e.source === "console" ? e.lines : [],
    );
    expect(consoles.filter((l) => l.includes("tiny-guest: starting"))).toHaveLength(1);
    expect((await rig.stores.clusters.get(id))?.state).toBe("ready");
    const { prefix, machines } = await rig.spec(id);
    expect((await rig.hypervisor.inventory(prefix)).machines.map((m) => [m.name, m.state])).toEqual(
      machines.map((m) => [m.libvirtName, "running"]),
    );
    await emptyPreview();
  });

  it("has its certificates renewed once per revision that counts one more, and the preview is empty again", async () => {
    for (const [change, times] of [
      ["create", 1],
      ["replace", 2],
    ] as const) {
      await rig.stores.clusters.addRevision(renewCertificates(await rig.spec(id)), Date.now());
      expect(changes(await rig.preview(id)).map((row) => row.split(" ").slice(0, 2).join(" "))).toEqual([`${change} main-certificates`]);
      const update = await rig.update(id);
      expect(update.state).toBe("succeeded");
      const said = (await rig.entries(update.id)).flatMap(({ event: e }) =>
        e.kind === "output" && e.step === "main-certificates" ? e.lines : [],
      );
      expect(said.join("\n")).toContain(`certificates of life renewed: ${times} times`);
      await emptyPreview();
    }
  });

  it("gets a worker more, and the preview is empty again", async () => {
    await rig.scale(id, 1);
    expect((await rig.update(id)).state).toBe("succeeded");
    expect((await rig.hypervisor.inventory((await rig.spec(id)).prefix)).machines).toHaveLength(2);
    await emptyPreview();
  });

  it("loses it again, and the preview is empty again", async () => {
    await rig.scale(id, 0);
    expect((await rig.update(id)).state).toBe("succeeded");
    expect((await rig.hypervisor.inventory((await rig.spec(id)).prefix)).machines).toHaveLength(1);
    await emptyPreview();
  });

  it("is destroyed with a receipt, and nothing of it is left", async () => {
    const { prefix } = await rig.spec(id);
    expect((await rig.destroy(id)).failure).toBeNull();
    expect(await rig.hypervisor.inventory(prefix)).toEqual({ machines: [], networks: [], pools: [], volumes: [] });
    expect(rig.measured.map((m) => m.cliProcesses)).toEqual([2, ...rig.measured.slice(1).map(() => 1)]);
    const receipt = await rig.stores.clusters.receipt(id);
    expect(receipt?.rows.filter((r) => !r.gone)).toEqual([]);
    expect((await rig.stores.clusters.get(id))?.state).toBe("gone");
  });
});
