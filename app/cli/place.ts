/** Which tenant and cluster a person means. */
import type { MeAnswer } from "./answers.ts";
import type { ClusterPlace } from "./approve.ts";
import type { Client } from "./client.ts";
import { Ending, exitCodes } from "./exit-codes.ts";

/** Tenant of the machine's own administrator, who has no account: made at the first create. */
export const localTenant = "local";

/** `demo` or `tenant/demo`. */
export async function placeOf(client: Client, text: string, tenant: string | undefined): Promise<ClusterPlace> {
  const [first = "", second, ...rest] = text.split("/");
  if (first === "" || second === "" || rest.length > 0) throw new Ending(exitCodes.invalid, `${JSON.stringify(text)} is no cluster: say NAME or TENANT/NAME`);
  if (second !== undefined) return { tenant: first, cluster: second };
  return { tenant: await tenantOf(client, tenant), cluster: first };
}

/** The one that is named, the only one, the person's own, or the machine's. */
export async function tenantOf(client: Client, named: string | undefined): Promise<string> {
  const wanted = named ?? (process.env.BERTH_TENANT || undefined);
  if (wanted !== undefined) return wanted;
  const me = await client.get<MeAnswer>("/me");
  const slugs = me.tenants.map((t) => t.slug);
  const found = slugs.length === 1 ? slugs[0] : slugs.find((slug) => slug === me.name);
  if (found !== undefined) return found;
  if (slugs.length === 0 && me.operator) return localTenant;
  throw new Ending(exitCodes.invalid, slugs.length === 0 ? "you belong to no tenant yet" : `say which tenant you mean with --tenant: ${slugs.join(", ")}`);
}

export async function ensureTenant(client: Client, slug: string): Promise<void> {
  const me = await client.get<MeAnswer>("/me");
  if (slug === localTenant && me.operator && !me.tenants.some((t) => t.slug === slug)) await client.post("/tenants", { slug });
}
