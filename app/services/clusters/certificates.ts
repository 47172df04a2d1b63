/** A cluster's certificates: when they end, and the revision that renews them. */
import { X509Certificate } from "node:crypto";
import type { certificates } from "#app/contract/clusters.ts";
import type { Answer } from "#app/contract/shapes.ts";
import { renewCertificates } from "#app/domain/cluster/revise-spec.ts";
import { type Authority, certificateEnds, renewalIsDue, renewalsIn } from "#app/domain/cluster/certificates.ts";
import { blockerOf, type Cluster, hasApi } from "#app/domain/cluster/cluster.ts";
import { type ClusterPki, type ClusterSpec, hasApiServer } from "#app/domain/cluster/spec.ts";
import { controlPlaneFacts } from "#app/domain/drift/record.ts";
import { type Blocker, Problem } from "#app/domain/problem.ts";
import { RevisionConflict } from "#app/ports/cluster-store.ts";
import type { SecretStore } from "#app/ports/secret-store.ts";
import { demandIdle } from "./demand-idle.ts";
import { newestSpec, type ViewDeps } from "#app/services/views.ts";

export type CertificatesView = Answer<typeof certificates>;

export interface CertificateDeps extends ViewDeps {
  readonly secretStore: SecretStore;
}

/** Null where there is no Kubernetes (yet). Without the keys, what is known without them. */
export async function certificatesView(deps: CertificateDeps, cluster: Cluster, spec: ClusterSpec): Promise<CertificatesView | null> {
  if (!hasApi(cluster, spec)) return null;
  const secrets = await deps.secretStore.clusterSecrets(cluster.tenantId, cluster.id).catch(() => null);
  const record = await deps.drift.get(cluster.id);
  const facts = { authorities: secrets === null ? {} : authorityEnds(secrets.pki), ...controlPlaneFacts(record, cluster) };
  const ends = certificateEnds(facts, deps.now());
  return { ends, due: renewalIsDue(ends) };
}

function authorityEnds({ caCert, etcdCaCert, frontProxyCaCert }: ClusterPki): Readonly<Partial<Record<Authority, number>>> {
  const all = [
    ["cluster-ca", caCert],
    ["etcd-ca", etcdCaCert],
    ["front-proxy-ca", frontProxyCaCert],
  ] as const;
  return Object.fromEntries(all.flatMap(([kind, pem]) => endOf(pem).map((end) => [kind, end])));
}

function endOf(pem: string): readonly number[] {
  try {
    return [Date.parse(new X509Certificate(pem).validTo)];
  } catch {
    return [];
  }
}

/**
 * The cluster with a newest revision that renews. One that was written and has not come to life yet renews once, however
 * often it is asked for.
 */
export async function writeRenewal(deps: ViewDeps, cluster: Cluster): Promise<Cluster> {
  const newest = await newestSpec(deps, cluster);
  if (!hasApi(cluster, newest) || cluster.state === "destroying")
    throw new Problem({ code: "wrong-state", verb: "cluster.edit", state: whyNoRenewal(cluster, newest) });
  const live = await deps.clusters.spec(cluster.id, cluster.liveRevision);
  if (renewalsIn(newest) > renewalsIn(live)) return cluster;
  await demandIdle(deps, cluster);
  await deps.clusters.addRevision(renewCertificates(newest), deps.now()).catch((error: unknown) => refuseRace(error, newest.revision));
  return (await deps.clusters.get(cluster.id)) ?? cluster;
}

const whyNoRenewal = (cluster: Cluster, spec: ClusterSpec): Cluster["state"] | Blocker =>
  hasApiServer(spec) ? blockerOf(cluster) : "no-kubernetes";

/** Of two who write the next revision at once, one does. */
export function refuseRace(error: unknown, basedOn: number): never {
  if (error instanceof RevisionConflict) throw new Problem({ code: "revision-conflict", basedOn, revision: basedOn + 1, changes: [] });
  throw error;
}
