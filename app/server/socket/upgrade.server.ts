/** Who may open a socket: host, origin, session and right, all checked before the upgrade; and how many of them. */
import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
import { can, routeRuleOf, ofTenant, socketRules, thePortal } from "#app/domain/access.ts";
import type { Actor } from "#app/domain/tenant.ts";
import type { OperationStore } from "#app/ports/operation-store.ts";
import type { WhoIs } from "#app/server/http/caller.server.ts";
import type { ViewerRequest } from "./viewer.server.ts";
import { type ClientAddress, countedAddress } from "#app/server/requests/client-address.server.ts";
import { hasBearer, isKnownHost, isSameOrigin, type WebOrigin } from "#app/server/http/web-security.server.ts";

export interface UpgradeDeps {
  readonly owners: TenantCache;
  readonly whoIs: WhoIs;
  readonly site: WebOrigin;
  readonly clientAddress: ClientAddress;
}

export interface Ticket {
  readonly viewing: ViewerRequest;
  readonly actor: Actor;
  /** Kept to ask again later whether the session still holds. */
  readonly headers: IncomingHttpHeaders;
}

export type Refusal = 400 | 401 | 403 | 404 | 421 | 429 | 503;
export type Verdict = { readonly ticket: Ticket } | { readonly ticket: null; readonly status: Refusal };

const no = (status: Refusal): Verdict => ({ ticket: null, status });

export async function judge(request: IncomingMessage, deps: UpgradeDeps): Promise<Verdict> {
  const asked = requestOf(request);
  if (!asked || !routeRuleOf(socketRules, asked.path)) return no(404);
  if (!isKnownHost(request.headers.host, deps.site)) return no(421);
  if (request.headers.origin === undefined ? !hasBearer(request.headers) : !isSameOrigin(request.headers, deps.site)) return no(403);
  const { actor } = await deps.whoIs(request.headers);
  if (!actor) return no(401);
  if (asked.after === null) return no(400);
  const headers = { authorization: request.headers.authorization, cookie: request.headers.cookie };
  const ticket = (operationId: string | null, tenantId: string | null, after: number): Verdict => ({
    ticket: {
      viewing: { operationId, tenantId, personId: actor.personId, address: countedAddress(deps.clientAddress(request)), after },
      actor,
      headers,
    },
  });
  if (asked.path === changesPath) return can(actor, "operation.list", thePortal) ? ticket(null, null, 0) : no(404);
  const tenantId = await deps.owners.readableBy(actor, asked.id);
  return tenantId === null ? no(404) : ticket(asked.id, tenantId, asked.after);
}

const changesPath = "/ws/changes";
const ownersKept = 1_000;

/**
 * Tenants of operations, for those who may read them. An operation never changes hands, and after a cut everybody asks
 * about the same one at once. Who may not read one is answered by a check-up each time, like one that does not exist:
 * otherwise the answer's time would tell them apart.
 */
export class TenantCache {
  readonly #operations: Pick<OperationStore, "get">;
  readonly #known = new Map<string, string>();
  readonly #asking = new Map<string, Promise<string | null>>();

  constructor(operations: Pick<OperationStore, "get">) {
    this.#operations = operations;
  }

  /** The tenant's id; null when it is absent or not this person's to read. */
  async readableBy(actor: Actor, operationId: string): Promise<string | null> {
    const known = this.#known.get(operationId);
    if (known !== undefined && mayRead(actor, known)) return known;
    const tenantId = await this.#ask(operationId);
    if (tenantId === null || !mayRead(actor, tenantId)) return null;
    this.#known.set(operationId, tenantId);
    for (const oldest of this.#known.keys()) if (this.#known.size > ownersKept) this.#known.delete(oldest);
    return tenantId;
  }

  #ask(operationId: string): Promise<string | null> {
    const asking = this.#asking.get(operationId) ?? this.#operations.get(operationId).then((operation) => operation?.tenantId ?? null);
    this.#asking.set(operationId, asking);
    return asking.finally(() => this.#asking.delete(operationId));
  }
}

const mayRead = (actor: Actor, tenantId: string): boolean => can(actor, "operation.read", ofTenant(tenantId));

/** Path, id and cursor of the request; `after` is null when it is not a whole number. */
function requestOf(request: IncomingMessage): { path: string; id: string; after: number | null } | null {
  const target = `http://portal${request.url ?? ""}`;
  if (!URL.canParse(target)) return null;
  const url = new URL(target);
  const after = url.searchParams.get("after") ?? "0";
  return {
    path: url.pathname,
    id: /^[\w-]{1,100}$/.exec(url.pathname.split("/").at(-1) ?? "")?.[0] ?? "",
    after: /^\d{1,15}$/.test(after) ? Number(after) : null,
  };
}
