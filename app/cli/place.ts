/** Which tenant and cluster a person means. */
import { isLabel } from "#app/domain/cluster/names.ts";
import type { ClusterViewAnswer, MeAnswer } from "./answers.ts";
import { type ClusterPlace, clusterPath } from "./approve.ts";
import { ApiProblem, type Client } from "./client.ts";
import { Ending, exitCodes } from "./exit-codes.ts";

/** `demo`, in whichever tenant has it, or `tenant/demo`. */
export async function placeOf(client: Client, text: string, tenant: string | undefined): Promise<ClusterPlace> {
  const [first = "", second, ...rest] = text.trim().split("/");
  const names = second === undefined ? [first] : [first, second];
  if (rest.length > 0 || !names.every(isLabel)) throw new Ending(exitCodes.invalid, `${JSON.stringify(text)} is no cluster: say NAME or TENANT/NAME, in lower-case letters, digits and hyphens`);
  if (second !== undefined) return { tenant: first, cluster: second };
  const named = namedTenant(tenant);
  return named === undefined ? findCluster(client, first) : { tenant: named, cluster: first };
}

const namedTenant = (option: string | undefined): string | undefined => (option ?? process.env.BERTH_TENANT)?.trim() || undefined;

async function findCluster(client: Client, cluster: string): Promise<ClusterPlace> {
  const { tenants } = await client.get<MeAnswer>("/me");
  const [only, ...more] = tenants.map(({ slug }) => slug);
  if (only === undefined) throw new Ending(exitCodes.refused, `there is no cluster named ${cluster}: you have no tenant yet`);
  if (more.length === 0) return { tenant: only, cluster };
  const found = await clustersNamed(client, [only, ...more], cluster);
  // Of one that was torn down the receipt can still be read.
  const living = found.filter(({ state }) => state !== "gone");
  const candidates = living.length > 0 ? living : found;
  const [place] = candidates;
  if (place === undefined) throw new Ending(exitCodes.refused, `there is no cluster named ${cluster} in any of your tenants`);
  if (candidates.length > 1) throw new Ending(exitCodes.invalid, `several tenants have a cluster named ${cluster}: say which one, ${candidates.map(({ tenant }) => `${tenant}/${cluster}`).join(" or ")}`);
  return { tenant: place.tenant, cluster };
}

const atOnce = 8;

async function clustersNamed(client: Client, tenants: readonly string[], cluster: string) {
  const found: { readonly tenant: string; readonly state: string }[] = [];
  for (let i = 0; i < tenants.length; i += atOnce) {
    const states = await Promise.all(tenants.slice(i, i + atOnce).map(async (tenant) => ({ tenant, state: await stateOf(client, { tenant, cluster }) })));
    found.push(...states.flatMap(({ tenant, state }) => (state === null ? [] : [{ tenant, state }])));
  }
  return found;
}

async function stateOf(client: Client, place: ClusterPlace): Promise<string | null> {
  try {
    return (await client.get<ClusterViewAnswer>(clusterPath(place))).summary.state;
  } catch (error) {
    if (error instanceof ApiProblem && error.status === 404) return null;
    throw error;
  }
}

/** Where something new is made: the tenant that is named, or the one that is the person's own. */
export async function tenantOf(client: Client, option: string | undefined): Promise<string> {
  const named = namedTenant(option);
  if (named !== undefined) return named;
  const me = await client.get<MeAnswer>("/me");
  const slugs = me.tenants.map((t) => t.slug);
  const own = me.own === undefined ? slugs.find((slug) => slug === me.name) : me.own;
  // An operator sees everybody's tenants: the only one there is may be somebody else's.
  const found = own ?? (slugs.length === 1 && !me.operator ? slugs[0] : undefined);
  if (found !== undefined) return found;
  throw new Ending(exitCodes.invalid, slugs.length === 0 ? "you belong to no tenant yet" : `say which tenant you mean with --tenant: ${slugs.join(", ")}`);
}

/** The machine's own tenant is made at the first create. */
export async function ensureTenant(client: Client, slug: string): Promise<void> {
  const me = await client.get<MeAnswer>("/me");
  if (me.operator && slug === me.own && !me.tenants.some((t) => t.slug === slug)) await client.post("/tenants", { slug });
}
