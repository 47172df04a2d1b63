/** What the create and edit forms need to say, while typing, what a cluster will be and whether it fits. */
import { networkOf } from "#app/domain/cluster/spec.ts";
import { clusterAddresses } from "#app/domain/network/addresses.ts";
import { type HostId, type LibvirtHost, networksOf } from "#app/domain/host/libvirt-host.ts";
import { readinessOf } from "#app/domain/setup.ts";
import type { Actor, Tenant } from "#app/domain/tenant.ts";
import { fits } from "#app/domain/text/machine-words.ts";
import type { HostStore } from "#app/ports/hosts/host-store.ts";
import type { SetupStatus } from "#app/ports/setup-status.ts";
import type { FoundCluster } from "#app/services/access/authorized-lookup.ts";
import { livingStates } from "#app/services/pages.ts";
import type { EditClusterView, NewClusterView } from "#app/services/portal.ts";
import { imageView } from "#app/services/hosts/image-view.ts";
import type { CapacityLeft } from "#app/services/hosts/portal-capacity.ts";
import { registeredHost } from "#app/services/hosts/known-hosts.ts";
import { removalCandidates } from "./specs.ts";
import { tenantView } from "#app/services/tenants/tenants.ts";
import { clusterSummary, newestSpec, type ViewDeps } from "#app/services/views.ts";

export interface FormDeps extends ViewDeps {
  readonly setupStatus: SetupStatus;
  readonly hosts: HostStore;
  readonly capacityOf: (actor: Actor, hostId: HostId) => Promise<CapacityLeft>;
  readonly proposedHost: () => Promise<LibvirtHost>;
}

/** Machine counts for which the form shows what earlier creates took. */
const estimatedSizes = [1, 2, 3, 4, 5, 6];

/** `name`: one that the form asks for. */
export const newForm = async (deps: FormDeps, actor: Actor, tenant: Tenant, name?: string): Promise<NewClusterView> =>
  form(deps, actor, tenant, { name, first: true, host: await deps.proposedHost() });

interface FormRequest {
  readonly name: string | undefined;
  /** The form leads to a first creation. */
  readonly first: boolean;
  /** On which the cluster is, or would be now. */
  readonly host: LibvirtHost;
}

async function form(deps: FormDeps, actor: Actor, tenant: Tenant, { name, first, host }: FormRequest): Promise<NewClusterView> {
  const state = await deps.setupStatus.read();
  const images = await deps.setupStatus.images();
  const planned = await deps.setupStatus.plannedImage();
  const versions = [...images, ...(planned ? [planned] : [])].flatMap((i) =>
    i.kind === "node" && i.kubernetesVersion !== null ? [i.kubernetesVersion] : [],
  );
  return {
    tenant: await tenantView(deps, actor, tenant),
    kubernetesVersions: [...new Set(versions)].sort(newestFirst),
    images: images.map(imageView),
    room: await deps.capacityOf(actor, host.id),
    readiness: readinessOf(state),
    accelerator: state.accelerator,
    nextNetwork: await nextNetwork(deps, host),
    networkRange: host.networkRange,
    takenNames: await takenNames(deps, tenant, name),
    durations: await durations(deps, first),
  };
}

export async function editForm(deps: FormDeps, actor: Actor, { tenant, cluster }: FoundCluster, name?: string): Promise<EditClusterView> {
  const spec = await newestSpec(deps, cluster);
  const live = cluster.liveRevision === 0 ? null : await deps.clusters.spec(cluster.id, cluster.liveRevision);
  const moves = cluster.state === "draft" && (await deps.clusters.networkIsTaken(cluster.id));
  return {
    form: await form(deps, actor, tenant, {
      name,
      first: cluster.liveRevision === 0,
      host: await registeredHost(deps.hosts, cluster.hostId),
    }),
    cluster: await clusterSummary(deps, actor, cluster),
    spec,
    reserved: cluster.reserved,
    removal: cluster.state === "draft" ? [] : await removalCandidates(deps, cluster, live ?? spec),
    keptNetwork: moves ? null : networkOf(spec).cidr,
  };
}

/** Names that are known while typing. */
const mostTakenNames = 500;

async function takenNames(deps: FormDeps, tenant: Tenant, asked: string | undefined): Promise<readonly string[]> {
  const { clusters } = await deps.clusters.page({ tenantIds: [tenant.id], states: livingStates, limit: mostTakenNames });
  const names = clusters.map((c) => c.name);
  if (asked === undefined || names.includes(asked) || !fits("label", asked)) return names;
  const found = await deps.clusters.byName(tenant.id, asked);
  return found && found.state !== "gone" ? [...names, asked] : names;
}

const newestFirst = (a: string, b: string): number => b.localeCompare(a, "en", { numeric: true });

/** As the store will propose it unless somebody is faster. */
async function nextNetwork({ clusters }: FormDeps, host: LibvirtHost): Promise<string | null> {
  const index = await clusters.nextNetwork(host.id, networksOf(host));
  return index === null ? null : clusterAddresses(host.networkRange, index).cidr;
}

async function durations(deps: FormDeps, first: boolean): Promise<Readonly<Record<number, readonly number[]>>> {
  const rows = await Promise.all(
    estimatedSizes.map(async (n) => [n, await deps.operations.durations({ kind: "update", machines: n, first })] as const),
  );
  return Object.fromEntries(rows.filter(([, seconds]) => seconds.length > 0));
}
