import { localHost } from "#app/domain/host/libvirt-host.ts";
import { message } from "#app/domain/message/message.ts";
import { randomUUID } from "node:crypto";
import { execFileSync } from "node:child_process";
import { mkdir, mkdtemp, readFile, readdir, rm, stat, symlink, truncate, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { openSecretStore } from "#app/adapters/secrets/secret-store.ts";
import { openDatabase } from "#app/adapters/sql/database/database.ts";
import { sqlStores } from "#app/adapters/sql/stores.ts";
import { exampleSpec } from "#app/domain/cluster/example-spec.ts";
import { totalOf } from "#app/domain/cluster/sizes.ts";
import { amountsOf, type ClusterSecrets } from "#app/domain/cluster/spec.ts";
import type { Inventory } from "#app/ports/hypervisor.ts";
import { type Config, readConfig } from "#app/foundation/config.server.ts";
import { guardRepaired, repairState, StateTorn, wasRepaired } from "#pulumi/recovery/repair-state.ts";
import { readState, type StackFiles, stackFiles } from "#pulumi/stack/stack-files.ts";
import { makeBackup } from "./make-backup.ts";
import { restoreBackup } from "./restore-backup.ts";

const passphrase = "a long enough passphrase";
const now = () => Date.parse("2026-11-21T00:00:00Z");
const secrets: ClusterSecrets = {
  portalPrivateKey: "the portal's own key",
  hostKeys: {},
  bootstrapTokens: {},
  pki: {} as ClusterSecrets["pki"],
};

let folder: string;
let config: Config;
let target: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "berth-backup-test-"));
  config = readConfig({ BERTH_HOME: join(folder, "home"), BERTH_CACHE: join(folder, "cache") }, 0);
  target = join(folder, "backup.tar.gz");
});
afterEach(() => rm(folder, { recursive: true }));

const emptyHome = (): Config => ({ ...readConfig({ BERTH_HOME: join(folder, "other"), BERTH_CACHE: join(folder, "cache") }, 0) });
const back = (to: Config, words = passphrase) => restoreBackup({ config: to, source: target, passphrase: words, now });
const make = () => makeBackup({ config, target, passphrase, now });

/** A home with one person, one cluster with a state file, and one operation that is under way. */
async function lived(): Promise<{ readonly tenantId: string; readonly clusterId: string; readonly operationId: string }> {
  const database = await openDatabase(config.database);
  const stores = sqlStores(database);
  const [tenantId, clusterId, operationId] = [randomUUID(), randomUUID(), randomUUID()];
  await stores.people.createPerson({ id: "p1", name: "ada", passwordHash: "none", operator: true, tenantId, now: now() });
  const spec = { ...exampleSpec(), clusterId, tenantId, name: "demo" };
  await stores.clusters.create({ id: clusterId, tenantId, name: "demo", hostId: localHost, createdAt: now(), indexLimit: 10 }, () => spec);
  await (await openSecretStore(stores.sealedRows, config.secretKeyFile)).putClusterSecrets(tenantId, clusterId, secrets);
  await stores.operations.submit({
    id: operationId,
    tenantId,
    clusterId,
    kind: "update",
    planKind: "update",
    specRevision: 1,
    planId: "plan-1",
    drift: null,
    requestedBy: "p1",
    requestedByName: "ada",
    requestedAt: now(),
    idempotencyKey: null,
  });
  await stores.operations.claim({ workerId: "w", now, leaseMs: 60_000, maxRunning: 1 });
  const files = stackFiles(config.home, tenantId, spec.stackName);
  await mkdir(join(files.checkpoint, ".."), { recursive: true });
  await mkdir(join(files.folder, "seeds"), { recursive: true });
  await writeFile(files.checkpoint, JSON.stringify({ checkpoint: { latest: { resources: [] } } }));
  await writeFile(files.settings, "encryptionsalt: v1:salt\n");
  await writeFile(join(files.folder, "seeds", "demo.iso"), "a host key in clear");
  await database.close();
  return { tenantId, clusterId, operationId };
}

test("a restored home has the same people, clusters, secrets and states, and starts nothing by itself", async () => {
  const { tenantId, clusterId, operationId } = await lived();
  const made = await make();
  expect(made.stacks).toMatchObject([{ tenant: "ada", cluster: "demo", underWay: "update", whole: true }]);
  expect((await stat(target)).mode & 0o777).toBe(0o600);

  const to = emptyHome();
  await back(to);
  const database = await openDatabase(to.database);
  const stores = sqlStores(database);
  expect((await stores.people.people({ limit: 50 })).people[0]).toMatchObject({ id: "p1", name: "ada", operator: true });
  const spec = await stores.clusters.spec(clusterId, 1);
  expect(spec).toMatchObject({ clusterId, name: "demo" });
  expect(await (await openSecretStore(stores.sealedRows, to.secretKeyFile)).clusterSecrets(tenantId, clusterId)).toEqual(secrets);
  // Whatever was approved before is to be previewed again.
  expect(await stores.clusters.stateSerial(clusterId)).toBe(1);
  const operation = await stores.operations.get(operationId);
  expect(operation).toMatchObject({ state: "cancelled", planId: null });
  const told = (await stores.journal.read(operationId, 0, 100)).at(-1)?.event;
  expect(told).toMatchObject({
    kind: "state",
    to: "cancelled",
    reasons: [{ code: "restored", params: { from: expect.stringContaining("2026-11-21") as string } }],
  });
  expect(await stores.operations.claim({ workerId: "w", now, leaseMs: 1, maxRunning: 1 })).toBeNull();
  expect(await database.integrity()).toBe("ok");
  await database.close();
  const files = stackFiles(to.home, tenantId, spec?.stackName ?? "");
  expect(await readFile(files.checkpoint, "utf8")).toContain("checkpoint");
  expect(await readFile(files.settings, "utf8")).toContain("encryptionsalt");
  expect((await stat(files.checkpoint)).mode & 0o777).toBe(0o600);
});

/** A cluster of which revision 1 was approved and claimed. */
async function approved(
  stores: ReturnType<typeof sqlStores>,
  tenantId: string,
  name: string,
  state: "draft" | "provisioning" | "ready",
): Promise<string> {
  const clusterId = randomUUID();
  const spec = { ...exampleSpec({ name, workers: 1 }), clusterId, tenantId, stackName: `s-${name}` };
  await stores.clusters.create({ id: clusterId, tenantId, name, hostId: localHost, createdAt: now(), indexLimit: 10 }, () => spec);
  const submit = (specRevision: number) =>
    stores.operations.submit({
      id: randomUUID(),
      tenantId,
      clusterId,
      kind: "update",
      planKind: "update",
      specRevision,
      planId: null,
      drift: null,
      requestedBy: "p1",
      requestedByName: "ada",
      requestedAt: now(),
      idempotencyKey: null,
    });
  await submit(1);
  const taken = await stores.operations.claim({ workerId: "w", now, leaseMs: 60_000, maxRunning: 9 });
  if (!taken) return expect.fail("nothing was claimed");
  if (state !== "draft") await stores.clusters.setState(clusterId, state, now(), taken.claim);
  if (state !== "ready") return clusterId;
  await stores.clusters.setLiveRevision(clusterId, 1, taken.claim);
  await stores.operations.finish(taken.claim, "succeeded", [], null, now());
  await stores.clusters.addRevision(
    { ...exampleSpec({ name, workers: 4 }), revision: 2, clusterId, tenantId, stackName: `s-${name}` },
    now(),
  );
  await submit(2);
  return clusterId;
}

test("a restored home gives back what was only approved: a draft holds nothing, a ready cluster what lives, and what may stand on the host stays", async () => {
  const { tenantId } = await lived();
  const database = await openDatabase(config.database);
  const stores = sqlStores(database);
  const ids = {
    draft: await approved(stores, tenantId, "draft", "draft"),
    half: await approved(stores, tenantId, "half", "provisioning"),
    ready: await approved(stores, tenantId, "ready", "ready"),
  };
  const heldIn = async (of: ReturnType<typeof sqlStores>, id: string) => (await of.clusters.get(id))?.reserved ?? null;
  const taking = (workers: number) => {
    const { vcpus, memoryMiB, diskGiB } = totalOf(exampleSpec({ workers }).machines.map(amountsOf));
    return { vcpus, memoryMiB, diskGiB };
  };
  const one = taking(1);
  expect([await heldIn(stores, ids.draft), await heldIn(stores, ids.ready)]).toEqual([one, taking(4)]);
  await database.close();
  await make();
  const to = emptyHome();
  await back(to);
  const restored = await openDatabase(to.database);
  const after = sqlStores(restored);
  expect([await heldIn(after, ids.draft), await heldIn(after, ids.half), await heldIn(after, ids.ready)]).toEqual([null, one, one]);
  expect((await after.clusters.reserved(localHost)).clusters).toBe(2);
  await restored.close();
});

test("the file holds neither the master key nor what it protects", async () => {
  await lived();
  await make();
  execFileSync("tar", ["-xzf", target, "-C", folder]);
  const masterKey = (await readFile(config.secretKeyFile, "utf8")).trim();
  const clear = [masterKey, secrets.portalPrivateKey, "a host key in clear", passphrase];
  for (const e of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const path = join(e.parentPath, e.name);
    if (!e.isFile() || path.startsWith(config.home)) continue;
    const text = await readFile(path, "latin1");
    expect(clear.filter((word) => text.includes(word))).toEqual([]);
  }
});

/** One more cluster, which never ran. Its stack's name is none of the first one's. */
async function created(tenantId: string): Promise<string> {
  const database = await openDatabase(config.database);
  const clusterId = randomUUID();
  const spec = { ...exampleSpec({ name: "later" }), clusterId, tenantId, stackName: "b8-later" };
  await sqlStores(database).clusters.create(
    { id: clusterId, tenantId, name: "later", hostId: localHost, createdAt: now(), indexLimit: 10 },
    () => spec,
  );
  await database.close();
  return spec.stackName;
}

const domain = (name: string) => ({
  urn: `urn:pulumi:s::berth::libvirt:index/domain:Domain::${name}`,
  type: "libvirt:index/domain:Domain",
  custom: true,
  outputs: { name },
});
const stateOf = (...machines: readonly string[]): string => JSON.stringify({ checkpoint: { latest: { resources: machines.map(domain) } } });
const hostWith = (...names: readonly string[]): Inventory => {
  const owner = { tenantId: "t1", clusterId: "c1", stackName: "s", machine: "" };
  return {
    machines: names.map((name) => ({ name, state: "running", memoryMiB: 1, vcpus: 1, owner })),
    networks: [],
    pools: [],
    volumes: [],
  };
};
const { stackName } = exampleSpec();
const markIn = async (files: StackFiles): Promise<unknown> => JSON.parse(await readFile(join(files.folder, "mended.json"), "utf8"));

test("no run of a restored stack removes machines that were made after the backup, whether it had a state then or not", async () => {
  const { tenantId } = await lived();
  const later = await created(tenantId);
  await writeFile(stackFiles(config.home, tenantId, stackName).checkpoint, stateOf("a"));
  expect((await make()).stacks.map((s) => s.cluster)).toEqual(["demo"]);
  const to = emptyHome();
  await back(to);
  const known = { [stackName]: ["a"], [later]: [] };
  for (const [name, machines] of Object.entries(known)) {
    const files = stackFiles(to.home, tenantId, name);
    expect(await wasRepaired(files)).toBe(true);
    for (const kind of ["update", "preview"] as const)
      await expect(guardRepaired(files, hostWith(...machines, "b"), kind)).rejects.toThrow(StateTorn);
    await expect(guardRepaired(files, hostWith(...machines, "b"), "update")).rejects.toMatchObject({
      reasons: [message("state-outdated", { from: "2026-11-21T00:00:00.000Z", names: ["b"] })],
    });
    await expect(guardRepaired(files, hostWith(...machines), "update")).resolves.toBeUndefined();
    expect((await stat(join(files.folder, "mended.json"))).mode & 0o777).toBe(0o600);
  }
});

test("a cluster that is gone gets no folder", async () => {
  const { tenantId, clusterId } = await lived();
  const database = await openDatabase(config.database);
  await sqlStores(database).clusters.setState(clusterId, "gone", now());
  await database.close();
  expect((await make()).stacks).toEqual([]);
  const to = emptyHome();
  await back(to);
  expect(await readdir(join(to.home, "tenants"))).toEqual([]);
  expect(await wasRepaired(stackFiles(to.home, tenantId, stackName))).toBe(false);
});

describe("a state that is not whole when the backup is made", () => {
  const copied = new Date("2026-11-20T00:00:00Z");
  let files: StackFiles;
  let restored: StackFiles;
  beforeEach(async () => {
    const { tenantId } = await lived();
    [files, restored] = [stackFiles(config.home, tenantId, stackName), stackFiles(emptyHome().home, tenantId, stackName)];
    const copy = join(files.history, "b1-demo-1.checkpoint.json");
    await mkdir(files.history, { recursive: true });
    await writeFile(copy, stateOf("a"));
    await utimes(copy, copied, copied);
  });

  test.each([
    ["torn", () => truncate(files.checkpoint, 5)],
    ["missing", () => rm(files.checkpoint)],
  ])("because it is %s comes back as its last good copy, and is marked as of that time", async (_, lose) => {
    await lose();
    expect((await make()).stacks).toMatchObject([{ cluster: "demo", whole: false }]);
    await back(emptyHome());
    expect((await readState(restored))?.resources).toEqual([domain("a")]);
    expect(await markIn(restored)).toEqual({ from: copied.toISOString(), complete: false });
    expect(await wasRepaired(files)).toBe(false);
  });

  test("and has no whole copy is started again under a mark that still forbids removing what is there", async () => {
    await truncate(files.checkpoint, 5);
    await rm(files.history, { recursive: true });
    expect((await make()).stacks).toMatchObject([{ cluster: "demo", whole: false }]);
    await back(emptyHome());
    expect(await repairState(restored)).toEqual(message("state-reset"));
    expect(await markIn(restored)).toEqual({ from: "2026-11-21T00:00:00.000Z", complete: false });
    await expect(guardRepaired(restored, hostWith("a"), "preview")).rejects.toThrow(StateTorn);
  });

  test.each([
    [false, "2026-11-01T00:00:00.000Z"],
    [true, "2026-11-21T00:00:00.000Z"],
  ])("keeps a mark that it had then, if that one says that machines may be unknown (complete: %s)", async (complete, from) => {
    await writeFile(join(files.folder, "mended.json"), JSON.stringify({ from: "2026-11-01T00:00:00.000Z", complete }));
    await make();
    await back(emptyHome());
    expect(await markIn(restored)).toEqual({ from, complete: false });
  });
});

const nothingIn = async (home: string): Promise<void> => expect(await readdir(home)).toEqual([]);

test("another passphrase is refused with a sentence, and the home stays empty", async () => {
  await lived();
  await make();
  const to = emptyHome();
  await expect(back(to, "not the right passphrase")).rejects.toThrow("the passphrase is not the one that this backup was made with");
  await nothingIn(to.home);
});

test("a short passphrase, a file that exists and a home without a key are refused", async () => {
  await expect(makeBackup({ config, target, passphrase: "short", now })).rejects.toThrow("at least 12 are needed");
  await expect(make()).rejects.toThrow("the master key");
  await lived();
  await make();
  await expect(make()).rejects.toThrow("exists already");
});

test("a backup follows no symbolic link, and a missing folder is told in a sentence", async () => {
  await lived();
  const link = `${target}.link`;
  await symlink(`${target}.elsewhere`, link);
  await expect(makeBackup({ config, target: link, passphrase, now })).rejects.toThrow("exists already");
  await expect(stat(`${target}.elsewhere`)).rejects.toThrow("ENOENT");
  await expect(makeBackup({ config, target: join(dirname(target), "none", "backup"), passphrase, now })).rejects.toThrow(
    /the folder .*none does not exist/,
  );
  await expect(makeBackup({ config, target: join(config.secretKeyFile, "backup"), passphrase, now })).rejects.toThrow("is not a folder");
});

test("a home that is in use is refused and left alone", async () => {
  const { operationId } = await lived();
  await make();
  await expect(back(config)).rejects.toThrow("is not empty (berth.sqlite");
  const database = await openDatabase(config.database);
  expect(await sqlStores(database).operations.get(operationId)).toMatchObject({ state: "running" });
  await database.close();
});

test("machines' disks and what set-up made are no hindrance and stay", async () => {
  await lived();
  await make();
  const to = emptyHome();
  await mkdir(join(to.home, "pools"), { recursive: true });
  await writeFile(join(to.home, "pools", "disk"), "x");
  await back(to);
  expect(await readFile(join(to.home, "pools", "disk"), "utf8")).toBe("x");
});

/** Unpacks the backup, lets `change` work on it, and packs it again. */
async function altered(change: (folder: string) => Promise<void>): Promise<void> {
  const open = join(folder, "open");
  await mkdir(open);
  execFileSync("tar", ["-xzf", target, "-C", open]);
  await change(open);
  execFileSync("tar", ["-czf", target, "-C", open, "."]);
}

const editManifest = (edit: (m: Record<string, Record<string, unknown>>) => void) => async (open: string) => {
  const path = join(open, "manifest.json");
  const manifest = JSON.parse(await readFile(path, "utf8")) as Record<string, Record<string, unknown>>;
  edit(manifest);
  await writeFile(path, JSON.stringify(manifest));
};

test.each([
  [
    "a file that was changed",
    (open: string) => writeFile(join(open, "database.jsonl"), "[]\n"),
    "database.jsonl is not as the manifest says",
  ],
  ["a file too many", (open: string) => writeFile(join(open, "tenants", "more"), "x"), "files that its manifest does not know"],
  ["a newer form", editManifest((m) => Object.assign(m.contents ?? {}, { schema: 2 })), "newer version of Berth"],
  [
    "a newer database",
    editManifest((m) => Object.assign(m.contents ?? {}, { steps: ["9999-later"] })),
    "whose database this version does not know (9999-later)",
  ],
  ["a manifest that was changed", editManifest((m) => Object.assign(m.contents ?? {}, { madeAt: "2020-01-01T00:00:00Z" })), "was altered"],
  ["no manifest", (open: string) => rm(join(open, "manifest.json")), "no backup of Berth"],
])("%s is refused, and the home stays empty", async (_, change, sentence) => {
  await lived();
  await make();
  await altered(change as (open: string) => Promise<void>);
  const to = emptyHome();
  await expect(back(to)).rejects.toThrow(sentence);
  await nothingIn(to.home);
});

test("a file that is no archive is refused", async () => {
  await writeFile(target, "nothing");
  await expect(back(emptyHome())).rejects.toThrow("is it a whole backup of Berth?");
});

test("a restore that was cut off before the database was there is made again", async () => {
  await lived();
  await make();
  const to = emptyHome();
  await mkdir(join(to.home, ".restore-abc"), { recursive: true });
  await mkdir(join(to.home, "tenants", "half"), { recursive: true });
  await back(to);
  expect(await readdir(to.home)).toEqual(expect.arrayContaining(["berth.sqlite", "keys", "tenants"]));
  expect(await readdir(join(to.home, "tenants"))).not.toContain("half");
});
