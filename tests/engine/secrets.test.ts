/** No secret of a cluster shows anywhere but in the places made for it, before, during and after a whole run. */
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { stringsIn } from "#pulumi/events/scrub.ts";
import { openRig, type Rig } from "./rig.ts";

/** Lines of every secret, without those that say nothing (BEGIN, END). */
const needles = (values: readonly string[]): string[] =>
  values
    .flatMap((v) => v.split("\n"))
    .map((l) => l.trim())
    .filter((l) => l.length >= 12 && !l.startsWith("-----"));

const filesBelow = (folder: string): string[] =>
  readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((e) => e.isFile())
    .map((e) => join(e.parentPath, e.name));

const argumentsOfAll = (): string =>
  readdirSync("/proc")
    .filter((n) => /^\d+$/.test(n))
    .map((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, "latin1");
      } catch {
        return "";
      }
    })
    .join("\n");

describe("the secrets of a cluster", () => {
  let rig: Rig;
  let id: string;
  let secrets: string[];
  const seen: string[] = [];
  beforeAll(async () => {
    rig = await openRig();
    rig.startWorker();
    id = (await rig.newCluster("hush", 1)).id;
    const kept = await rig.secrets.clusterSecrets(rig.tenantId, id);
    secrets = needles([...stringsIn(kept), await rig.secrets.passphrase(rig.tenantId)]);
    const looking = setInterval(() => seen.push(argumentsOfAll()), 100);
    expect((await rig.update(id)).state).toBe("succeeded");
    clearInterval(looking);
  });
  afterAll(async () => rig.close());

  const shown = (text: string) => secrets.filter((s) => text.includes(s));

  it("are in no argument list of any process at any time", () => {
    expect(seen.length).toBeGreaterThan(5);
    expect(shown(seen.join("\n"))).toEqual([]);
  });

  it("are in no journal entry", async () => {
    const operations = await rig.stores.operations.list({ clusterId: id, limit: 100 });
    const entries = (await Promise.all(operations.map((o) => rig.entries(o.id)))).flat();
    expect(entries.length).toBeGreaterThan(20);
    expect(shown(JSON.stringify(entries))).toEqual([]);
  });

  it("are in clear in no file of the home but the seed disks, which only their owner may read", () => {
    const telling = filesBelow(rig.home).filter((f) => shown(readFileSync(f, "latin1")).length > 0);
    expect(telling.filter((f) => !f.endsWith(".iso"))).toEqual([]);
    expect(telling.length).toBeGreaterThan(1);
    for (const file of telling.filter((f) => f.includes("/stacks/"))) expect(statSync(file).mode & 0o077).toBe(0);
    // libvirt's own copies stand behind a folder that nobody else can enter.
    expect(statSync(join(rig.home, "pools")).mode & 0o007).toBe(0);
  });

  it("are gone from the home with the cluster", async () => {
    expect((await rig.destroy(id)).state).toBe("succeeded");
    expect(filesBelow(rig.home).filter((f) => shown(readFileSync(f, "latin1")).length > 0)).toEqual([]);
    expect(await rig.secrets.clusterSecrets(rig.tenantId, id)).toBeNull();
  });
});
