/** Operations: what was asked for, what happened, and the two things a person can still do about it. */
import { can, ofTenant, thePortal } from "#app/domain/access.ts";
import type { Operation } from "#app/domain/operation/operation.ts";
import { notFound, Problem } from "#app/domain/problem.ts";
import type { Actor } from "#app/domain/tenant.ts";
import { fits } from "#app/domain/text/machine-words.ts";
import { ClusterBusy, NetworkTaken, type OperationFilter } from "#app/ports/operation-store.ts";
import { allow, findOperation, findTenant } from "./gate.ts";
import type { OperationServices, OperationSummary, OperationView } from "./portal.ts";
import { namesFrom, operationSummaries, operationSummary, type ViewDeps } from "./views.ts";

/** Entries in a page's first paint; the socket brings the rest. */
export const firstPage = 2000;
const longestPage = 1000;

export function createOperations(deps: ViewDeps): OperationServices {
  return {
    list: (actor, filter) => list(deps, actor, filter),
    get: (actor, id) => view(deps, actor, id),
    summary: async (actor, id) => summary(deps, actor, await findOperation(deps, actor, id, "operation.read")),
    entries: async (actor, id, after, limit) => {
      await findOperation(deps, actor, id, "operation.read");
      return deps.journal.read(id, Math.max(0, after), Math.min(longestPage, Math.max(1, limit)));
    },
    cancel: (actor, id) => cancel(deps, actor, id),
    resume: (actor, id) => resume(deps, actor, id),
  };
}

const summary = (deps: ViewDeps, actor: Actor, o: Operation): Promise<OperationSummary> =>
  operationSummary(deps, namesFrom(deps), actor, o);

async function list(deps: ViewDeps, actor: Actor, wish: Parameters<OperationServices["list"]>[1]) {
  allow(actor, "operation.list", thePortal);
  if (wish.before !== undefined && !fits("id", wish.before)) throw notFound();
  const page = { limit: Math.min(200, Math.max(1, wish.limit ?? 50)), ...(wish.before === undefined ? {} : { before: wish.before }), ...(wish.states === undefined ? {} : { states: wish.states }) };
  if (wish.tenant !== undefined) {
    const tenant = await findTenant(deps, actor, wish.tenant, "tenant.read");
    return operationSummaries(deps, actor, await deps.operations.list({ ...page, tenantId: tenant.id }));
  }
  return operationSummaries(deps, actor, await visible(deps, actor, page));
}

/** Of every tenant that this person may read; newest first over all of them. */
export async function visible(deps: Pick<ViewDeps, "operations">, actor: Actor, filter: OperationFilter): Promise<readonly Operation[]> {
  if (actor.operator) return deps.operations.list(filter);
  const mine = Object.keys(actor.memberships).filter((id) => can(actor, "operation.read", ofTenant(id)));
  const found = await Promise.all(mine.map((tenantId) => deps.operations.list({ ...filter, tenantId })));
  return found.flat().sort(newestFirst).slice(0, filter.limit);
}

const newestFirst = (a: Operation, b: Operation): number => b.requestedAt - a.requestedAt || (a.id < b.id ? 1 : -1);

async function view(deps: ViewDeps, actor: Actor, id: string): Promise<OperationView> {
  const operation = await findOperation(deps, actor, id, "operation.read");
  const spec = await deps.clusters.spec(operation.clusterId, operation.specRevision);
  const entries = await deps.journal.read(id, 0, firstPage);
  return {
    ...(await summary(deps, actor, operation)),
    entries,
    cursor: entries.at(-1)?.seq ?? 0,
    head: await deps.journal.head(id),
    machines: spec?.machines.map((m) => m.nodeName) ?? [],
  };
}

async function cancel(deps: ViewDeps, actor: Actor, id: string): Promise<OperationSummary> {
  const operation = await findOperation(deps, actor, id, "operation.cancel");
  const cancelled = await deps.operations.requestCancel(id, actor.name, deps.now());
  if (cancelled) return summary(deps, actor, cancelled);
  // Asking twice is asking once.
  const now = (await deps.operations.get(id)) ?? operation;
  if (now.state === "cancelled" || now.cancelRequestedAt !== null) return summary(deps, actor, now);
  throw new Problem({ code: "wrong-state", verb: "operation.cancel", state: now.state });
}

async function resume(deps: ViewDeps, actor: Actor, id: string): Promise<OperationSummary> {
  const operation = await findOperation(deps, actor, id, "operation.resume");
  const resumed = await deps.operations.resume(id, actor.name, deps.now()).catch(refuseBusy).catch(refuseNetworkTaken);
  if (resumed) return summary(deps, actor, resumed);
  const now = (await deps.operations.get(id)) ?? operation;
  // It goes on already, by an earlier wish or by itself.
  if (now.kind !== "preview" && (now.state === "queued" || now.state === "running")) return summary(deps, actor, now);
  throw new Problem({ code: "wrong-state", verb: "operation.resume", state: now.state });
}

/** For `.catch`: a busy cluster becomes the problem that pages show, with the operation in the way. */
export function refuseBusy(error: unknown): never {
  if (error instanceof ClusterBusy) throw new Problem({ code: "cluster-busy", operationId: error.operationId });
  throw error;
}

/** For `.catch`: another cluster reserved the network, so what was planned cannot be carried out. */
export function refuseNetworkTaken(error: unknown): never {
  if (error instanceof NetworkTaken) throw new Problem({ code: "plan-stale", moved: ["network"] });
  throw error;
}
