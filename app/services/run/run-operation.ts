/**
 * The run of one claimed operation, as an ordered process: its inputs, its steps in their order, and then each step's
 * body. Whoever holds the claim calls it; a {@link LeaseLost} from any write means that somebody else holds it by now.
 *
 * A run can be cut off at any place, and its next attempt begins with the first step. So every step may be run again after
 * it was run, whole or in part. `run-steps.test.ts` stops at every step and runs every step twice.
 */
import { renewalsIn } from "#app/domain/cluster/certificates.ts";
import type { Cluster } from "#app/domain/cluster/cluster.ts";
import { withRenewedCertificates } from "#app/domain/drift/record.ts";
import { classifyFailure } from "#app/domain/operation/classify-failure.ts";
import { type OperationEvent, stepRefOf } from "#app/domain/operation/event.ts";
import type { Failure } from "#app/domain/operation/failure.ts";
import { kindOf } from "#app/domain/operation/kinds.ts";
import type { Operation } from "#app/domain/operation/operation.ts";
import { type Message, message, reasonsOf } from "#app/domain/message/message.ts";
import { failpoint } from "#app/ports/failpoint.ts";
import { type Claim, LeaseLost } from "#app/ports/operation-store.ts";
import type { StackResult, RunRequest } from "#app/ports/stack-engine.ts";
import { CommitInDoubt, passes, storageTroubleOf } from "#app/ports/storage-trouble.ts";
import { checkCapacity, checkPlan } from "#app/services/run/check-plan.ts";
import { earlierAttempts } from "./earlier-attempts.ts";
import { repairFor, wakeFor } from "./drift-repair.ts";
import { waitsForLibvirt, attributeToLibvirt } from "./libvirt-away.ts";
import { demandNoObstacle } from "#app/services/run/check-host.ts";
import { makePlan } from "#app/services/run/make-plan.ts";
import { markDegraded, wasInterrupted } from "#app/services/run/mark-degraded.ts";
import { buildRunRequest } from "./build-run-request.ts";
import { putInOrder, waitsFor } from "./recover-stack.ts";
import { Refused, refused, type Run, type RunPorts, type StopReason } from "./run-parts.ts";
import { isAllGone, proveTeardown, type Teardown } from "./teardown.ts";

/* Inputs */

type RunInput = Pick<Run, "ports" | "operation" | "claim" | "journal">;

/** How an operation ends; `interrupted` is not an end for the person, but it is one for the run. */
interface Ending {
  readonly to: "succeeded" | "failed" | "cancelled" | "interrupted";
  readonly reasons: readonly Message[];
  readonly failure: Failure | null;
}

function inputOf(ports: RunPorts, operation: Operation, claim: Claim): RunInput {
  const journal = async (...events: readonly OperationEvent[]) => {
    if (events.length > 0) await ports.journal.append(claim, events, ports.now());
  };
  return { ports, operation, claim, journal };
}

/* Steps */

export const runSteps = [
  "finish-teardown",
  "read-cluster",
  "check-plan",
  "build-request",
  "reach-libvirt",
  "check-capacity",
  "check-host",
  "plan-repair",
  "announce",
  "wake-host",
  "run-engine",
  "record",
  "end",
] as const;
export type RunStep = (typeof runSteps)[number];
/** Carries out one step; a test stops there, or carries it out twice. */
export type StepRunner = <T>(step: RunStep, body: () => Promise<T>) => Promise<T>;

/**
 * `stop`'s reason is a {@link StopReason}. Rejects with LeaseLost, and with a trouble of the database: then the operation
 * is left as it stands, for the next holder. Every other trouble ends it.
 */
export async function runOperation(
  ports: RunPorts,
  operation: Operation,
  claim: Claim,
  stop: AbortSignal,
  step: StepRunner = (_, body) => body(),
): Promise<Operation> {
  const input = inputOf(ports, operation, claim);
  try {
    failpoint("run.claimed");
    const ending = (await step("finish-teardown", () => finishTeardown(input))) ?? (await carryOut(input, stop, step));
    return await step("end", () => end(input, ending));
  } catch (error) {
    return await end(input, await endingAfter(input, error));
  }
}

async function carryOut(input: RunInput, stop: AbortSignal, step: StepRunner): Promise<Ending> {
  const { ports, operation } = input;
  const cluster = await step("read-cluster", () => readCluster(input));
  const plan = await step("check-plan", () => checkPlan(ports, operation));
  const request = await step("build-request", () => buildRequest(input));
  await step("reach-libvirt", () => reachLibvirt(ports, request));
  await step("check-capacity", () => checkCapacity(ports, operation, cluster));
  await step("check-host", () => demandNoObstacle(ports, operation, cluster, request));
  const repair = await step("plan-repair", () => repairFor(ports, operation, cluster, plan));
  const order = repair === null ? request : { ...request, repair: { refresh: repair.plan.refresh, again: repair.plan.again } };
  const run: Run = { ...input, cluster, order, plan, repair };
  await step("announce", () => recordStart(run));
  await step("wake-host", () => wakeFor(run));
  const result = await step("run-engine", () => runEngine(run, stop));
  return await step("record", () => record(run, result, stop));
}

/* finish-teardown */

/**
 * A teardown that was cut off after it had forgotten the cluster's keys or state: nothing is left for the engine to do,
 * and nothing left with which it could. Null when this is none.
 */
async function finishTeardown(input: RunInput): Promise<Ending | null> {
  const { ports, operation } = input;
  if (!kindOf(operation).removesCluster || operation.attempt === 1) return null;
  const cluster = await ports.clusters.get(operation.clusterId);
  if (cluster === null) return null;
  if (cluster.state === "gone") return (await hasReceipt(input)) ? succeeded : null;
  if ((await ports.secrets.clusterSecrets(cluster.tenantId, cluster.id)) !== null) return null;
  const spec = await ports.clusters.spec(cluster.id, operation.specRevision);
  const machineHost = spec === null ? null : await ports.machineHost(spec, "without-image");
  if (spec === null || machineHost === null) return null;
  return await recordReceipt({ ...input, cluster, order: { spec, machineHost } });
}

const hasReceipt = async ({ ports, operation }: Pick<Run, "ports" | "operation">): Promise<boolean> =>
  (await ports.clusters.receipt(operation.clusterId))?.operationId === operation.id;

/* read-cluster, build-request, reach-libvirt */

async function readCluster({ ports, operation }: RunInput): Promise<Cluster> {
  const cluster = await ports.clusters.get(operation.clusterId);
  if (cluster === null || cluster.state === "gone") throw refused("unknown", [message("cluster-gone")], "preview-again");
  return cluster;
}

async function buildRequest({ ports, operation }: RunInput): Promise<RunRequest> {
  const request = await buildRunRequest(ports, operation);
  return operation.attempt === 1 ? request : { ...request, ...(await earlierAttempts(ports.journal, operation.id)) };
}

/** The engine takes "libvirt does not answer" for "the machine is gone": it never starts without an answer. */
async function reachLibvirt({ hypervisors }: RunPorts, request: RunRequest): Promise<void> {
  const hypervisor = hypervisors.of(request.spec.hostId);
  await hypervisor.ping().catch((error: unknown) => {
    throw refused("libvirt-unreachable", reasonsOf(error), "check-libvirt");
  });
  if (!kindOf(request).makesRevisionLive) return;
  const { imagePool, imageFolder, otherImages = [] } = request.machineHost;
  for (const { pool, folder } of [{ pool: imagePool, folder: imageFolder }, ...otherImages]) {
    await hypervisor.ensureImagePool(pool, folder).catch((error: unknown) => {
      throw new Refused(failureOf(error));
    });
  }
}

/* announce */

/** From here on the stack's state may change. The serial moves first, so that even a crash makes older plans stale. */
async function recordStart({ ports, operation, claim, cluster, plan, journal }: Run): Promise<void> {
  const { changesHost, clusterState } = kindOf(operation);
  if (!changesHost) return;
  await ports.clusters.raiseStateSerial(cluster.id, claim);
  const state = cluster.liveRevision === 0 ? clusterState.neverLive : clusterState.live;
  if (state !== null) await ports.clusters.setState(cluster.id, state, ports.now(), claim);
  const rows = plan?.rows.filter((r) => r.change !== "same") ?? [];
  await journal({ kind: "expected", rows: rows.map((row) => ({ ...stepRefOf(row), change: row.change })) });
}

/* run-engine */

async function runEngine(run: Run, stop: AbortSignal): Promise<StackResult> {
  failpoint("run.before-engine");
  const result = await run.ports.engine.run(run.order, (events) => (events.length > 0 ? run.journal(...events) : assertHeld(run)), stop);
  failpoint("run.after-engine");
  return result;
}

/** What is left to record after a run is done within this time. */
const concludeMs = 15_000;

/** What is done with files, machines and keys asks here: they do not know of leases. */
async function assertHeld({ ports, claim }: Pick<Run, "ports" | "claim">): Promise<void> {
  const held = await ports.operations.heartbeat(claim, ports.now(), concludeMs);
  if (held === "lost") throw new LeaseLost(`operation ${claim.operationId} has another holder`);
}

/* record */

async function record(run: Run, result: StackResult, stop: AbortSignal): Promise<Ending> {
  await assertHeld(run);
  switch (result.result) {
    case "succeeded":
      return await recordSuccess(run, result);
    case "failed":
      return await recordFailure(run, result.failure);
    case "cancelled":
      return await recordStop(run, stop);
    case "crashed":
      return await recordCrash(run, result.reasons);
  }
}

const succeeded: Ending = { to: "succeeded", reasons: [], failure: null };
const endedBy = (failure: Failure): Ending => ({ to: "failed", reasons: failure.reasons, failure });

async function recordSuccess(run: Run, result: Extract<StackResult, { result: "succeeded" }>): Promise<Ending> {
  switch (kindOf(run.operation).records) {
    case "plan": {
      const plan = await makePlan(run, result.rows);
      await run.journal({ kind: "planned", planId: plan.id });
      return succeeded;
    }
    case "live-revision":
      await recordLiveRevision(run);
      return succeeded;
    case "receipt":
      return await recordReceipt(run);
  }
}

async function recordLiveRevision(run: Run): Promise<void> {
  const { ports, operation, claim, cluster } = run;
  // Before the revision is live: an attempt that ends in between would not see afterwards what this one renewed.
  if (await hasRenewed(run))
    await ports.drift?.change(cluster.id, (record) => withRenewedCertificates(record, operation.requestedAt, ports.now()));
  await ports.clusters.setLiveRevision(cluster.id, operation.specRevision, claim);
  await ports.clusters.setState(cluster.id, "ready", ports.now(), claim);
}

async function hasRenewed({ ports, cluster, order }: Run): Promise<boolean> {
  if (cluster.liveRevision === 0) return false;
  return renewalsIn(order.spec) > renewalsIn(await ports.clusters.spec(cluster.id, cluster.liveRevision));
}

/** Gone is what was looked for and not found; what is left keeps its state, so that destroying can continue. */
async function recordReceipt(run: Teardown & Pick<Run, "claim">): Promise<Ending> {
  const { ports, cluster, operation, claim } = run;
  if ((await ports.clusters.get(cluster.id))?.state === "gone" && (await hasReceipt(run))) return succeeded;
  const receipt = await proveTeardown(run, () => assertHeld(run));
  await ports.clusters.setReceipt(cluster.id, receipt, claim);
  if (!isAllGone(receipt)) {
    const left = receipt.rows.filter((r) => !r.gone).map(({ what, name }) => message("left-after-teardown", { what, name }));
    await markDegraded(ports, operation, claim);
    return endedBy(refused("unknown", left, "destroy").failure);
  }
  await ports.clusters.setState(cluster.id, "gone", ports.now(), claim);
  return succeeded;
}

async function recordFailure(run: Run, told: Failure): Promise<Ending> {
  const failure = await attributeToLibvirt(run.ports.hypervisors, run.cluster.hostId, told);
  if (waitsForLibvirt(run.operation, failure)) {
    await run.journal(...noticesOf(failure.reasons, failure.machine));
    return await waitForLibvirt(run, failure);
  }
  await markDegraded(run.ports, run.operation, run.claim);
  return endedBy(failure);
}

/** Why an operation is interrupted that a stopping worker leaves to the next one. */
const handedOver = message("handed-over");

async function recordStop({ ports, operation, claim }: Run, stop: AbortSignal): Promise<Ending> {
  if (stop.reason === ("drain" satisfies StopReason)) return await interruptedFor(ports, operation, [handedOver]);
  await markDegraded(ports, operation, claim);
  return { to: "cancelled", reasons: [], failure: null };
}

/** The stack is recovered at once where that is possible; where not, the next run does it before it begins. */
async function recordCrash(run: Run, reasons: readonly Message[]): Promise<Ending> {
  const { ports, operation } = run;
  await run.journal(...noticesOf(reasons, null));
  if (!kindOf(operation).changesHost) return endedBy(refused("engine-crashed", reasons, "preview-again").failure);
  const { did, trouble } = await putInOrder(ports, operation, () => assertHeld(run));
  if (did.length > 0) await run.journal({ kind: "recovery", automatic: true, did });
  return await interruptedFor(ports, operation, [...reasons, ...trouble]);
}

const noticesOf = (reasons: readonly Message[], machine: string | null): readonly OperationEvent[] =>
  reasons.map((reason) => ({ kind: "notice", level: "error", machine, message: reason }));

const interruptedFor = async (ports: RunPorts, { id }: Operation, reasons: readonly Message[]): Promise<Ending> => ({
  to: "interrupted",
  reasons: await waitsFor(ports, id, reasons),
  failure: null,
});

/** Nobody has to act: it continues when libvirt answers again, and what was under way is recovered then. */
const waitForLibvirt = ({ ports, operation }: RunInput, { reasons }: Failure): Promise<Ending> =>
  interruptedFor(ports, operation, [message("libvirt-away"), ...reasons]);

/* end */

async function end({ ports, claim, journal }: RunInput, { to, reasons, failure }: Ending): Promise<Operation> {
  if (failure !== null) await journal({ kind: "failure", failure });
  failpoint("run.before-finish");
  return await ports.operations.finish(claim, to, reasons, failure, ports.now());
}

/** What an error in any step makes of the operation. Throws the error where the next holder is to continue. */
async function endingAfter(input: RunInput, error: unknown): Promise<Ending> {
  const { ports, operation, claim } = input;
  if (error instanceof LeaseLost || isPassing(error)) throw error;
  const failure = await failureAfter(input, error);
  if (waitsForLibvirt(operation, failure)) return await waitForLibvirt(input, failure);
  if (!(error instanceof Refused) || (await wasInterrupted(ports.journal, operation.id))) await markDegraded(ports, operation, claim);
  return endedBy(failure);
}

async function failureAfter({ ports, operation }: RunInput, error: unknown): Promise<Failure> {
  const [failure, cluster] = [failureOf(error), await ports.clusters.get(operation.clusterId)];
  return cluster === null ? failure : await attributeToLibvirt(ports.hypervisors, cluster.hostId, failure);
}

/** The journal takes nothing either: the next holder reads what is written, and the run continues from there. */
function isPassing(error: unknown): boolean {
  const trouble = storageTroubleOf(error);
  return error instanceof CommitInDoubt || (trouble !== null && passes(trouble.kind));
}

function failureOf(error: unknown): Failure {
  if (error instanceof Refused) return error.failure;
  return classifyFailure({ step: null, reasons: reasonsOf(error), lastOutput: [] });
}
