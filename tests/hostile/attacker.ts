/** An ordinary account on a running portal, whose rights the hostile requests come with. */
import type { Attacker } from "./requests.ts";

export interface Account {
  readonly url: string;
  readonly token: string;
  readonly cookie: string;
  readonly name: string;
}

/** Makes one cluster, so that there is an operation. */
export async function attackerOn({ url, token, cookie, name }: Account): Promise<Attacker> {
  const response = await fetch(`${url}/api/v1/tenants/${name}/clusters`, { method: "POST", headers: { Authorization: `Bearer ${token}`, "Content-Type": "application/json" }, body: JSON.stringify({ name: "own" }) });
  if (response.status !== 201) throw new Error(`making a cluster: ${response.status} ${await response.text()}`);
  const { operation } = (await response.json()) as { operation: { id: string } };
  return { port: Number(new URL(url).port), cookie, token, tenant: name, operation: operation.id };
}
