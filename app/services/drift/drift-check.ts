/**
 * One check of one cluster: the libvirt host, the Kubernetes nodes, and the engine's preview-only refresh, compared with
 * the live spec and written into the drift record. It changes nothing, and it gives way: what an operation has moved in
 * the meantime is not recorded.
 */
import { message, MessageError, reasonsOf } from "#app/domain/message/message.ts";
import type { Cluster } from "#app/domain/cluster/cluster.ts";
import { type CertificateEnd, certificateEnds } from "#app/domain/cluster/certificates.ts";
import { type ClusterSpec, isSaved } from "#app/domain/cluster/spec.ts";
import type { DriftCheckResult, SourceWord } from "#app/domain/drift/drift.ts";
import { findDrift } from "#app/domain/drift/find-drift.ts";
import { afterCheck, beginCheck, controlPlaneFacts } from "#app/domain/drift/record.ts";
import type { PlanRow } from "#app/domain/plan/plan.ts";
import type { ClusterNodes, NodesAnswer } from "#app/ports/cluster-nodes.ts";
import type { ClusterStore } from "#app/ports/cluster-store.ts";
import type { DriftStore } from "#app/ports/drift-store.ts";
import type { HostInspections } from "#app/ports/hosts/by-host.ts";
import type { KeyMaker } from "#app/ports/key-maker.ts";
import type { OperationStore } from "#app/ports/operation-store.ts";
import type { OrphanStore } from "#app/ports/orphan-store.ts";
import type { SecretStore } from "#app/ports/secret-store.ts";
import type { MachineHost, StackProgress } from "#app/ports/stack-engine.ts";
import { ownAccess } from "#app/services/clusters/cluster-access.ts";
import { unfinished } from "#app/services/views.ts";

export interface DriftCheckPorts {
  readonly clusters: ClusterStore;
  readonly operations: OperationStore;
  readonly drift: DriftStore;
  readonly secrets: SecretStore;
  readonly hostInspections: HostInspections;
  readonly nodes: Pick<ClusterNodes, "list">;
  /** What a sweep of the whole host found that no cluster owns. */
  readonly orphans?: Pick<OrphanStore, "list">;
  readonly keyMaker: Pick<KeyMaker, "clientCertificate">;
  readonly engine: StackProgress;
  readonly machineHost: (spec: ClusterSpec) => Promise<MachineHost | null>;
  readonly now: () => number;
}

/** A check that takes longer is taken for dead, and another may begin. */
const longestMs = 180_000;

/** Only what an update brought to life can differ from it. */
export const canDiffer = (cluster: Cluster): boolean =>
  cluster.liveRevision > 0 && (cluster.state === "ready" || cluster.state === "degraded");

export type DriftCheckOutcome = "recorded" | "gave-way" | "not-now";

/** `not-now`: an operation of the cluster is not finished, another check is under way, or there is nothing to look at. */
export async function checkCluster(ports: DriftCheckPorts, clusterId: string, stop: AbortSignal): Promise<DriftCheckOutcome> {
  const cluster = await ports.clusters.get(clusterId);
  if (cluster === null || !canDiffer(cluster) || (await isBusy(ports, clusterId))) return "not-now";
  const at = ports.now();
  if (!(await begin(ports, clusterId, at))) return "not-now";
  const serial = await ports.clusters.stateSerial(clusterId);
  const check = await seeAll(ports, cluster, at, stop).catch((error: unknown) => troubled(cluster, at, error));
  const moved = stop.aborted || (await isBusy(ports, clusterId)) || (await ports.clusters.stateSerial(clusterId)) !== serial;
  await ports.drift.change(clusterId, (record) => (moved ? { ...record, lookingUntil: null } : afterCheck(record, check)));
  return moved ? "gave-way" : "recorded";
}

async function begin(ports: DriftCheckPorts, clusterId: string, now: number): Promise<boolean> {
  let began = false;
  await ports.drift.change(clusterId, (record) => {
    const begun = beginCheck(record, now, now + longestMs);
    began = begun !== null;
    return begun;
  });
  return began;
}

const isBusy = async ({ operations }: DriftCheckPorts, clusterId: string): Promise<boolean> =>
  (await operations.list({ clusterId, states: unfinished, limit: 1 })).length > 0;

const troubled = (cluster: Cluster, at: number, error: unknown): DriftCheckResult => ({
  at,
  revision: cluster.liveRevision,
  sources: { host: "silent", engine: "absent", nodes: "absent" },
  trouble: reasonsOf(error),
  findings: [],
});

/** The host is the one source without which nothing can be said; the others may be silent. */
async function seeAll(ports: DriftCheckPorts, cluster: Cluster, at: number, stop: AbortSignal): Promise<DriftCheckResult> {
  const spec = await ports.clusters.spec(cluster.id, cluster.liveRevision);
  if (spec === null) throw new MessageError([message("revision-missing", { revision: cluster.liveRevision })]);
  const newest = await ports.clusters.spec(cluster.id, cluster.revision);
  const [host, nodes] = await Promise.all([ports.hostInspections.of(spec.hostId).inspect(spec.prefix), asked(() => nodesOf(ports, spec))]);
  // Reading a disk, the engine would start a pool that is off: a check starts nothing.
  const poolIsOn = host.pools.some((p) => p.name === spec.prefix && p.active);
  const engine = await asked(async () => (poolIsOn ? await engineRows(ports, spec, stop) : null));
  const orphans = ((await ports.orphans?.list(spec.hostId)) ?? []).filter((o) => o.clusterId === cluster.id);
  const readEnd = nodes.seen?.certificateEndsAt ?? null;
  const certificates = await endsOf(ports, cluster, readEnd);
  const findings = findDrift(
    spec,
    { host, engine: engine.seen, nodes: nodes.seen?.nodes ?? null, certificates, orphans },
    newest === null ? [] : [newest],
  );
  return {
    at,
    revision: cluster.liveRevision,
    sources: { host: "seen", engine: engine.word, nodes: nodes.word },
    trouble: null,
    findings,
    certificateEndsAt: readEnd,
  };
}

/** An API server whose certificate has ended gives no answer: then what an earlier check read counts. */
async function endsOf({ drift, now }: DriftCheckPorts, cluster: Cluster, readEnd: number | null): Promise<readonly CertificateEnd[]> {
  const known = controlPlaneFacts(await drift.get(cluster.id), cluster);
  return certificateEnds({ authorities: {}, ...known, readEnd: readEnd ?? known.readEnd }, now());
}

interface Answer<T> {
  readonly word: SourceWord;
  readonly seen: T | null;
}

async function asked<T>(ask: () => Promise<T | null>): Promise<Answer<T>> {
  try {
    const seen = await ask();
    return { word: seen === null ? "absent" : "seen", seen };
  } catch {
    return { word: "silent", seen: null };
  }
}

/** Null where there is no Kubernetes, no way in yet, or nothing that runs. */
async function nodesOf(ports: DriftCheckPorts, spec: ClusterSpec): Promise<NodesAnswer | null> {
  if (isSaved(spec)) return null;
  const access = await ownAccess(ports, spec);
  return access === null ? null : ports.nodes.list(access);
}

async function engineRows(ports: DriftCheckPorts, spec: ClusterSpec, stop: AbortSignal): Promise<readonly PlanRow[] | null> {
  const { tenantId, clusterId } = spec;
  const [secrets, machineHost] = [await ports.secrets.clusterSecrets(tenantId, clusterId), await ports.machineHost(spec)];
  if (secrets === null || machineHost === null) return null;
  const passphrase = await ports.secrets.passphrase(tenantId);
  return await ports.engine.findDrift(
    { operationId: "look", kind: "preview", planKind: "update", spec, secrets, passphrase, machineHost },
    stop,
  );
}
