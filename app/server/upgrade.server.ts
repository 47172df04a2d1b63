/** Who may open a socket: host, origin, session and right, all checked before the upgrade; and how many of them. */
import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
import { can, doorOf, ofTenant, socketDoors } from "#app/domain/access.ts";
import type { OperationStore } from "#app/ports/operation-store.ts";
import type { WhoIs } from "./caller.server.ts";
import type { ViewerWish } from "./viewer.server.ts";
import { hasBearer, isKnownHost, isSameOrigin, type WebOrigin } from "./web-security.server.ts";

export interface UpgradeDeps {
  readonly owners: Owners;
  readonly whoIs: WhoIs;
  readonly site: WebOrigin;
}

export interface Ticket {
  readonly wish: ViewerWish;
  /** Kept to ask again later whether the session still holds. */
  readonly headers: IncomingHttpHeaders;
}

export type Refusal = 400 | 401 | 403 | 404 | 421 | 429 | 503;
export type Verdict = { readonly ticket: Ticket } | { readonly ticket: null; readonly status: Refusal };

const no = (status: Refusal): Verdict => ({ ticket: null, status });

export async function judge(request: IncomingMessage, deps: UpgradeDeps): Promise<Verdict> {
  const wish = requestOf(request);
  if (!wish || !doorOf(socketDoors, wish.path)) return no(404);
  if (!isKnownHost(request.headers.host, deps.site)) return no(421);
  if (request.headers.origin === undefined ? !hasBearer(request.headers) : !isSameOrigin(request.headers)) return no(403);
  const { actor } = await deps.whoIs(request.headers);
  if (!actor) return no(401);
  if (wish.after === null) return no(400);
  const operationId = wish.id;
  const tenantId = await deps.owners.of(operationId);
  if (tenantId === null || !can(actor, "operation.read", ofTenant(tenantId))) return no(404);
  const headers = { authorization: request.headers.authorization, cookie: request.headers.cookie };
  return { ticket: { wish: { operationId, tenantId, personId: actor.personId, address: addressOf(request), after: wish.after }, headers } };
}

const ownersKept = 1_000;

/** Tenants of operations. An operation never changes hands, and after a cut everybody asks about the same one at once. */
export class Owners {
  readonly #operations: Pick<OperationStore, "get">;
  readonly #known = new Map<string, Promise<string | null>>();

  constructor(operations: Pick<OperationStore, "get">) {
    this.#operations = operations;
  }

  of(operationId: string): Promise<string | null> {
    const known = this.#known.get(operationId);
    if (known) return known;
    const asking = this.#operations.get(operationId).then((operation) => operation?.tenantId ?? null);
    this.#known.set(operationId, asking);
    for (const oldest of this.#known.keys()) if (this.#known.size > ownersKept) this.#known.delete(oldest);
    const forget = () => this.#known.delete(operationId);
    // What does not exist yet may exist later.
    asking.then((tenantId) => tenantId === null && forget(), forget);
    return asking;
  }
}

/** Path, id and cursor of the request; `after` is null when it is not a whole number. */
function requestOf(request: IncomingMessage): { path: string; id: string; after: number | null } | null {
  const target = `http://portal${request.url ?? ""}`;
  if (!URL.canParse(target)) return null;
  const url = new URL(target);
  const after = url.searchParams.get("after") ?? "0";
  return { path: url.pathname, id: url.pathname.split("/").at(-1) ?? "", after: /^\d{1,15}$/.test(after) ? Number(after) : null };
}

const loopback = /^(?:::ffff:)?127\.|^::1$/;

/** Null for this machine itself, where the launcher's forwarder or a proxy stands for everybody behind it. */
export function addressOf({ socket }: Pick<IncomingMessage, "socket">): string | null {
  const { remoteAddress } = socket;
  return remoteAddress === undefined || loopback.test(remoteAddress) ? null : remoteAddress;
}

export interface CrowdLimits {
  readonly perPerson: number;
  readonly perAddress: number;
  readonly total: number;
}

/** How many sockets are open, for whom and from where. */
export class Crowd {
  readonly #limits: CrowdLimits;
  readonly #persons = new Map<string, number>();
  readonly #addresses = new Map<string, number>();
  #total = 0;

  constructor(limits: CrowdLimits) {
    this.#limits = limits;
  }

  get full(): boolean {
    return this.#total >= this.#limits.total;
  }

  /** Null when there is room. */
  refusal({ personId, address }: Pick<ViewerWish, "personId" | "address">): 429 | 503 | null {
    if (this.full) return 503;
    const tooMany = (this.#persons.get(personId) ?? 0) >= this.#limits.perPerson || (address !== null && (this.#addresses.get(address) ?? 0) >= this.#limits.perAddress);
    return tooMany ? 429 : null;
  }

  enter(wish: Pick<ViewerWish, "personId" | "address">): void {
    this.#count(wish, 1);
  }

  leave(wish: Pick<ViewerWish, "personId" | "address">): void {
    this.#count(wish, -1);
  }

  #count({ personId, address }: Pick<ViewerWish, "personId" | "address">, by: 1 | -1): void {
    this.#total += by;
    add(this.#persons, personId, by);
    if (address !== null) add(this.#addresses, address, by);
  }
}

function add(counts: Map<string, number>, key: string, by: number): void {
  const count = (counts.get(key) ?? 0) + by;
  if (count > 0) counts.set(key, count);
  else counts.delete(key);
}
