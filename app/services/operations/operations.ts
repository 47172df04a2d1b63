/** Operations: what was asked for, what happened, and the two things a person can still do about it. */
import { thePortal } from "#app/domain/access.ts";
import { kindOf } from "#app/domain/operation/kinds.ts";
import type { Operation } from "#app/domain/operation/operation.ts";
import type { Progress } from "#app/domain/operation/progress.ts";
import { Problem } from "#app/domain/problem.ts";
import type { Actor } from "#app/domain/tenant.ts";
import { ClusterBusy, ClusterGone, NetworkTaken, type OperationFilter } from "#app/ports/operation-store.ts";
import { boundedPage } from "./bounded-page.ts";
import { allow, findOperation, findTenant, readableTenants } from "#app/services/access/authorized-lookup.ts";
import { asked, pageOf } from "#app/services/pages.ts";
import type { OperationPageView, OperationServices, OperationSummary, OperationView } from "#app/services/portal.ts";
import { forPage, progressSnapshots } from "./progress-snapshots.ts";
import { operationSummaries, operationSummary, type ViewDeps } from "#app/services/views.ts";

/** Entries in the API's answer about one operation; `entries` brings the rest. */
export const firstPage = 2000;
const longestPage = 1000;

export function createOperations(deps: ViewDeps): OperationServices {
  const snapshot = progressSnapshots(deps.journal);
  return {
    list: (actor, filter) => list(deps, actor, filter),
    get: (actor, id) => view(deps, actor, id),
    page: async (actor, id) => page(deps, actor, await findOperation(deps, actor, id, "operation.read"), forPage(await snapshot(id))),
    summary: async (actor, id) => summary(deps, actor, await findOperation(deps, actor, id, "operation.read")),
    entries: async (actor, id, after, limit) => {
      await findOperation(deps, actor, id, "operation.read");
      return boundedPage(deps.journal, id, Math.max(0, after), Math.min(longestPage, Math.max(1, limit)));
    },
    cancel: (actor, id) => cancel(deps, actor, id),
    resume: (actor, id) => resume(deps, actor, id),
  };
}

const summary = (deps: ViewDeps, actor: Actor, o: Operation): Promise<OperationSummary> => operationSummary(deps, actor, o);

async function list(deps: ViewDeps, actor: Actor, query: Parameters<OperationServices["list"]>[1]) {
  allow(actor, "operation.list", thePortal);
  const { limit, after } = asked(
    { ...(query.limit === undefined ? {} : { limit: query.limit }), ...(query.before === undefined ? {} : { after: query.before }) },
    "id",
  );
  const states = query.states === undefined ? {} : { states: query.states };
  const scope = query.tenant === undefined ? scopeOf(actor) : { tenantId: (await findTenant(deps, actor, query.tenant, "tenant.read")).id };
  const following = { ...scope, ...states, ...(after === undefined ? {} : { before: after }) };
  const operations = await deps.operations.list({ ...following, limit });
  const total = await deps.operations.count({ ...scope, ...states });
  const skipped = after === undefined ? 0 : total - (await deps.operations.count(following));
  return { operations: await operationSummaries(deps, actor, operations), ...pageOf({ total, skipped }, operations, (o) => o.id) };
}

/** What this person may read: of their tenants, or of all. */
function scopeOf(actor: Actor): Pick<OperationFilter, "tenantIds"> {
  const tenantIds = readableTenants(actor);
  return tenantIds === null ? {} : { tenantIds };
}

/** Newest first over all tenants that this person may read. */
export const visible = (deps: Pick<ViewDeps, "operations">, actor: Actor, filter: OperationFilter): Promise<readonly Operation[]> =>
  deps.operations.list({ ...filter, ...scopeOf(actor) });

async function view(deps: ViewDeps, actor: Actor, id: string): Promise<OperationView> {
  const operation = await findOperation(deps, actor, id, "operation.read");
  const spec = await deps.clusters.spec(operation.clusterId, operation.specRevision);
  const entries = await boundedPage(deps.journal, id, 0, firstPage);
  return {
    ...(await summary(deps, actor, operation)),
    entries,
    cursor: entries.at(-1)?.seq ?? 0,
    head: await deps.journal.head(id),
    machines: spec?.machines.map((m) => m.name) ?? [],
  };
}

async function page(deps: ViewDeps, actor: Actor, operation: Operation, progress: Progress): Promise<OperationPageView> {
  return { ...(await summary(deps, actor, operation)), progress, head: await deps.journal.head(operation.id) };
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
  const resumed = await deps.operations.resume(id, actor.name, deps.now()).catch(refuseBusy).catch(refuseGone).catch(refuseNetworkTaken);
  if (resumed) return summary(deps, actor, resumed);
  const now = (await deps.operations.get(id)) ?? operation;
  // It continues already, by an earlier request or automatically.
  if (kindOf(now).resumesAfterEnd && (now.state === "queued" || now.state === "running")) return summary(deps, actor, now);
  throw new Problem({ code: "wrong-state", verb: "operation.resume", state: now.state });
}

/** For `.catch`: a busy cluster becomes the problem that pages show, with the operation in the way. */
export function refuseBusy(error: unknown): never {
  if (error instanceof ClusterBusy) throw new Problem({ code: "cluster-busy", operationId: error.operationId });
  throw error;
}

/** For `.catch`: there is nothing left that a resumed operation could change. */
function refuseGone(error: unknown): never {
  if (error instanceof ClusterGone) throw new Problem({ code: "wrong-state", verb: "operation.resume", state: "gone" });
  throw error;
}

/** For `.catch`: another cluster reserved the network, so what was planned cannot be carried out. */
export function refuseNetworkTaken(error: unknown): never {
  if (error instanceof NetworkTaken) throw new Problem({ code: "plan-stale", moved: ["network"] });
  throw error;
}
