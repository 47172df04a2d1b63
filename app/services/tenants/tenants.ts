/** Tenants as people see them. */
import { can, ofTenant } from "#app/domain/access.ts";
import type { Actor, Tenant } from "#app/domain/tenant.ts";
import { readableTenants } from "#app/services/access/authorized-lookup.ts";
import { asked, namePart, pageOf } from "#app/services/pages.ts";
import type { TenantView } from "#app/services/portal.ts";
import type { TenantListPage, TenantListRequest } from "#app/services/portal-lists.ts";
import type { ViewDeps } from "#app/services/views.ts";

export async function tenantPage(deps: ViewDeps, actor: Actor, request: TenantListRequest): Promise<TenantListPage> {
  const query = namePart(request.query);
  const tenantIds = query === null ? [] : readableTenants(actor);
  const { tenants, ...paged } = await deps.people.tenants({ tenantIds, ...(query ? { query } : {}), ...asked(request, "label") });
  return { tenants: await tenantViews(deps, actor, tenants), ...pageOf(paged, tenants, (t) => t.slug) };
}

export async function tenantView(deps: Pick<ViewDeps, "clusters">, actor: Actor, tenant: Tenant): Promise<TenantView> {
  const clusters = await deps.clusters.livingOf([tenant.id]);
  return viewOf(actor, tenant, clusters.get(tenant.id) ?? 0);
}

async function tenantViews(deps: Pick<ViewDeps, "clusters">, actor: Actor, tenants: readonly Tenant[]): Promise<readonly TenantView[]> {
  const clusters = await deps.clusters.livingOf(tenants.map((t) => t.id));
  return tenants.map((tenant) => viewOf(actor, tenant, clusters.get(tenant.id) ?? 0));
}

const viewOf = (actor: Actor, { id, slug, createdAt }: Tenant, clusters: number): TenantView => ({
  ...{ id, slug, createdAt, clusters },
  role: actor.memberships[id] ?? null,
  may: { create: can(actor, "cluster.create", ofTenant(id)) },
});
