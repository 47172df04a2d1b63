/** Clusters that were torn down, with their receipts: a page of those of a tenant. */
import type { Tenant } from "#app/domain/tenant.ts";
import type { ClusterStore } from "#app/ports/cluster-store.ts";
import { asked, pageOf } from "#app/services/pages.ts";
import type { ListPage, PageRequest, RemovedCluster } from "#app/services/portal-lists.ts";

const removedAtOnce = 10;

export async function removedClusters(
  clusters: Pick<ClusterStore, "removed">,
  tenant: Pick<Tenant, "id" | "slug">,
  query: PageRequest,
): Promise<{ readonly removed: readonly RemovedCluster[]; readonly removedPage: ListPage }> {
  const { removed, ...paged } = await clusters.removed({ tenantId: tenant.id, ...asked({ limit: removedAtOnce, ...query }, "id") });
  return { removed: removed.map((c) => ({ ...c, tenant: tenant.slug })), removedPage: pageOf(paged, removed, (c) => c.id) };
}
