/**
 * The engine's driver with a program of local commands: order of events, failure, cancel, crash and recovery, seen
 * through a real worker, the real CLI and a real database.
 */
import { inEnglish } from "#app/messages/in-english.ts";
import { spawn } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { OperationEvent } from "#app/domain/operation/event.ts";
import type { Operation } from "#app/domain/operation/operation.ts";
import type { ProcessMark } from "#app/foundation/process.ts";
import { endProcessesOf, processesOf, signalAll } from "#pulumi/stack/processes.ts";
import { readLocks, stackFiles } from "#pulumi/stack/stack-files.ts";
import { emptyHypervisor } from "#tests/contract/empty-hypervisor.ts";
import { openRig, type Rig, type RigOptions } from "./rig.ts";

let rig: Rig;
const open = async (options: RigOptions = {}) => {
  rig = await openRig({ program: "commands.ts", hypervisor: emptyHypervisor, ...options });
  rig.startWorker();
};
beforeEach(async () => open());
afterEach(async () => rig.close());

/** A cluster whose program is these commands, with its approved plan. */
async function planned(...commands: readonly string[]): Promise<{ id: string; planId: string; mark: string }> {
  const { id } = await rig.newCluster("demo", 0, (spec) => ({ ...spec, authorizedKeys: commands }));
  const plan = await rig.preview(id);
  return { id, planId: plan.id, mark: `${rig.tenantId}/${(await rig.spec(id)).stackName}` };
}

const record = () => join(rig.home, "record");
const recorded = () => (existsSync(record()) ? readFileSync(record(), "utf8").trim().split("\n") : []);
/** Writes its name into the record, then waits for the gate to open. */
const gated = (name: string) =>
  `${name}: echo ${name} >> ${record()}; echo begun ${name}; until [ -e ${rig.home}/gate ]; do sleep 0.05; done; echo ended ${name}`;
const openGate = () => writeFileSync(join(rig.home, "gate"), "");
const begun = (name: string) => (e: OperationEvent) => e.kind === "output" && e.lines.includes(`begun ${name}`);
const resume = async (o: Operation) => {
  await rig.stores.operations.resume(o.id, "mina", Date.now());
  const seq = await rig.stores.journal.head(o.id);
  await rig.sees(o.id, (e) => e.kind === "state" && e.to !== "queued" && e.to !== "running", seq);
  return await rig.settled(o.id);
};
const commandLine = ({ pid }: ProcessMark) => readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ");
const locksOf = async (id: string) => {
  const { tenantId, stackName } = await rig.spec(id);
  return await readLocks(stackFiles(rig.home, tenantId, stackName));
};

describe("a run", () => {
  it("journals states, what is expected, steps and output in order, and takes one CLI process", async () => {
    const { id, planId } = await planned("a: echo one; echo two", "b: echo three");
    const update = await rig.settled((await rig.submit(id, "update", planId)).id);
    expect(update.state).toBe("succeeded");
    const told = (await rig.entries(update.id)).map(({ event: e }) => {
      if (e.kind === "state") return e.to;
      if (e.kind === "step") return `${e.step.name} ${e.change} ${e.status}`;
      if (e.kind === "output") return `${e.step}: ${e.lines.join("|")}`;
      if (e.kind === "expected") return `expects ${e.rows.map((r) => r.name).join(" ")}`;
      return e.kind;
    });
    expect(told.join("; ").replace("a: one; a: two", "a: one|two")).toBe(
      "queued; running; expects a b; a create running; a: one|two; a create done; b create running; b: three; b create done; summary; succeeded",
    );
    expect(rig.measured.map((m) => `${m.kind} ${m.cliProcesses}`)).toEqual(["preview 2", "update 1"]);
  });

  it("that fails says which step, what it printed last, and how to continue", async () => {
    const { id, planId } = await planned("a: echo fine", "b: echo looking; echo not there >&2; exit 3");
    const update = await rig.settled((await rig.submit(id, "update", planId)).id);
    expect(update.state).toBe("failed");
    expect(update.failure).toMatchObject({ step: "b", cause: "command-failed", next: "resume" });
    expect(update.failure?.lastOutput.join("\n")).toContain("not there");
    expect(inEnglish(update.failure?.reasons ?? [])).toContain("exit code 3");
    expect((await rig.stores.clusters.get(id))?.state).toBe("degraded");
  });

  it("that fails does not wait for steps that can no longer succeed, and the first failure is the one told", async () => {
    const { id, planId } = await planned(gated("a"), `+b: until grep -qs a ${record()}; do sleep 0.05; done; echo no >&2; exit 3`);
    const update = await rig.settled((await rig.submit(id, "update", planId)).id);
    expect(update).toMatchObject({ state: "failed", failure: { step: "b", cause: "command-failed" } });
    const summary = (await rig.entries(update.id)).map(({ event }) => event).find((e) => e.kind === "summary");
    expect(summary).toMatchObject({ result: "failed" });
    openGate();
    expect((await resume(update)).failure).toMatchObject({ step: "b" });
  });

  it("is refused when its plan is out of date, before anything starts", async () => {
    const { id, planId } = await planned("a: true");
    const other = await rig.preview(id);
    await rig.settled((await rig.submit(id, "update", planId)).id);
    const second = await rig.settled((await rig.submit(id, "update", other.id)).id);
    expect(second).toMatchObject({ state: "failed", failure: { cause: "stale-plan", next: "preview-again" } });
    expect(inEnglish(second.failure?.reasons ?? [])).toContain("the cluster was changed since");
    expect(rig.measured.filter((m) => m.kind === "update")).toHaveLength(1);
  });
});

describe("cancelling", () => {
  it("stops the running step, leaves no process, and the operation can be resumed to its end", async () => {
    const { id, planId, mark } = await planned(`a: echo a >> ${record()}`, gated("b"));
    const { id: operationId } = await rig.submit(id, "update", planId);
    await rig.sees(operationId, begun("b"));
    await rig.stores.operations.requestCancel(operationId, "mina", Date.now());
    const cancelled = await rig.settled(operationId);
    expect(cancelled.state).toBe("cancelled");
    expect(processesOf(mark)).toEqual([]);
    expect(await locksOf(id)).toEqual([]);
    openGate();
    expect((await resume(cancelled)).state).toBe("succeeded");
    expect(recorded()).toEqual(["a", "b", "b"]);
  });

  it("goes as far as killing a run that does not listen, and recovers its stack", async () => {
    await rig.close();
    await open({ engine: { ladder: { secondMs: 300, killMs: 700 } } });
    const { id, planId, mark } = await planned("a: trap '' INT TERM HUP; echo begun a; sleep 60 & wait; sleep 60");
    const { id: operationId } = await rig.submit(id, "update", planId);
    await rig.sees(operationId, begun("a"));
    await rig.stores.operations.requestCancel(operationId, "mina", Date.now());
    expect((await rig.settled(operationId)).state).toBe("cancelled");
    expect(processesOf(mark)).toEqual([]);
    expect(await locksOf(id)).toEqual([]);
    expect((await rig.preview(id)).rows.map((r) => r.change)).toEqual(["create"]);
  });
});

describe("a crash", () => {
  const killed: readonly [string, (mark: string) => readonly ProcessMark[]][] = [
    ["of the child process", (mark) => processesOf(mark).filter((p) => commandLine(p).includes("run.ts"))],
    ["of the CLI", (mark) => processesOf(mark).filter((p) => commandLine(p).includes("bin/pulumi up"))],
    ["of everything at once", (mark) => processesOf(mark)],
  ];

  it.each(killed)("%s: nothing is lost or done twice after resuming", async (_, victims) => {
    const { id, planId, mark } = await planned(`a: echo a >> ${record()}`, gated("b"), `c: echo c >> ${record()}`);
    const { id: operationId } = await rig.submit(id, "update", planId);
    await rig.sees(operationId, begun("b"));
    signalAll(victims(mark), "SIGKILL");
    const stopped = await rig.settled(operationId);
    expect(["interrupted", "failed"]).toContain(stopped.state);
    expect(processesOf(mark)).toEqual([]);
    expect(await locksOf(id)).toEqual([]);
    openGate();
    expect((await resume(stopped)).state).toBe("succeeded");
    expect(recorded()).toEqual(["a", "b", "b", "c"]);
    expect((await rig.preview(id)).rows.every((r) => r.change === "same")).toBe(true);
  });

  it("of the worker: its run ends by itself, the next worker marks it interrupted, and it can be resumed", async () => {
    const { id, planId, mark } = await planned(`a: echo a >> ${record()}`, gated("b"));
    await rig.stopWorker();
    const { id: operationId } = await rig.submit(id, "update", planId);
    const other = spawn(process.execPath, [new URL("worker-process.ts", import.meta.url).pathname, rig.home, rig.tenantId], {
      stdio: "inherit",
    });
    await rig.sees(operationId, begun("b"));
    other.kill("SIGKILL");
    expect(await endProcessesOf(mark, 20_000)).toBe(0);
    rig.startWorker();
    const interrupted = await rig.settled(operationId);
    expect(interrupted.state).toBe("interrupted");
    openGate();
    expect((await resume(interrupted)).state).toBe("succeeded");
    expect(recorded()).toEqual(["a", "b", "b"]);
  });
});

describe("stopping the worker", () => {
  it("interrupts what runs, reports it, and leaves nothing behind", async () => {
    const { id, planId, mark } = await planned(gated("a"));
    const { id: operationId } = await rig.submit(id, "update", planId);
    await rig.sees(operationId, begun("a"));
    await rig.stopWorker();
    expect(await rig.stores.operations.get(operationId)).toMatchObject({ state: "interrupted" });
    expect(processesOf(mark)).toEqual([]);
  });
});

describe("what is kept", () => {
  it("is nothing of a stack that was destroyed", async () => {
    const { id, planId } = await planned("a: true");
    await rig.settled((await rig.submit(id, "update", planId)).id);
    const { tenantId, stackName } = await rig.spec(id);
    const files = stackFiles(rig.home, tenantId, stackName);
    expect(await readFile(files.checkpoint, "utf8")).toContain("command:local:Command");
    expect((await rig.destroy(id)).state).toBe("succeeded");
    expect(existsSync(files.checkpoint)).toBe(false);
    expect(existsSync(files.folder)).toBe(false);
  });
});
