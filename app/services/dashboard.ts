/** What a person sees first: their tenants, clusters, what runs now, and what is left. */
import { can, ofTenant, thePortal } from "#app/domain/access.ts";
import type { Cluster } from "#app/domain/cluster/cluster.ts";
import { invalidField, notFound, Problem } from "#app/domain/problem.ts";
import { localTenant, tenantReservation } from "#app/domain/reserved-names.ts";
import { readinessOf } from "#app/domain/setup.ts";
import type { Actor, Tenant } from "#app/domain/tenant.ts";
import { AlreadyExists, type PeopleStore } from "#app/ports/people-store.ts";
import type { SecretMaker } from "#app/ports/secret-maker.ts";
import { type FormDeps, tenantView } from "./cluster-form-view.ts";
import { allow, findTenant } from "./gate.ts";
import type { KeyedRequest } from "./requests.ts";
import { visible } from "./operations.ts";
import type { ClusterSummary, DashboardView, Services, TenantView } from "./portal.ts";
import { removedClusters } from "./removed-clusters.ts";
import { localPersonId } from "./sessions.ts";
import { clusterSummary, namesFrom, operationSummaries, unfinished } from "./views.ts";

export interface DashboardDeps extends FormDeps {
  readonly secrets: SecretMaker;
  readonly now: () => number;
}

type Home = Pick<Services, "dashboard" | "tenants" | "ownTenant" | "tenant" | "createTenant" | "images" | "setup">;

export function createHome(deps: DashboardDeps): Home {
  return {
    dashboard: (actor) => dashboard(deps, actor),
    tenants: async (actor) => views(deps, actor, await tenantsOf(deps.people, actor)),
    tenant: (actor, slug) => tenantPage(deps, actor, slug),
    ownTenant: (actor) => ownTenant(deps, actor),
    createTenant: (actor, slug, key) => createTenant(deps, actor, slug, key ?? null),
    images: async (actor) => {
      allow(actor, "image.read", thePortal);
      return deps.setupStatus.images();
    },
    setup: async (actor) => {
      // Like somebody else's object: who may not see it cannot tell that it is there.
      if (!can(actor, "setup.read", thePortal)) throw notFound();
      const state = await deps.setupStatus.read();
      return { state, readiness: readinessOf(state) };
    },
  };
}

async function dashboard(deps: DashboardDeps, actor: Actor): Promise<DashboardView> {
  allow(actor, "portal.read", thePortal);
  const tenants = await tenantsOf(deps.people, actor);
  const state = await deps.setupStatus.read();
  return {
    tenants: await views(deps, actor, tenants),
    clusters: await clustersOf(deps, actor, tenants),
    running: await operationSummaries(deps, actor, await visible(deps, actor, { states: unfinished, limit: 20 })),
    room: await deps.room(actor),
    readiness: readinessOf(state),
    setup: can(actor, "setup.read", thePortal) ? state : null,
  };
}

const views = (deps: DashboardDeps, actor: Actor, tenants: readonly Tenant[]): Promise<readonly TenantView[]> =>
  Promise.all(tenants.map((t) => tenantView(deps, actor, t)));

async function tenantsOf(people: PeopleStore, actor: Actor): Promise<readonly Tenant[]> {
  if (actor.operator) return people.tenants();
  const mine = Object.keys(actor.memberships).filter((id) => can(actor, "tenant.read", ofTenant(id)));
  return (await Promise.all(mine.map((id) => people.tenant(id)))).filter((t) => t !== null);
}

async function clustersOf(deps: DashboardDeps, actor: Actor, tenants: readonly Tenant[]): Promise<readonly ClusterSummary[]> {
  const lists = actor.operator ? [await deps.clusters.list(null)] : await Promise.all(tenants.map((t) => deps.clusters.list(t.id)));
  return summaries(deps, actor, lists.flat());
}

async function summaries(deps: DashboardDeps, actor: Actor, clusters: readonly Cluster[]): Promise<readonly ClusterSummary[]> {
  const names = namesFrom(deps);
  return Promise.all(clusters.filter((c) => c.state !== "gone").map((c) => clusterSummary(deps, names, actor, c)));
}

async function tenantPage(deps: DashboardDeps, actor: Actor, slug: string): ReturnType<Services["tenant"]> {
  const tenant = await findTenant(deps, actor, slug, "tenant.read");
  return {
    tenant: await tenantView(deps, actor, tenant),
    clusters: await summaries(deps, actor, await deps.clusters.list(tenant.id)),
    operations: await operationSummaries(deps, actor, await deps.operations.list({ tenantId: tenant.id, limit: 20 })),
    removed: await removedClusters(deps.clusters, tenant),
  };
}

const isOwnOfMachine = (actor: Actor, slug: string): boolean => actor.personId === localPersonId && slug === localTenant;

/** A person's has their name. The machine's own is nobody else's: one that has members was made by somebody before the name was reserved. */
async function ownTenant({ people }: DashboardDeps, actor: Actor): Promise<string | null> {
  const tenant = await people.tenantBySlug(actor.name);
  if (actor.personId !== localPersonId) return tenant !== null && Object.hasOwn(actor.memberships, tenant.id) ? tenant.slug : null;
  const isSomebodys = tenant !== null && (await people.people()).some((person) => person.tenants.some(({ slug }) => slug === tenant.slug));
  return isSomebodys ? null : localTenant;
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
