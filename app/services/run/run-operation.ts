/**
 * One claimed operation from its first check to its end: gathers what the run needs, refuses what must not run, lets
 * the engine run, journals what happens under the claim, and records what it amounted to. Whoever holds the claim calls
 * it; a {@link LeaseLost} from any write means that somebody else does by now.
 */
import { renewalsIn } from "#app/domain/cluster/certificates.ts";
import { withRenewedCertificates } from "#app/domain/drift/record.ts";
import { classifyFailure } from "#app/domain/operation/classify-failure.ts";
import type { OperationEvent } from "#app/domain/operation/event.ts";
import type { Failure } from "#app/domain/operation/failure.ts";
import type { Operation } from "#app/domain/operation/operation.ts";
import { sentenceOf } from "#app/domain/sentences.ts";
import { failpoint } from "#app/ports/failpoint.ts";
import { type Claim, LeaseLost } from "#app/ports/operation-store.ts";
import type { StackResult, StackRun } from "#app/ports/stack-engine.ts";
import { CommitInDoubt, passes, storageTroubleOf } from "#app/ports/storage-trouble.ts";
import { checkCapacity, checkPlan } from "#app/services/run/check-plan.ts";
import { type EarlierAttempts, earlierAttempts } from "./earlier-attempts.ts";
import { repairFor, wakeFor } from "./drift-repair.ts";
import { outlasts, toldByLibvirt } from "./libvirt-away.ts";
import { demandNoObstacle } from "#app/services/run/check-host.ts";
import { makePlan } from "#app/services/run/make-plan.ts";
import { degrade, wasInterrupted } from "#app/services/run/mark-degraded.ts";
import { orderFor } from "./build-run-request.ts";
import { putInOrder, waitsFor } from "./recover-stack.ts";
import { messageOf, Refused, refused, type Run, type RunPorts, type StopReason } from "./run-parts.ts";
import { isAllGone, proveTeardown, type Teardown } from "./teardown.ts";

/** Why an operation is interrupted that a stopping worker leaves to the next one. */
const handedOver = sentenceOf("handed-over");

/** What is left to record after a run is done within this time. */
const concludeMs = 15_000;

/**
 * `stop`'s reason is a {@link StopReason}. Rejects with LeaseLost, and with a trouble of the database: then the operation
 * is left as it stands, for the next holder. Every other trouble ends it.
 */
export async function runOperation(ports: RunPorts, operation: Operation, claim: Claim, stop: AbortSignal): Promise<Operation> {
  const journal = async (...events: readonly OperationEvent[]) => {
    if (events.length > 0) await ports.journal.append(claim, events, ports.now());
  };
  try {
    failpoint("run.claimed");
    const buried = await finishTeardown(ports, operation, claim, journal);
    if (buried) return buried;
    const run = await begin(ports, operation, claim, journal);
    await wakeFor(run);
    failpoint("run.before-engine");
    const result = await ports.engine.run(run.order, (events) => (events.length > 0 ? journal(...events) : stillHolds(run)), stop);
    failpoint("run.after-engine");
    return await conclude(run, result, stop);
  } catch (error) {
    if (error instanceof LeaseLost || isPassing(error)) throw error;
    const failure = await toldByLibvirt(ports.hypervisor, failureOf(error));
    if (outlasts(operation, failure)) return await waitForLibvirt({ ports, operation, claim }, failure);
    if (!(error instanceof Refused) || (await wasInterrupted(ports.journal, operation.id))) await degrade(ports, operation, claim);
    return await fail(ports, claim, journal, failure);
  }
}

async function begin(ports: RunPorts, operation: Operation, claim: Claim, journal: Run["journal"]): Promise<Run> {
  const cluster = await ports.clusters.get(operation.clusterId);
  if (cluster === null || cluster.state === "gone") throw refused("unknown", "the cluster is gone", "preview-again");
  const plan = await checkPlan(ports, operation);
  const ordered = { ...(await orderFor(ports, operation)), ...(await earlierOf(ports, operation)) };
  await reach(ports, ordered);
  await checkCapacity(ports, operation, cluster);
  await demandNoObstacle(ports, operation, cluster, ordered);
  const repair = await repairFor(ports, operation, cluster, plan);
  const order = repair === null ? ordered : { ...ordered, repair: { refresh: repair.plan.refresh, again: repair.plan.again } };
  const run: Run = { ports, operation, claim, cluster, order, plan, repair, journal };
  await announce(run);
  return run;
}

const earlierOf = async ({ journal }: RunPorts, { id, attempt }: Operation): Promise<Partial<EarlierAttempts>> =>
  attempt === 1 ? {} : await earlierAttempts(journal, id);

/** The engine takes "libvirt does not answer" for "the machine is gone": it never starts without an answer. */
async function reach({ hypervisor }: RunPorts, { kind, machineHost }: StackRun): Promise<void> {
  await hypervisor.ping().catch((error: unknown) => {
    throw refused("libvirt-unreachable", messageOf(error), "check-libvirt");
  });
  if (kind !== "update") return;
  await hypervisor.ensureImagePool(machineHost.imagePool, machineHost.imageFolder).catch((error: unknown) => {
    throw new Refused(failureOf(error));
  });
}

/** From here on the stack's state may change. The serial moves first, so that even a crash makes older plans stale. */
async function announce({ ports, operation, claim, cluster, plan, journal }: Run): Promise<void> {
  if (operation.kind === "preview") return;
  await ports.clusters.raiseStateSerial(cluster.id, claim);
  if (operation.kind === "destroy") await ports.clusters.setState(cluster.id, "destroying", ports.now(), claim);
  if (operation.kind === "update" && cluster.liveRevision === 0) await ports.clusters.setState(cluster.id, "provisioning", ports.now(), claim);
  const rows = plan?.rows.filter((r) => r.change !== "same") ?? [];
  await journal({ kind: "expected", rows: rows.map(({ urn, name, type, phase, machine, change }) => ({ urn, name, type, phase, machine, change })) });
}

async function conclude(run: Run, result: StackResult, stop: AbortSignal): Promise<Operation> {
  await stillHolds(run);
  switch (result.result) {
    case "succeeded":
      return await succeed(run, result);
    case "failed":
      return await failed(run, result.failure);
    case "cancelled":
      return await stopped(run, stop);
    case "crashed":
      return await crashed(run, result.reason);
  }
}

/** What is done with files, machines and keys asks here: they do not know of leases. */
async function stillHolds({ ports, claim }: Pick<Run, "ports" | "claim">): Promise<void> {
  const held = await ports.operations.heartbeat(claim, ports.now(), concludeMs);
  if (held === "lost") throw new LeaseLost(`operation ${claim.operationId} has another holder`);
}

async function succeed(run: Run, result: Extract<StackResult, { result: "succeeded" }>): Promise<Operation> {
  const { operation } = run;
  switch (operation.kind) {
    case "preview": {
      const plan = await makePlan(run, result.rows);
      await run.journal({ kind: "planned", planId: plan.id });
      return await end(run, "succeeded", null);
    }
    case "update":
      await comeAlive(run);
      return await end(run, "succeeded", null);
    case "refresh":
      return await end(run, "succeeded", null);
    case "destroy":
      return await bury(run);
  }
}

async function comeAlive(run: Run): Promise<void> {
  const { ports, operation, claim, cluster } = run;
  // Before the revision is live: an attempt that ends in between would not see afterwards what this one renewed.
  if (await hasRenewed(run)) await ports.drift?.change(cluster.id, (record) => withRenewedCertificates(record, operation.requestedAt, ports.now()));
  await ports.clusters.setLiveRevision(cluster.id, operation.specRevision, claim);
  await ports.clusters.setState(cluster.id, "ready", ports.now(), claim);
}

async function hasRenewed({ ports, cluster, order }: Run): Promise<boolean> {
  if (cluster.liveRevision === 0) return false;
  return renewalsIn(order.spec) > renewalsIn(await ports.clusters.spec(cluster.id, cluster.liveRevision));
}

/**
 * A teardown that was cut off after it had forgotten the cluster's keys or state: nothing is left for the engine to do,
 * and nothing left with which it could. Null when this is none.
 */
async function finishTeardown(ports: RunPorts, operation: Operation, claim: Claim, journal: Run["journal"]): Promise<Operation | null> {
  if (operation.kind !== "destroy" || operation.attempt === 1) return null;
  const cluster = await ports.clusters.get(operation.clusterId);
  if (cluster === null) return null;
  if (cluster.state === "gone") {
    const receipt = await ports.clusters.receipt(cluster.id);
    return receipt?.operationId === operation.id ? await end({ ports, claim }, "succeeded", null) : null;
  }
  if ((await ports.secrets.clusterSecrets(cluster.tenantId, cluster.id)) !== null) return null;
  const spec = await ports.clusters.spec(cluster.id, operation.specRevision);
  const machineHost = spec === null ? null : await ports.machineHost(spec, "without-image");
  if (spec === null || machineHost === null) return null;
  return await bury({ ports, operation, claim, cluster, journal, order: { spec, machineHost } });
}

type Burial = Teardown & Pick<Run, "claim" | "journal">;

/** Gone is what was looked for and not found; what is left keeps its state, so that destroying can go on. */
async function bury(run: Burial): Promise<Operation> {
  const { ports, cluster, operation, claim } = run;
  const receipt = await proveTeardown(run, () => stillHolds(run));
  await ports.clusters.setReceipt(cluster.id, receipt, claim);
  if (!isAllGone(receipt)) {
    const left = receipt.rows.filter((r) => !r.gone).map((r) => `${r.what} ${r.name}`);
    await degrade(ports, operation, claim);
    return await fail(ports, run.claim, run.journal, refused("unknown", `after teardown there is still: ${left.join(", ")}`, "destroy").failure);
  }
  await ports.clusters.setState(cluster.id, "gone", ports.now(), claim);
  return await end(run, "succeeded", null);
}

async function stopped(run: Run, stop: AbortSignal): Promise<Operation> {
  if (stop.reason === ("drain" satisfies StopReason)) return await end(run, "interrupted", await waitsFor(run.ports, run.operation.id, [handedOver]));
  await degrade(run.ports, run.operation, run.claim);
  return await end(run, "cancelled", null);
}

async function failed(run: Run, told: Failure): Promise<Operation> {
  const failure = await toldByLibvirt(run.ports.hypervisor, told);
  if (outlasts(run.operation, failure)) {
    await run.journal({ kind: "notice", level: "error", machine: failure.machine, message: failure.message });
    return await waitForLibvirt(run, failure);
  }
  await degrade(run.ports, run.operation, run.claim);
  return await fail(run.ports, run.claim, run.journal, failure);
}

/** Nobody has to act: it goes on when libvirt answers again. What was under way is put in order then, before it does. */
const waitForLibvirt = async (run: Pick<Run, "ports" | "operation" | "claim">, { message }: Failure): Promise<Operation> =>
  await end(run, "interrupted", await waitsFor(run.ports, run.operation.id, [sentenceOf("libvirt-away", { said: message })]));

/** The stack is put in order at once where that is possible; where not, the next run does it before it begins. */
async function crashed(run: Run, reason: string): Promise<Operation> {
  await run.journal({ kind: "notice", level: "error", machine: null, message: reason });
  if (run.operation.kind === "preview") {
    return await fail(run.ports, run.claim, run.journal, refused("engine-crashed", reason, "preview-again").failure);
  }
  const { did, trouble } = await putInOrder(run.ports, run.operation, () => stillHolds(run));
  if (did.length > 0) await run.journal({ kind: "recovery", automatic: true, did });
  return await end(run, "interrupted", await waitsFor(run.ports, run.operation.id, [reason, trouble]));
}

async function end(run: Pick<Run, "ports" | "claim">, to: "succeeded" | "cancelled" | "interrupted", reason: string | null): Promise<Operation> {
  failpoint("run.before-finish");
  return await run.ports.operations.finish(run.claim, to, reason, null, run.ports.now());
}

async function fail(ports: RunPorts, claim: Claim, journal: Run["journal"], failure: Failure): Promise<Operation> {
  await journal({ kind: "failure", failure });
  failpoint("run.before-finish");
  return await ports.operations.finish(claim, "failed", failure.message, failure, ports.now());
}

/** The journal takes nothing either: the next holder reads what is written, and the run goes on from there. */
function isPassing(error: unknown): boolean {
  const trouble = storageTroubleOf(error);
  return error instanceof CommitInDoubt || (trouble !== null && passes(trouble.kind));
}

function failureOf(error: unknown): Failure {
  if (error instanceof Refused) return error.failure;
  return classifyFailure({ step: null, message: messageOf(error), lastOutput: [] });
}
