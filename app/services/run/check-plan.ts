/** Whether an operation that needs a plan may run: it carries the one that a person approved, and nothing moved since. */
import { capacityOf } from "#app/domain/power/taken-capacity.ts";
import type { Cluster } from "#app/domain/cluster/cluster.ts";
import { message, reasonsOf } from "#app/domain/message/message.ts";
import type { Failure } from "#app/domain/operation/failure.ts";
import { kindOf, kindsThat } from "#app/domain/operation/kinds.ts";
import type { Operation } from "#app/domain/operation/operation.ts";
import { judgeCapacity, minus, noCapacity, plus } from "#app/domain/plan/headroom.ts";
import { isObstacle, type Plan, type Refusal } from "#app/domain/plan/plan.ts";
import { refusalMessage } from "#app/domain/plan/refusal-message.ts";
import { type Moved, movedMessage, staleness } from "#app/domain/plan/staleness.ts";
import { limitOfHost } from "#app/services/hosts/host-limit.ts";
import { isUnchanged } from "./make-plan.ts";
import { refused, type RunPorts } from "#app/services/run/run-parts.ts";

/** The plan, or null for kinds that need none. Throws Refused naming what moved, or what does not fit. */
export async function checkPlan(ports: RunPorts, operation: Operation): Promise<Plan | null> {
  if (!kindOf(operation).needsPlan) return null;
  const plan = operation.planId === null ? null : await ports.clusters.plan(operation.planId);
  if (plan === null || !belongs(plan, operation)) {
    throw refused("stale-plan", [message("plan-missing")], "preview-again");
  }
  const moved = await whatMoved(ports, operation, plan);
  if (moved.length > 0) throw refused("stale-plan", moved.map(movedMessage), "preview-again");
  for (const refusal of plan.refusals) throw notApprovable(refusal);
  return plan;
}

/**
 * Whether the host still has what the approval reserved: the host may have shrunk since, or libvirt was silent then. Of a
 * cluster that may stand half built nothing is asked. Throws Refused with the numbers.
 */
export async function checkCapacity(ports: RunPorts, operation: Operation, cluster: Cluster): Promise<void> {
  const { reserved, state, liveRevision } = cluster;
  if (!kindOf(operation).reservesCapacity || operation.attempt > 1 || reserved === null || (state !== "draft" && state !== "ready")) return;
  const live = liveRevision === 0 ? null : await ports.clusters.spec(cluster.id, liveRevision);
  const now = live === null ? noCapacity : capacityOf(live);
  const before = plus(minus(await ports.clusters.reserved(cluster.hostId), reserved), now);
  const limit = await limitOfHost(ports, cluster.hostId).catch((error: unknown) => {
    throw refused("libvirt-unreachable", reasonsOf(error), "check-libvirt");
  });
  for (const refusal of judgeCapacity({ limit, reserved: before, now, after: reserved }).refusals) throw notApprovable(refusal);
}

const belongs = (plan: Plan, operation: Operation): boolean =>
  plan.clusterId === operation.clusterId &&
  plan.kind === operation.kind &&
  plan.specRevision === operation.specRevision &&
  isUnchanged(plan);

async function whatMoved(ports: RunPorts, operation: Operation, plan: Plan): Promise<readonly Moved[]> {
  const cluster = await ports.clusters.get(plan.clusterId);
  const { revision = 0, liveRevision = 0 } = cluster ?? {};
  const moved = staleness(plan, { revision, liveRevision, stateSerial: await ports.clusters.stateSerial(plan.clusterId) });
  return (await movedByItself(ports, operation)) ? moved.filter((m) => !isOwnDoing(m, plan)) : moved;
}

/** An attempt that was cut off just before its end may have made its own revision the live one. */
const isOwnDoing = (moved: Moved, plan: Plan): boolean =>
  moved.what === "state" || (moved.what === "live-revision" && moved.now === plan.specRevision);

/** A resumed operation moved the state in its earlier attempts; only other runs in between make its plan stale. */
async function movedByItself(ports: RunPorts, operation: Operation): Promise<boolean> {
  if (operation.attempt === 1) return false;
  const later = await ports.operations.list({
    clusterId: operation.clusterId,
    kinds: kindsThat((kind) => kind.changesHost),
    startedAfter: operation.requestedAt,
    limit: 2,
  });
  return !later.some((o) => o.id !== operation.id);
}

const causes: Readonly<Partial<Record<Refusal["code"], Failure["cause"]>>> = { memory: "out-of-memory", disk: "out-of-disk" };

const notApprovable = (refusal: Refusal) =>
  refused(causes[refusal.code] ?? "unknown", [refusalMessage(refusal)], isObstacle(refusal) ? "preview-again" : "free-room");
