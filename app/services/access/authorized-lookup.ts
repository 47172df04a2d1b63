/**
 * Finding objects for a person: what is absent and what is somebody else's end in the same `not-found`. So does what cannot
 * be a name or an id at all, before a database sees it.
 */
import { type AccessObject, can, ofTenant, type Verb } from "#app/domain/access.ts";
import type { Cluster } from "#app/domain/cluster/cluster.ts";
import type { Operation } from "#app/domain/operation/operation.ts";
import { notFound, Problem } from "#app/domain/problem.ts";
import type { Actor, Tenant } from "#app/domain/tenant.ts";
import { fits } from "#app/domain/text/machine-words.ts";
import type { ClusterStore } from "#app/ports/cluster-store.ts";
import type { OperationStore } from "#app/ports/operation-store.ts";
import type { PeopleStore } from "#app/ports/people-store.ts";
import type { ClusterRef } from "#app/services/portal.ts";

export interface GateDeps {
  readonly people: PeopleStore;
  readonly clusters: ClusterStore;
  readonly operations: OperationStore;
}

export interface FoundCluster {
  readonly tenant: Tenant;
  readonly cluster: Cluster;
}

/** Throws not-allowed unless the rule table says yes. */
export function allow(actor: Actor, verb: Verb, object: AccessObject): void {
  if (!can(actor, verb, object)) throw new Problem({ code: "not-allowed", verb });
}

/** Ids of the tenants whose objects this person may see; null: of all. */
export const readableTenants = (actor: Actor): readonly string[] | null =>
  actor.operator ? null : Object.keys(actor.memberships).filter((id) => can(actor, "tenant.read", ofTenant(id)));

export async function findTenant(deps: GateDeps, actor: Actor, slug: string, verb: Verb): Promise<Tenant> {
  const tenant = fits("label", slug) ? await deps.people.tenantBySlug(slug) : null;
  if (!tenant || !can(actor, "tenant.read", ofTenant(tenant.id))) throw notFound();
  allow(actor, verb, ofTenant(tenant.id));
  return tenant;
}

export async function findCluster(deps: GateDeps, actor: Actor, ref: ClusterRef, verb: Verb): Promise<FoundCluster> {
  const tenant = await findTenant(deps, actor, ref.tenant, "tenant.read");
  const cluster = fits("label", ref.cluster) ? await deps.clusters.byName(tenant.id, ref.cluster) : null;
  if (!cluster) throw notFound();
  allow(actor, verb, ofTenant(tenant.id));
  return { tenant, cluster };
}

export async function findOperation(deps: GateDeps, actor: Actor, id: string, verb: Verb): Promise<Operation> {
  const operation = fits("id", id) ? await deps.operations.get(id) : null;
  if (!operation || !can(actor, "operation.read", ofTenant(operation.tenantId))) throw notFound();
  allow(actor, verb, ofTenant(operation.tenantId));
  return operation;
}
