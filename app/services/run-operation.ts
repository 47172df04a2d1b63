/**
 * One claimed operation from its first check to its end: gathers what the run needs, refuses what must not run, lets
 * the engine run, journals what happens under the claim, and records what it amounted to. Whoever holds the claim calls
 * it; a {@link LeaseLost} from any write means that somebody else does by now.
 */
import type { OperationEvent } from "#app/domain/operation/event.ts";
import type { Failure } from "#app/domain/operation/failure.ts";
import type { Operation } from "#app/domain/operation/operation.ts";
import { type Claim, LeaseLost } from "#app/ports/operation-store.ts";
import type { StackResult, StackRun } from "#app/ports/stack-engine.ts";
import { checkPlan } from "./check-plan.ts";
import { makePlan } from "./make-plan.ts";
import { messageOf, Refused, refused, type Run, type RunPorts } from "./run-parts.ts";
import { isAllGone, proveTeardown } from "./teardown.ts";

/** What is left to record after a run is done within this time. */
const concludeMs = 15_000;

/** `stop`'s reason is a {@link StopReason}. Rejects with LeaseLost only; every other trouble ends the operation. */
export async function runOperation(ports: RunPorts, operation: Operation, claim: Claim, stop: AbortSignal): Promise<Operation> {
  const journal = async (...events: readonly OperationEvent[]) => {
    if (events.length > 0) await ports.journal.append(claim, events, ports.now());
  };
  try {
    const run = await begin(ports, operation, claim, journal);
    const result = await ports.engine.run(run.order, (events) => journal(...events), stop);
    return await conclude(run, result, stop);
  } catch (error) {
    if (error instanceof LeaseLost) throw error;
    const failure = failureOf(error);
    if (!(error instanceof Refused)) await degrade(ports, operation);
    return await fail(ports, claim, journal, failure);
  }
}

/** What the engine needs to run or to recover this operation. Throws Refused. */
export async function orderFor(ports: RunPorts, operation: Operation): Promise<StackRun> {
  const { tenantId, clusterId, kind, planKind } = operation;
  const spec = await ports.clusters.spec(clusterId, operation.specRevision);
  const secrets = await ports.secrets.clusterSecrets(tenantId, clusterId);
  if (spec === null || secrets === null) throw refused("unknown", "the cluster's spec or its keys are not there any more", "destroy");
  const machineHost = await ports.machineHost(spec);
  if (machineHost === null) throw refused("engine-missing", `the image ${spec.image.name} is not ready`, "wait-for-setup");
  return { operationId: operation.id, kind, planKind, spec, secrets, passphrase: await ports.secrets.passphrase(tenantId), machineHost };
}

async function begin(ports: RunPorts, operation: Operation, claim: Claim, journal: Run["journal"]): Promise<Run> {
  const cluster = await ports.clusters.get(operation.clusterId);
  if (cluster === null || cluster.state === "gone") throw refused("unknown", "the cluster is gone", "preview-again");
  const plan = await checkPlan(ports, operation);
  const order = await orderFor(ports, operation);
  await reach(ports, order);
  const run: Run = { ports, operation, claim, cluster, order, plan, journal };
  await announce(run);
  return run;
}

/** The engine takes "libvirt does not answer" for "the machine is gone": it never starts without an answer. */
async function reach({ hypervisor }: RunPorts, { kind, machineHost }: StackRun): Promise<void> {
  try {
    await hypervisor.ping();
    if (kind === "update") await hypervisor.ensureImagePool(machineHost.imagePool, machineHost.imageFolder);
  } catch (error) {
    throw refused("libvirt-unreachable", messageOf(error), "check-libvirt");
  }
}

/** From here on the stack's state may change. The serial moves first, so that even a crash makes older plans stale. */
async function announce({ ports, operation, cluster, plan, journal }: Run): Promise<void> {
  if (operation.kind === "preview") return;
  await ports.clusters.raiseStateSerial(cluster.id);
  if (operation.kind === "destroy") await ports.clusters.setState(cluster.id, "destroying", ports.now());
  if (operation.kind === "update" && cluster.liveRevision === 0) await ports.clusters.setState(cluster.id, "provisioning", ports.now());
  const rows = plan?.rows.filter((r) => r.change !== "same") ?? [];
  await journal({ kind: "expected", rows: rows.map(({ urn, name, type, phase, machine, change }) => ({ urn, name, type, phase, machine, change })) });
}

async function conclude(run: Run, result: StackResult, stop: AbortSignal): Promise<Operation> {
  await stillHolds(run);
  switch (result.result) {
    case "succeeded":
      return await succeed(run, result);
    case "failed":
      if (run.operation.kind !== "preview") await degrade(run.ports, run.operation);
      return await fail(run.ports, run.claim, run.journal, result.failure);
    case "cancelled":
      return await stopped(run, stop);
    case "crashed":
      return await crashed(run, result.reason);
  }
}

/** Of a cluster's state only the holder of the lease may speak; the stores behind it do not ask. */
async function stillHolds({ ports, claim }: Run): Promise<void> {
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
      await comeAlive(run, result.kubeconfig);
      return await end(run, "succeeded", null);
    case "refresh":
      return await end(run, "succeeded", null);
    case "destroy":
      return await bury(run);
  }
}

async function comeAlive({ ports, operation, cluster }: Run, kubeconfig: string | null): Promise<void> {
  if (kubeconfig !== null) await ports.secrets.putKubeconfig(cluster.tenantId, cluster.id, kubeconfig);
  await ports.clusters.setLiveRevision(cluster.id, operation.specRevision);
  await ports.clusters.setState(cluster.id, "ready", ports.now());
}

/** Gone is what was looked for and not found; what is left keeps its state, so that destroying can go on. */
async function bury(run: Run): Promise<Operation> {
  const { ports, cluster, operation } = run;
  const receipt = await proveTeardown(run);
  await ports.clusters.setReceipt(cluster.id, receipt);
  if (!isAllGone(receipt)) {
    const left = receipt.rows.filter((r) => !r.gone).map((r) => `${r.what} ${r.name}`);
    await degrade(ports, operation);
    return await fail(ports, run.claim, run.journal, refused("unknown", `after teardown there is still: ${left.join(", ")}`, "destroy").failure);
  }
  await ports.clusters.setState(cluster.id, "gone", ports.now());
  return await end(run, "succeeded", null);
}

async function stopped(run: Run, stop: AbortSignal): Promise<Operation> {
  if (stop.reason === "drain") return await end(run, "interrupted", "Berth was stopped");
  if (run.operation.kind !== "preview") await degrade(run.ports, run.operation);
  return await end(run, "cancelled", null);
}

/** The stack is put in order at once where that is possible; where not, the next run does it before it begins. */
async function crashed(run: Run, reason: string): Promise<Operation> {
  await run.journal({ kind: "notice", level: "error", machine: null, message: reason });
  if (run.operation.kind === "preview") {
    return await fail(run.ports, run.claim, run.journal, refused("engine-crashed", reason, "preview-again").failure);
  }
  const notes = await run.ports.engine.recover(run.order).then(
    (r) => r.notes,
    (error: unknown) => [`recovery waits for the next run: ${messageOf(error)}`],
  );
  await run.journal(...notes.map((message): OperationEvent => ({ kind: "notice", level: "note", machine: null, message })));
  return await end(run, "interrupted", reason);
}

const end = (run: Run, to: "succeeded" | "cancelled" | "interrupted", reason: string | null): Promise<Operation> =>
  run.ports.operations.finish(run.claim, to, reason, null, run.ports.now());

async function fail(ports: RunPorts, claim: Claim, journal: Run["journal"], failure: Failure): Promise<Operation> {
  await journal({ kind: "failure", failure });
  return await ports.operations.finish(claim, "failed", failure.message, failure, ports.now());
}

/** Something may exist that is not as it should be. A draft of which nothing came to be stays a draft. */
async function degrade(ports: RunPorts, operation: Operation): Promise<void> {
  if (operation.kind === "preview" || operation.kind === "refresh") return;
  const cluster = await ports.clusters.get(operation.clusterId);
  if (cluster === null || cluster.state === "gone" || cluster.state === "draft") return;
  await ports.clusters.setState(cluster.id, "degraded", ports.now());
}

function failureOf(error: unknown): Failure {
  if (error instanceof Refused) return error.failure;
  return refused("unknown", messageOf(error), "resume").failure;
}

/**
 * An operation whose holder is gone: the stack is put in order, then the operation waits as interrupted until it is
 * resumed. Where putting in order does not work now (libvirt does not answer, say) the reason says so, and the resumed
 * run does it before it begins.
 */
export async function recoverOperation(ports: RunPorts, operation: Operation): Promise<Operation | null> {
  const trouble = operation.kind === "preview" ? null : await putInOrder(ports, operation);
  const reason = `the process that ran it is gone${trouble === null ? "" : `; putting the stack in order waits for the resume: ${trouble}`}`;
  return await ports.operations.interrupt(operation.id, reason, ports.now());
}

async function putInOrder(ports: RunPorts, operation: Operation): Promise<string | null> {
  try {
    await ports.engine.recover(await orderFor(ports, operation));
    return null;
  } catch (error) {
    return messageOf(error);
  }
}
