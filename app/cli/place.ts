/** Which tenant and cluster a person means. */
import { isLabel } from "#app/domain/cluster/names.ts";
import type { ClusterAnswer, MeAnswer, TenantAnswer } from "./answers.ts";
import type { ClusterPlace } from "./commands/approve.ts";
import type { Client } from "./client.ts";
import { Ending, exitCodes } from "./exit-codes.ts";
import { listed } from "./pages.ts";

/** `demo`, in whichever tenant has it, or `tenant/demo`. */
export async function placeOf(client: Client, text: string, tenant: string | undefined): Promise<ClusterPlace> {
  const [first = "", second, ...rest] = text.trim().split("/");
  const names = second === undefined ? [first] : [first, second];
  if (rest.length > 0 || !names.every(isLabel))
    throw new Ending(
      exitCodes.invalid,
      `${JSON.stringify(text)} is no cluster: say NAME or TENANT/NAME, in lower-case letters, digits and hyphens`,
    );
  if (second !== undefined) return { tenant: first, cluster: second };
  const named = namedTenant(tenant);
  return named === undefined ? findCluster(client, first) : { tenant: named, cluster: first };
}

const namedTenant = (option: string | undefined): string | undefined => (option ?? process.env.BERTH_TENANT)?.trim() || undefined;

async function findCluster(client: Client, cluster: string): Promise<ClusterPlace> {
  const living = await tenantsWith(client, cluster, {});
  // Of one that was torn down the receipt can still be read.
  const tenants = living.length > 0 ? living : await tenantsWith(client, cluster, { state: "gone" });
  const [tenant] = tenants;
  if (tenant === undefined) throw new Ending(exitCodes.refused, `there is no cluster named ${cluster} in any of your tenants`);
  if (tenants.length > 1)
    throw new Ending(
      exitCodes.invalid,
      `several tenants have a cluster named ${cluster}: say which one, ${tenants
        .slice(0, mostNamed)
        .map((slug) => `${slug}/${cluster}`)
        .join(" or ")}`,
    );
  return { tenant, cluster };
}

const mostNamed = 10;

async function tenantsWith(client: Client, name: string, state: { readonly state?: "gone" }): Promise<readonly string[]> {
  const { items } = await listed<ClusterAnswer>(client, { path: "/clusters", field: "clusters", query: { name, ...state } }, 200);
  return [...new Set(items.map(({ tenant }) => tenant))];
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
  throw new Ending(
    exitCodes.invalid,
    slugs.length === 0 ? "you belong to no tenant yet" : `say which tenant you mean with --tenant: ${slugs.join(", ")}`,
  );
}

/** The machine's own tenant is made at the first create. */
export async function ensureTenant(client: Client, slug: string): Promise<void> {
  const me = await client.get<MeAnswer>("/me");
  if (me.operator && slug === me.own && !(await isTenant(client, slug))) await client.post("/tenants", { slug });
}

async function isTenant(client: Client, slug: string): Promise<boolean> {
  const { items } = await listed<TenantAnswer>(client, { path: "/tenants", field: "tenants", query: { q: slug } }, 1_000);
  return items.some((t) => t.slug === slug);
}
