/**
 * Workers that come and go around one operation: killed, stopped and woken, sent home. Seen through real worker
 * processes, the real CLI and a real database, with a program of local commands.
 */
import { message } from "#app/domain/message/message.ts";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { OperationEvent } from "#app/domain/operation/event.ts";
import { endProcessesOf, processesOf } from "#pulumi/stack/processes.ts";
import { readLocks, stackFiles } from "#pulumi/stack/stack-files.ts";
import { emptyHypervisor } from "#tests/contract/empty-hypervisor.ts";
import { openRig, type Rig } from "./rig.ts";

let rig: Rig;
let workers: ChildProcess[];
beforeEach(async () => {
  workers = [];
  rig = await openRig({ program: "commands.ts", hypervisor: emptyHypervisor, autoResume: true });
});
afterEach(async () => {
  for (const w of workers) w.kill("SIGKILL");
  await rig.close();
});

/** The lease is so long that nobody waits for its end in these tests, unless told. */
function startProcess(leaseMs = 60_000): ChildProcess {
  const argv = [new URL("worker-process.ts", import.meta.url).pathname, rig.home, rig.tenantId, String(leaseMs)];
  const worker = spawn(process.execPath, argv, { stdio: "inherit" });
  workers.push(worker);
  return worker;
}

const record = () => join(rig.home, "record");
const recorded = () => (existsSync(record()) ? readFileSync(record(), "utf8").trim().split("\n") : []);
const gated = (name: string) =>
  `${name}: echo ${name} >> ${record()}; echo begun ${name}; until [ -e ${rig.home}/gate ]; do sleep 0.05; done; echo ended ${name}`;
const openGate = () => writeFileSync(join(rig.home, "gate"), "");
const begun = (name: string) => (e: OperationEvent) => e.kind === "output" && e.lines.includes(`begun ${name}`);
const moved = (to: string) => (e: OperationEvent) => e.kind === "state" && e.to === to;

async function running(
  ...commands: readonly string[]
): Promise<{ operationId: string; mark: string; files: ReturnType<typeof stackFiles> }> {
  const { id } = await rig.newCluster("demo", 0, (spec) => ({ ...spec, authorizedKeys: commands }));
  rig.startWorker();
  const plan = await rig.preview(id);
  await rig.stopWorker();
  const { id: operationId } = await rig.submit(id, "update", plan.id);
  const { tenantId, stackName } = await rig.spec(id);
  return { operationId, mark: `${tenantId}/${stackName}`, files: stackFiles(rig.home, tenantId, stackName) };
}

/** Processes of the run but for the short sleeps of a gated command. */
const lasting = (mark: string) =>
  processesOf(mark)
    .map((p) => p.pid)
    .filter((pid) => !readFileSync(`/proc/${pid}/cmdline`, "utf8").startsWith("sleep"));

const states = async (id: string) => (await rig.entries(id)).flatMap(({ event: e }) => (e.kind === "state" ? [e.to] : []));

describe("a worker that is killed", () => {
  it("is followed by the next one at once: its operation shows progress within five seconds and continues automatically", async () => {
    const { operationId, mark, files } = await running(`a: echo a >> ${record()}`, gated("b"), `c: echo c >> ${record()}`);
    const worker = startProcess();
    const seen = await rig.sees(operationId, begun("b"));
    worker.kill("SIGKILL");
    await once(worker, "exit");
    const from = Date.now();
    rig.startWorker();
    const first = await rig.sees(operationId, (e) => e.kind === "recovery", seen.seq);
    expect(first.at - from).toBeLessThan(5_000);
    openGate();
    await rig.sees(operationId, moved("succeeded"));
    expect(await states(operationId)).toEqual(["queued", "running", "interrupted", "queued", "running", "succeeded"]);
    expect(recorded()).toEqual(["a", "b", "b", "c"]);
    expect([processesOf(mark), await readLocks(files)]).toEqual([[], []]);
  });
});

describe("a worker that was stopped beyond its lease", () => {
  it("writes nothing after it wakes, and does no harm to the run of the next holder", async () => {
    const { operationId, mark } = await running(gated("a"), `b: echo b >> ${record()}`);
    // Long enough that, awake again, it does not take a late heartbeat of the next holder for silence.
    const stale = startProcess(6_000);
    const seen = await rig.sees(operationId, begun("a"));
    stale.kill("SIGSTOP");
    rig.startWorker();
    // The next holder is at the same step again when the old one wakes.
    await rig.sees(operationId, begun("a"), (await rig.sees(operationId, moved("interrupted"), seen.seq)).seq);
    const before = await rig.stores.journal.head(operationId);
    const mine = lasting(mark);
    stale.kill("SIGCONT");
    // That nothing happens cannot be awaited: this is longer than it would give processes to end by themselves.
    await new Promise((resolve) => setTimeout(resolve, 12_000));
    expect(lasting(mark)).toEqual(mine);
    expect(await rig.stores.journal.head(operationId)).toBe(before);
    openGate();
    await rig.sees(operationId, moved("succeeded"));
    expect(await states(operationId)).toEqual(["queued", "running", "interrupted", "queued", "running", "succeeded"]);
    expect(recorded()).toEqual(["a", "a", "b"]);
  });
});

describe("a worker that is sent home", () => {
  it("lets go of what does not end in time, in good order, and the next one continues with it", async () => {
    const { operationId, mark, files } = await running(gated("a"));
    const worker = startProcess();
    await rig.sees(operationId, begun("a"));
    worker.kill("SIGTERM");
    await once(worker, "exit");
    const over = (await rig.entries(operationId)).at(-1)?.event;
    expect(over).toMatchObject({ kind: "state", to: "interrupted", reasons: [message("handed-over")] });
    expect([processesOf(mark), await readLocks(files)]).toEqual([[], []]);
    openGate();
    rig.startWorker();
    await rig.sees(operationId, moved("succeeded"));
    expect(recorded()).toEqual(["a", "a"]);
  });

  it("lets an operation end that is about to", async () => {
    const { operationId } = await running(gated("a"));
    const worker = startProcess();
    await rig.sees(operationId, begun("a"));
    worker.kill("SIGTERM");
    openGate();
    await once(worker, "exit");
    expect((await rig.stores.operations.get(operationId))?.state).toBe("succeeded");
    expect(await endProcessesOf(rig.tenantId, 0)).toBe(0);
  });
});
