/** Every secret of a living cluster, and the places where none of them may show. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { openSecretStore } from "#app/adapters/secrets/secret-store.ts";
import { openDatabase } from "#app/adapters/sql/database/database.ts";
import { sqlStores } from "#app/adapters/sql/stores.ts";
import { stringsIn } from "#pulumi/events/scrub.ts";
import { allClusters } from "#tests/contract/fixtures.ts";

/** Lines that would give a secret away; marks like BEGIN and END say nothing. */
const telling = (values: readonly string[]): string[] =>
  values
    .flatMap((v) => v.split("\n"))
    .map((line) => line.trim())
    .filter((line) => line.length >= 12 && !line.startsWith("-----"));

/** Of all living clusters, read from the portal's own store as its master key opens it. */
export async function secretsIn(home: string): Promise<readonly string[]> {
  const database = await openDatabase({ kind: "sqlite", path: join(home, "berth.sqlite") });
  try {
    const { clusters, sealedRows } = sqlStores(database);
    const store = await openSecretStore(sealedRows, join(home, "keys", "master.key"));
    const living = (await allClusters(clusters, null)).filter((cluster) => cluster.state !== "gone");
    const kept = await Promise.all(
      living.map(async ({ tenantId, id }) => [...stringsIn(await store.clusterSecrets(tenantId, id)), await store.passphrase(tenantId)]),
    );
    return telling(kept.flat());
  } finally {
    await database.close();
  }
}

/** Client keys of a kubeconfig, as written in it and decoded. */
export function keysOf(kubeconfig: string): readonly string[] {
  const keys = [...kubeconfig.matchAll(/client-key-data: (\S+)/g)].map((m) => m[1] ?? "");
  return telling([...keys, ...keys.map((key) => Buffer.from(key, "base64").toString("utf8"))]);
}

export interface ProcessWatch {
  /** Every argument list seen so far, each once. */
  readonly argumentLists: ReadonlySet<string>;
  stop(): void;
}

/** Looks at the arguments of all processes, machines and plug-ins among them, several times a second. */
export function watchProcesses(): ProcessWatch {
  const argumentLists = new Set<string>();
  const timer = setInterval(() => {
    for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) argumentLists.add(argumentsOf(pid));
  }, 250);
  return { argumentLists, stop: () => clearInterval(timer) };
}

function argumentsOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8");
  } catch {
    return "";
  }
}

/** Machines' disks hold what their machine is made of, keys included; nobody but libvirt's group enters their folder. */
const isDisk = (path: string): boolean => path.includes("/pools/") || path.endsWith(".iso");

/** Paths below the folder, disks left out, that hold one of the secrets in clear. */
export const filesTelling = (folder: string, secrets: readonly string[]): readonly string[] =>
  readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => !isDisk(path))
    .filter((path) => {
      const text = readOrNothing(path);
      return secrets.some((secret) => text.includes(secret));
    });

function readOrNothing(path: string): string {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return "";
  }
}
