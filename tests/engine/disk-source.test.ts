/** How machines name their disks: by file in new clusters, by pool and volume in those of earlier versions, which keep it. */
import { localHost } from "#app/domain/host/libvirt-host.ts";
import { afterAll, beforeAll, expect, it } from "vitest";
import { changes, virsh } from "./drift/drifting.ts";
import { ofEarlierVersion, openRig, type Rig } from "./rig.ts";

let rig: Rig;
beforeAll(async () => {
  rig = await openRig();
  rig.startWorker();
});
afterAll(() => rig?.close());

/** `<type> <where>` of every disk of every machine, sorted. */
async function disksOf(id: string): Promise<readonly string[]> {
  const { prefix, machines } = await rig.spec(id);
  const texts = await Promise.all(machines.map((m) => virsh("dumpxml", "--inactive", m.libvirtName)));
  return texts
    .flatMap((xml) =>
      [...xml.matchAll(/<disk type='(\w+)'[\s\S]*?<source ([^>]*)\/>/g)].map(
        (found) => `${found[1]} ${found[2]?.replaceAll(rig.home, "").replaceAll(prefix, "P")}`,
      ),
    )
    .toSorted();
}

async function empty(id: string): Promise<void> {
  expect(changes(await rig.preview(id))).toEqual([]);
}

it("names the disks of a new cluster by file: a second preview is empty, also after a change of size and a new machine", async () => {
  const { id } = await rig.newCluster("files", 0);
  expect((await rig.update(id)).failure).toBeNull();
  expect(await disksOf(id)).toEqual(["file file='/pools/P/P-cp0-seed.iso'", "file file='/pools/P/P-cp0.qcow2'"]);
  await empty(id);
  await rig.scale(id, 1, { controlPlane: { vcpus: 1, memoryMiB: 160 } });
  expect((await rig.update(id)).failure).toBeNull();
  expect((await disksOf(id)).every((disk) => disk.startsWith("file "))).toBe(true);
  await empty(id);
  expect(
    (await rig.ports.hostInspections?.of(localHost).inspect((await rig.spec(id)).prefix))?.machines.map((m) => m.defined?.diskPaths.length),
  ).toEqual([2, 2]);
  expect((await rig.destroy(id)).failure).toBeNull();
});

it("keeps the volumes of a cluster of an earlier version, also for a machine that joins it later", async () => {
  const { id } = await rig.newCluster("volumes", 0, ofEarlierVersion);
  expect((await rig.update(id)).failure).toBeNull();
  expect(await disksOf(id)).toEqual(["volume pool='P' volume='P-cp0-seed.iso'", "volume pool='P' volume='P-cp0.qcow2'"]);
  await empty(id);
  await rig.scale(id, 1);
  expect((await rig.update(id)).failure).toBeNull();
  expect((await disksOf(id)).every((disk) => disk.startsWith("volume "))).toBe(true);
  await empty(id);
  expect((await rig.destroy(id)).failure).toBeNull();
});
