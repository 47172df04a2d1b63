/** Everything the cluster page shows. */
import { planKindOf } from "#app/domain/operation/kinds.ts";
import { can, ofTenant } from "#app/domain/access.ts";
import { type Cluster, hasApi } from "#app/domain/cluster/cluster.ts";
import {
  addressOf,
  amountsOf,
  type ClusterSpec,
  isControlPlane,
  isSaved,
  type MachineSpec,
  nodesOf,
  publishedApiPort,
  publishedSshPort,
  serviceMachinesOf,
  serviceOf,
} from "#app/domain/cluster/spec.ts";
import { sameSpec } from "#app/domain/cluster/spec-changes.ts";
import type { Inventory } from "#app/ports/hypervisor.ts";
import { nextChange, powerAt } from "#app/domain/power/power-hours.ts";
import { publishedPortsOf } from "#app/domain/plan/host-obstacles.ts";
import type { PlanHead } from "#app/domain/plan/plan.ts";
import { staleness } from "#app/domain/plan/staleness.ts";
import type { Actor } from "#app/domain/tenant.ts";
import type { LibvirtHost } from "#app/domain/host/libvirt-host.ts";
import type { HostChecks } from "#app/ports/hosts/by-host.ts";
import type { HostStore } from "#app/ports/hosts/host-store.ts";
import type { StateSizes } from "#app/ports/stack-engine.ts";
import { type CertificateDeps, certificatesView } from "./certificates.ts";
import type { FoundCluster } from "#app/services/access/authorized-lookup.ts";
import { registeredHost } from "#app/services/hosts/known-hosts.ts";
import { unreachedPorts } from "#app/services/hosts/unreached-ports.ts";
import { apiAddress, contextName, directApiAddress } from "./kubeconfig.ts";
import type { RecentInventory } from "#app/services/hosts/recent-inventory.ts";
import type { ClusterPageView, ClusterRights, ClusterView, PlanSummary } from "#app/services/portal.ts";
import { type HistoryRequest, type ListPage, pageSize } from "#app/services/portal-lists.ts";
import { pageOf } from "#app/services/pages.ts";
import type { ClusterAccess, NodeFacts, SeenMachines, ServiceMachineFacts } from "#app/services/hosts/portal-nodes.ts";
import { receiptFor } from "#app/services/operations/receipt-view.ts";
import { clusterSummary, newestSpec, operationSummaries, type ViewDeps } from "#app/services/views.ts";

export interface ClusterViewDeps extends ViewDeps, CertificateDeps {
  /** Proposed for clusters without any. */
  readonly powerHours?: string | undefined;
  readonly inventory: RecentInventory;
  readonly hosts: HostStore;
  /** Absent where there is no host to check. */
  readonly hostChecks?: HostChecks;
  /** Absent where no engine keeps state. */
  readonly stateSizes?: StateSizes;
}

export async function clusterView(
  deps: ClusterViewDeps,
  actor: Actor,
  found: FoundCluster,
  history: HistoryRequest = {},
): Promise<ClusterView> {
  const { view, machines } = await clusterPageView(deps, actor, found, history);
  const { states } = await machines;
  const seen = <T extends { readonly name: string }>(m: T) => ({ ...m, machine: states[m.name] ?? ("absent" as const) });
  const { serviceMachines, ...rest } = view;
  return { ...rest, nodes: view.nodes.map(seen), ...(serviceMachines === undefined ? {} : { serviceMachines: serviceMachines.map(seen) }) };
}

/** What the database and the host's table of sockets say, and a promise of what libvirt says. */
export async function clusterPageView(
  deps: ClusterViewDeps,
  actor: Actor,
  { tenant, cluster }: FoundCluster,
  history: HistoryRequest = {},
): Promise<{ readonly view: ClusterPageView; readonly machines: Promise<SeenMachines> }> {
  const spec = await newestSpec(deps, cluster);
  const liveSpec = cluster.liveRevision === 0 ? null : await deps.clusters.spec(cluster.id, cluster.liveRevision);
  const shown = liveSpec ?? spec;
  const host = await registeredHost(deps.hosts, cluster.hostId);
  const machines = machinesOf(deps, cluster, shown);
  const summary = await clusterSummary(deps, actor, cluster);
  const taken = await takenPorts(deps, cluster, spec);
  const isTaken = (port: number) => taken.some((t) => t.port === port);
  const factsOf = (m: MachineSpec) =>
    machineFacts(
      host,
      m,
      hasMachines(cluster) && shown.authorizedKeys.length > 0 ? openPort(publishedSshPort(shown, m.name), isTaken) : null,
    );
  const view = {
    summary,
    spec,
    liveSpec,
    nodes: nodesOf(shown).map(
      (m): NodeFacts => ({ ...factsOf(m), role: isControlPlane(shown, m.name) ? "control-plane" : "worker", pool: m.pool }),
    ),
    ...serviceMachineProperty(serviceMachinesOf(shown).map((m) => ({ ...factsOf(m), service: serviceOf(shown, m.name)?.kind ?? "" }))),
    access: accessOf(host, tenant.slug, cluster, spec, isTaken),
    takenPorts: taken,
    nextPower: nextPowerOf(liveSpec, deps.now()),
    proposedHours: deps.powerHours ?? "",
    certificates: await certificatesView(deps, cluster, liveSpec ?? spec),
    ...(await revisionsOf(deps, cluster, history.revisionsBefore)),
    ...(await plansOf(deps, cluster, history.plansBefore)),
    operations: await operationSummaries(deps, actor, await deps.operations.list({ clusterId: cluster.id, limit: 20 })),
    receipt: await receiptOf(deps, actor, cluster),
    state: await stateOf(deps, cluster, spec),
    may: rightsOf(actor, cluster, { newest: spec, live: liveSpec }, summary.current !== null),
  };
  return { view, machines };
}

/** Small and for show: without an answer the page is still a page. */
async function stateOf(deps: ClusterViewDeps, cluster: Cluster, spec: ClusterSpec): Promise<ClusterView["state"]> {
  const size = await deps.stateSizes?.size(cluster.tenantId, spec.stackName).catch(() => null);
  return size && size.bytes > 0 ? size : null;
}

async function receiptOf(deps: ClusterViewDeps, actor: Actor, cluster: Cluster): Promise<ClusterView["receipt"]> {
  const receipt = await deps.clusters.receipt(cluster.id);
  return receipt && receiptFor(actor, receipt);
}

type IsTaken = (port: number) => boolean;

const hasMachines = ({ state }: Cluster): boolean => state !== "draft" && state !== "gone";

/** Never rejects: what libvirt does not say is unknown. */
async function machinesOf(deps: ClusterViewDeps, cluster: Cluster, spec: ClusterSpec): Promise<SeenMachines> {
  const seen = hasMachines(cluster)
    ? await deps.inventory(spec.hostId, spec.prefix).catch(() => null)
    : { at: deps.now(), inventory: { machines: [] } };
  const stateOfMachine = (m: MachineSpec) => (seen === null ? "unknown" : stateIn(seen.inventory, m.libvirtName));
  return { at: seen?.at ?? deps.now(), states: Object.fromEntries(spec.machines.map((m) => [m.name, stateOfMachine(m)])) };
}

function stateIn({ machines }: Pick<Inventory, "machines">, libvirtName: string): SeenMachines["states"][string] {
  const seen = machines.find(({ name }) => name === libvirtName);
  return seen?.saved ? "saved" : (seen?.state ?? "absent");
}

const openPort = (port: number | null, isTaken: IsTaken): number | null => (port === null || isTaken(port) ? null : port);

/** `ssh`: published port by which people enter; null: they cannot. */
const machineFacts = ({ publishedHost }: LibvirtHost, m: MachineSpec, ssh: number | null) => ({
  name: m.name,
  address: addressOf(m),
  ...amountsOf(m),
  sshCommand: ssh === null ? null : `ssh -p ${ssh} root@${publishedHost}`,
});

const serviceMachineProperty = (machines: readonly ServiceMachineFacts[]) => (machines.length === 0 ? {} : { serviceMachines: machines });

/** Of a draft nothing is published, and its plan says what is in the way. */
async function takenPorts({ hostChecks }: ClusterViewDeps, cluster: Cluster, spec: ClusterSpec): Promise<ClusterView["takenPorts"]> {
  if (cluster.state === "draft" || cluster.state === "gone") return [];
  // While it is built, its ports are about to be published.
  return await unreachedPorts(
    hostChecks?.of(spec.hostId),
    publishedPortsOf(spec),
    hasApi(cluster, spec) ? spec.published.filter((p) => p.purpose === "api").map((p) => p.port) : [],
  );
}

function accessOf({ publishedHost }: LibvirtHost, tenant: string, cluster: Cluster, spec: ClusterSpec, isTaken: IsTaken): ClusterAccess {
  const port = openPort(publishedApiPort(spec), isTaken);
  return {
    apiServer: port === null ? null : apiAddress(publishedHost, port),
    directApiServer: directApiAddress(spec),
    contextName: contextName(tenant, spec.name),
    kubeconfigReady: hasApi(cluster, spec),
  };
}

/** Numbers have no gaps: the newest is how many there are. */
const numberedPage = (newest: number, before: number | undefined, shown: readonly number[]): ListPage =>
  pageOf({ total: newest, skipped: before === undefined ? 0 : Math.max(0, newest - before + 1) }, shown, String);

async function revisionsOf(
  deps: ClusterViewDeps,
  { id, revision }: Cluster,
  before: number | undefined,
): Promise<Pick<ClusterView, "revisions" | "revisionPage">> {
  const revisions = await deps.clusters.revisions(id, { limit: pageSize, ...(before === undefined ? {} : { before }) });
  return {
    revisions,
    revisionPage: numberedPage(
      revision,
      before,
      revisions.map((r) => r.revision),
    ),
  };
}

async function plansOf(
  deps: ClusterViewDeps,
  cluster: Cluster,
  before: number | undefined,
): Promise<Pick<ClusterView, "plans" | "planPage" | "waitingPlan">> {
  const serial = await deps.clusters.stateSerial(cluster.id);
  const newest = await deps.clusters.planHeads(cluster.id, { limit: pageSize });
  const heads = before === undefined ? newest : await deps.clusters.planHeads(cluster.id, { limit: pageSize, before });
  const executed = await deps.operations.list({ clusterId: cluster.id, planIds: heads.map((p) => p.id), limit: 2 * pageSize });
  const states = new Map(executed.toReversed().map((o) => [o.planId, o.state]));
  const plans = heads.map((p) => ({ ...planSummary(p, cluster, serial), execution: states.get(p.id) ?? null }));
  const waiting = newest.find(
    (p) => planKindOf(p).makesRevisionLive && p.specRevision > cluster.liveRevision && !hasMoved(p, cluster, serial),
  );
  return {
    plans,
    planPage: numberedPage(
      newest[0]?.number ?? 0,
      before,
      heads.map((p) => p.number),
    ),
    waitingPlan: waiting?.number ?? null,
  };
}

function planSummary(p: PlanHead, cluster: Cluster, serial: number): Omit<PlanSummary, "execution"> {
  const { id, number, kind, fromRevision, specRevision, createdAt } = p;
  return { id, number, kind, fromRevision, specRevision, createdAt, stale: hasMoved(p, cluster, serial) };
}

/** The short answer for lists; the plan's own page says what moved. */
const hasMoved = (p: PlanHead, cluster: Cluster, stateSerial: number): boolean =>
  cluster.state === "gone" || staleness(p, { revision: cluster.revision, liveRevision: cluster.liveRevision, stateSerial }).length > 0;

interface Specs {
  readonly newest: ClusterSpec;
  readonly live: ClusterSpec | null;
}

function rightsOf(actor: Actor, cluster: Cluster, { newest, live }: Specs, busy: boolean): ClusterRights {
  const owner = ofTenant(cluster.tenantId);
  const { state, revision, liveRevision } = cluster;
  const idle = !busy && state !== "gone";
  const ahead = state === "draft" || (liveRevision > 0 && revision > liveRevision);
  return {
    edit: idle && state !== "destroying" && can(actor, "cluster.edit", owner),
    preview: idle && state !== "destroying" && can(actor, "cluster.preview", owner),
    destroy: idle && state !== "draft" && can(actor, "cluster.preview", owner),
    discard: idle && ahead && can(actor, "cluster.discard", owner),
    ...powerRights(cluster, { newest, live }, idle && can(actor, "cluster.edit", owner)),
    renew: idle && hasApi(cluster, newest) && state !== "destroying" && can(actor, "cluster.edit", owner),
    kubeconfig: state !== "gone" && can(actor, "cluster.kubeconfig", owner),
  };
}

function nextPowerOf(live: ClusterSpec | null, now: number): ClusterView["nextPower"] {
  if (live?.powerHours === undefined) return null;
  const at = nextChange(live.powerHours, now);
  return at === null ? null : { at, power: powerAt(live.powerHours, at) };
}

/** What `writePower` would take. `mayEdit`: this person may change the cluster now. */
function powerRights({ state }: Cluster, { newest, live }: Specs, mayEdit: boolean): Pick<ClusterRights, "save" | "wake"> {
  if (!mayEdit || live === null || (state !== "ready" && state !== "degraded")) return { save: false, wake: false };
  const waits = isSaved(newest) && !isSaved(live);
  return { save: waits || (!isSaved(live) && sameSpec(newest, live)), wake: isSaved(live) || isSaved(newest) };
}
