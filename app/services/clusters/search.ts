/** What can be gone to by a text that somebody types: names only, a bounded number of them. */
import { thePortal } from "#app/domain/access.ts";
import type { Cluster } from "#app/domain/cluster/cluster.ts";
import type { Actor } from "#app/domain/tenant.ts";
import { allow, readableTenants } from "#app/services/access/authorized-lookup.ts";
import { visible } from "#app/services/operations/operations.ts";
import { livingStates, namePart } from "#app/services/pages.ts";
import type { Findable } from "#app/services/portal-lists.ts";
import { tenantPage } from "#app/services/tenants/tenants.ts";
import { namesFrom, operationSummaries, type ViewDeps } from "#app/services/views.ts";

/** Of each kind and word. */
const found = 20;
const newestOperations = 50;
const mostWords = 4;

/** Each word may be a part of a cluster's name or of its tenant's; the palette shows what all words fit. */
export async function search(deps: ViewDeps, actor: Actor, text: string): Promise<Findable> {
  allow(actor, "portal.read", thePortal);
  const words = partsOf(text);
  const tenants = await tenantsFor(deps, actor, words);
  const clusters = await clustersFor(
    deps,
    actor,
    words,
    tenants.map((t) => t.id),
  );
  const names = namesFrom(deps, [], clusters);
  const operations = await operationSummaries(deps, actor, await visible(deps, actor, { limit: newestOperations }));
  return {
    operator: actor.operator,
    tenants: tenants.map(({ slug, may }) => ({ slug, create: may.create })),
    clusters: await Promise.all(clusters.map(async ({ tenantId, name, state }) => ({ tenant: await names.tenant(tenantId), name, state }))),
    operations: operations.map(({ id, tenant, cluster, purpose, state, requestedAt }) => ({
      id,
      tenant,
      cluster,
      purpose,
      state,
      requestedAt,
    })),
  };
}

/** Without one that can be a part of a name, whatever comes first is found. */
function partsOf(text: string): readonly string[] {
  const parts = text.split(/\s+/).flatMap((word) => namePart(word) ?? []);
  return parts.length === 0 ? [""] : [...new Set(parts)].slice(0, mostWords);
}

async function tenantsFor(deps: ViewDeps, actor: Actor, words: readonly string[]) {
  const pages = await Promise.all(words.map((query) => tenantPage(deps, actor, { query, limit: found })));
  const first = words[0] === "" ? [] : (await tenantPage(deps, actor, { limit: found })).tenants;
  return distinct([...pages.flatMap((page) => page.tenants), ...first], (t) => t.id);
}

async function clustersFor(deps: ViewDeps, actor: Actor, words: readonly string[], named: readonly string[]): Promise<readonly Cluster[]> {
  const readable = readableTenants(actor);
  const ask = async (tenantIds: readonly string[] | null, query: string) =>
    (await deps.clusters.page({ tenantIds, states: livingStates, limit: found, ...(query === "" ? {} : { query }) })).clusters;
  const pages = await Promise.all(words.flatMap((word) => [ask(readable, word), ask(named, word)]));
  // "harbour" alone is the tenant: its clusters are meant.
  const ofTenants = words.length === 1 ? await ask(named, "") : [];
  return distinct([...pages.flat(), ...ofTenants], (c) => c.id);
}

const distinct = <T>(values: readonly T[], keyOf: (value: T) => string): readonly T[] => [
  ...new Map(values.map((value) => [keyOf(value), value])).values(),
];
