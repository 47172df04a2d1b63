/** An ordinary account on a running portal, whose rights the hostile requests come with. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Attacker } from "./requests.ts";

export interface Account {
  readonly url: string;
  readonly token: string;
  readonly cookie: string;
  readonly name: string;
}

/** Makes one cluster, so that there is an operation. */
export async function attackerOn({ url, token, cookie, name }: Account): Promise<Attacker> {
  const { operation } = (await sendJson(`${url}/api/v1/tenants/${name}/clusters`, token, { name: "own" })) as { operation: { id: string } };
  return { port: Number(new URL(url).port), cookie, token, tenant: name, operation: operation.id };
}

/** A new account on a portal whose home can be read here. */
export async function joinAs(url: string, home: string, name: string): Promise<Account> {
  const local = (await readFile(join(home, "run", "local-token"), "utf8")).trim();
  const { link } = (await sendJson(`${url}/api/v1/people/invites`, local, { operator: false })) as { link: string };
  const form = new URLSearchParams({ name, password: "correct horse battery" });
  const joined = await fetch(`${url}${new URL(link).pathname}`, {
    method: "POST",
    redirect: "manual",
    headers: { Origin: url },
    body: form,
  });
  const cookie = (joined.headers.get("Set-Cookie") ?? "").split(";")[0] ?? "";
  const { secret } = (await sendJson(`${url}/api/v1/people/tokens`, null, { label: "hostile" }, { Cookie: cookie, Origin: url })) as {
    secret: string;
  };
  return { url, token: secret, cookie, name };
}

async function sendJson(
  address: string,
  token: string | null,
  body: object,
  more: Readonly<Record<string, string>> = {},
): Promise<unknown> {
  const headers = { "Content-Type": "application/json", ...(token === null ? {} : { Authorization: `Bearer ${token}` }), ...more };
  const response = await fetch(address, { method: "POST", headers, body: JSON.stringify(body) });
  if (response.status !== 201) throw new Error(`sending to ${address}: ${response.status} ${await response.text()}`);
  return await response.json();
}
