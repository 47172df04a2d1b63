/**
 * A portal may end between writing a revision and keeping the keys of its machines. Whoever changes or previews the
 * cluster next finishes that. The keys that were kept first count, for everybody; where the newest revision was made with
 * others, the next one carries the right ones. Nothing that was ever built is touched.
 */
import { withPublicKeys } from "#app/domain/cluster/revise-spec.ts";
import type { PublicKeys } from "#app/domain/cluster/spec-input.ts";
import type { Cluster } from "#app/domain/cluster/cluster.ts";
import type { ClusterSecrets, ClusterSpec } from "#app/domain/cluster/spec.ts";
import { notFound } from "#app/domain/problem.ts";
import { type ClusterStore, RevisionConflict } from "#app/ports/cluster-store.ts";
import type { KeyMaker } from "#app/ports/key-maker.ts";
import type { SecretStore } from "#app/ports/secret-store.ts";

export interface WholeKeysDeps {
  readonly clusters: ClusterStore;
  readonly secretStore: SecretStore;
  readonly keyMaker: KeyMaker;
  readonly now: () => number;
}

/** The cluster as it stands now: keys kept, and a newest revision that fits them. */
export async function withWholeKeys(deps: WholeKeysDeps, cluster: Cluster): Promise<Cluster> {
  if (cluster.liveRevision > 0) return withKeysOfAdded(deps, cluster);
  if (cluster.state !== "draft") return cluster;
  const spec = await deps.clusters.spec(cluster.id, cluster.revision);
  if (!spec) throw notFound();
  const fitting = withPublicKeys(spec, await publicKeys(deps, cluster, spec));
  if (JSON.stringify(fitting) === JSON.stringify(spec)) return cluster;
  return withWholeKeys(deps, await next(deps, cluster, fitting));
}

/** Of a cluster that was built: only the machines that its newest revision adds may lack a key. */
async function withKeysOfAdded(deps: WholeKeysDeps, cluster: Cluster): Promise<Cluster> {
  if (cluster.revision === cluster.liveRevision) return cluster;
  const [spec, live] = await Promise.all([
    deps.clusters.spec(cluster.id, cluster.revision),
    deps.clusters.spec(cluster.id, cluster.liveRevision),
  ]);
  const known = await deps.secretStore.clusterSecrets(cluster.tenantId, cluster.id);
  if (!spec || !live || !known) return cluster;
  const built = new Set(live.machines.map((m) => m.name));
  const added = spec.machines.map((m) => m.name).filter((name) => !built.has(name));
  const { hostKeys } = await keysOf(deps, cluster, known, added);
  const machines = spec.machines.map((m) => (built.has(m.name) ? m : { ...m, sshHostKey: hostKeys[m.name] ?? m.sshHostKey }));
  if (machines.every((m, i) => m.sshHostKey === spec.machines[i]?.sshHostKey)) return cluster;
  return withWholeKeys(deps, await next(deps, cluster, { ...spec, machines }));
}

/** Only what is absent is made. */
async function publicKeys(deps: WholeKeysDeps, cluster: Cluster, { machines }: ClusterSpec): Promise<PublicKeys> {
  const { tenantId, id } = cluster;
  const names = machines.map((m) => m.name);
  const known = (await deps.secretStore.clusterSecrets(tenantId, id)) ?? (await firstKeys(deps, tenantId, id, names));
  return keysOf(deps, cluster, known, names);
}

async function keysOf(
  deps: WholeKeysDeps,
  { tenantId, id }: Cluster,
  known: ClusterSecrets,
  names: readonly string[],
): Promise<PublicKeys> {
  const all = await deps.keyMaker.extend(known, names);
  if (names.some((name) => known.hostKeys[name] === undefined)) await deps.secretStore.putClusterSecrets(tenantId, id, all.secrets);
  return all.publics;
}

async function firstKeys(deps: WholeKeysDeps, tenantId: string, clusterId: string, names: readonly string[]): Promise<ClusterSecrets> {
  const { secrets } = await deps.keyMaker.make(names, deps.now());
  return deps.secretStore.keepClusterSecrets(tenantId, clusterId, secrets);
}

/** Somebody else may have written a revision meanwhile, for the same reason or for another: that one is looked at then. */
async function next(deps: WholeKeysDeps, cluster: Cluster, spec: ClusterSpec): Promise<Cluster> {
  try {
    await deps.clusters.addRevision({ ...spec, revision: cluster.revision + 1 }, deps.now());
  } catch (error) {
    if (!(error instanceof RevisionConflict)) throw error;
  }
  const now = await deps.clusters.get(cluster.id);
  if (!now) throw notFound();
  return now;
}
