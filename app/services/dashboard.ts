/** What a person sees first: their tenants, clusters, what runs now, and what is left. */
import { can, thePortal } from "#app/domain/access.ts";
import { invalidField, notFound, Problem } from "#app/domain/problem.ts";
import { localTenant, tenantReservation } from "#app/domain/reserved-names.ts";
import { readinessOf } from "#app/domain/setup.ts";
import type { Actor, Tenant } from "#app/domain/tenant.ts";
import { AlreadyExists } from "#app/ports/people-store.ts";
import type { SecretMaker } from "#app/ports/secret-maker.ts";
import type { FormDeps } from "./clusters/cluster-form-view.ts";
import { allow, findTenant } from "./access/authorized-lookup.ts";
import type { KeyedRequest } from "./idempotent-requests.ts";
import { visible } from "./operations/operations.ts";
import { clusterPage } from "./pages.ts";
import type { DashboardView, Services, TenantView } from "./portal.ts";
import type { PageRequest, TenantPageView } from "./portal-lists.ts";
import { removedClusters } from "./clusters/removed-clusters.ts";
import { search } from "./clusters/search.ts";
import { localPersonId } from "./people/sessions.ts";
import { tenantPage, tenantView } from "./tenants/tenants.ts";
import { operationSummaries, unfinished } from "./views.ts";
import type { CapacityLeft } from "./hosts/portal-capacity.ts";
import { imageView } from "./hosts/image-view.ts";

export interface DashboardDeps extends FormDeps {
  readonly secrets: SecretMaker;
  readonly capacities: (actor: Actor) => Promise<readonly CapacityLeft[]>;
  readonly now: () => number;
}

type Home = Pick<Services, "dashboard" | "readiness" | "search" | "tenants" | "ownTenant" | "tenant" | "createTenant" | "images" | "setup">;

export function createPortalOverview(deps: DashboardDeps): Home {
  return {
    dashboard: (actor, page) => dashboard(deps, actor, page ?? {}),
    readiness: async (actor) => {
      allow(actor, "portal.read", thePortal);
      return readinessOf(await deps.setupStatus.read());
    },
    tenants: async (actor, query) => {
      allow(actor, "portal.read", thePortal);
      return tenantPage(deps, actor, query ?? {});
    },
    search: (actor, text) => search(deps, actor, text),
    tenant: (actor, slug, pages) => oneTenant(deps, actor, slug, pages ?? {}),
    ownTenant: (actor) => ownTenant(deps, actor),
    createTenant: (actor, slug, key) => createTenant(deps, actor, slug, key ?? null),
    images: async (actor) => {
      allow(actor, "image.read", thePortal);
      return (await deps.setupStatus.images()).map(imageView);
    },
    setup: async (actor) => {
      // Like somebody else's object: who may not see it cannot tell that it is there.
      if (!can(actor, "setup.read", thePortal)) throw notFound();
      const state = await deps.setupStatus.read();
      return { state, readiness: readinessOf(state) };
    },
  };
}

/** How many tenants the first page names; the others have a page of their own. */
const tenantsShown = 10;

async function dashboard(deps: DashboardDeps, actor: Actor, page: PageRequest): Promise<DashboardView> {
  allow(actor, "portal.read", thePortal);
  const state = await deps.setupStatus.read();
  const { tenants, ...tenantPaged } = await tenantPage(deps, actor, { limit: tenantsShown });
  const { clusters, ...clusterPaged } = await clusterPage(deps, actor, page);
  return {
    tenants,
    tenantPage: tenantPaged,
    clusters,
    clusterPage: clusterPaged,
    running: await operationSummaries(deps, actor, await visible(deps, actor, { states: unfinished, limit: 20 })),
    hosts: await deps.capacities(actor),
    readiness: readinessOf(state),
    setup: can(actor, "setup.read", thePortal) ? state : null,
  };
}

/** A tenant's page is about its clusters: the whole lists of the others have pages of their own. */
const alsoShown = 10;

async function oneTenant(
  deps: DashboardDeps,
  actor: Actor,
  slug: string,
  pages: NonNullable<Parameters<Services["tenant"]>[2]>,
): Promise<TenantPageView> {
  const tenant = await findTenant(deps, actor, slug, "tenant.read");
  const { clusters, ...clusterPaged } = await clusterPage(deps, actor, { ...pages.clusters, tenant: slug });
  return {
    tenant: await tenantView(deps, actor, tenant),
    clusters,
    clusterPage: clusterPaged,
    operations: await operationSummaries(deps, actor, await deps.operations.list({ tenantId: tenant.id, limit: alsoShown })),
    ...(await removedClusters(deps.clusters, tenant, pages.removed ?? {})),
  };
}

const isOwnOfMachine = (actor: Actor, slug: string): boolean => actor.personId === localPersonId && slug === localTenant;

/**
 * A person's has their name. The machine's own is nobody else's: one that has members was made by somebody before the name was
 * reserved.
 */
async function ownTenant({ people }: DashboardDeps, actor: Actor): Promise<string | null> {
  const tenant = await people.tenantBySlug(actor.name);
  if (actor.personId !== localPersonId) return tenant !== null && Object.hasOwn(actor.memberships, tenant.id) ? tenant.slug : null;
  return tenant !== null && (await people.hasMembers(tenant.id)) ? null : localTenant;
}

async function createTenant(deps: DashboardDeps, actor: Actor, slug: string, keyed: KeyedRequest | null): Promise<TenantView> {
  allow(actor, "tenant.create", thePortal);
  const reservation = isOwnOfMachine(actor, slug) ? null : tenantReservation(slug);
  if (reservation) throw invalidField("slug", `reserved.${reservation}`, { value: slug });
  const tenant = await addTenant(deps, slug, keyed?.id ?? deps.secrets.id());
  if (actor.personId === localPersonId) return tenantView(deps, actor, tenant);
  await deps.people.addMember(tenant.id, actor.personId, "owner");
  return tenantView(deps, { ...actor, memberships: { ...actor.memberships, [tenant.id]: "owner" } }, tenant);
}

async function addTenant(deps: DashboardDeps, slug: string, id: string): Promise<Tenant> {
  // Made by an earlier attempt of the same request.
  const earlier = await deps.people.tenant(id);
  if (earlier) return earlier;
  try {
    return await deps.people.createTenant({ id, slug, createdAt: deps.now() });
  } catch (error) {
    if (error instanceof AlreadyExists) throw new Problem({ code: "name-taken", name: slug });
    throw error;
  }
}
