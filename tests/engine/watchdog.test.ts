/**
 * Runs that come to no end by themselves, or to a bad one: hung engines, steps beyond their budget, cancels that are not
 * heard, and processes short of memory or files. Each ends as one operation with a cause, and leaves nothing running.
 */
import { inEnglish } from "#app/messages/in-english.ts";
import { existsSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, it } from "vitest";
import type { OperationEvent } from "#app/domain/operation/event.ts";
import type { StackResult } from "#app/ports/stack-engine.ts";
import type { StackEngineSettings } from "#pulumi/driver/engine.ts";
import { processesOf, signalAll } from "#pulumi/stack/processes.ts";
import { readLocks, readState } from "#pulumi/stack/stack-files.ts";
import { type Direct, openDirect, printed } from "./direct.ts";

let direct: Direct;
const open = async (given: Partial<StackEngineSettings> = {}) => {
  direct = await openDirect({ ladder: { secondMs: 500, killMs: 1_000 }, ...given });
};
afterEach(async () => direct.close());

const budgets = (phase: number, silenceSeconds: number) => ({ budgets: { phase: { ready: phase }, silenceSeconds } });
const failureOf = (result: StackResult) => (result.result === "failed" ? result.failure : expect.fail(`it ${result.result}`));
const inOrder = async () => {
  expect(processesOf(direct.mark)).toEqual([]);
  expect(await readLocks(direct.files)).toEqual([]);
  expect((await readState(direct.files))?.pending ?? []).toEqual([]);
};
const programOf = (pid: number) => readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
/** Living processes of the run whose command line holds the text. */
const processesWith = async (text: string) => {
  const found = await Promise.all(processesOf(direct.mark).map(async (p) => ({ p, line: await programOf(p.pid) })));
  return found.filter(({ line }) => line.includes(text)).map(({ p }) => p);
};
const rungs = (events: readonly OperationEvent[]) => events.flatMap((e) => (e.kind === "cancel-rung" ? [e.rung] : []));
const greedy = fileURLToPath(new URL("programs/greedy.ts", import.meta.url));
const waits = "until [ -e gate ]; do sleep 0.1; done";

describe("a run that hangs", () => {
  it.each([
    ["the CLI", "bin/pulumi"],
    ["the run's own process", "/pulumi/child/run.ts"],
  ])("with %s stopped is declared hung, named, ended and recovered", async (_, text) => {
    await open(budgets(600, 12));
    const running = direct.run([`a: echo begun; ${waits}`]);
    await direct.sees(printed("begun"));
    signalAll(await processesWith(text), "SIGSTOP");
    const failure = failureOf(await running);
    expect(failure).toMatchObject({ cause: "engine-hung", next: "resume", step: "a", phase: "ready", lastOutput: ["begun"] });
    expect(inEnglish(failure.reasons)).toMatch(/^The engine hangs: .* for 12 s\.$/);
    await inOrder();
    expect((await direct.run(["a: echo fine"])).result).toBe("succeeded");
  });

  it("in one step is ended when the step's budget is used up, and the step is named", async () => {
    await open(budgets(2, 60));
    const failure = failureOf(await direct.run(["a: echo fine", `b: echo begun; ${waits}`]));
    expect(failure).toMatchObject({ cause: "phase-budget", step: "b", phase: "ready", next: "resume", lastOutput: ["begun"] });
    expect(direct.events.find((e) => e.kind === "summary")).toMatchObject({ result: "failed" });
    await inOrder();
  });

  it("is not ended while its steps keep within their budgets, however silent they are", async () => {
    await open(budgets(600, 12));
    expect((await direct.run(["a: sleep 16"])).result).toBe("succeeded");
  });
});

describe("the cancel ladder", () => {
  it("asks first, and says at the end what stays", async () => {
    await open({ ladder: { secondMs: 10_000, killMs: 10_000 } });
    const cancel = new AbortController();
    const running = direct.run([`a: echo begun; ${waits}`], { cancel: cancel.signal });
    await direct.sees(printed("begun"));
    const asked = performance.now();
    cancel.abort("cancel");
    expect((await running).result).toBe("cancelled");
    expect(performance.now() - asked).toBeLessThan(10_000);
    expect(rungs(direct.events)).toEqual(["asked", "put-in-order"]);
    await inOrder();
  });

  it("climbs to the kill for a run that does not listen, tells every rung, and is over within its time", async () => {
    await open({ programModule: greedy });
    const cancel = new AbortController();
    const begun = join(direct.home, "begun");
    const running = direct.run(["time", begun], { cancel: cancel.signal });
    await expect.poll(() => existsSync(begun), { timeout: 20_000 }).toBe(true);
    cancel.abort("cancel");
    expect((await running).result).toBe("cancelled");
    expect(rungs(direct.events)).toEqual(["asked", "insisted", "killed", "put-in-order"]);
    await inOrder();
  });

  it("ends a stopped engine as well", async () => {
    await open();
    const cancel = new AbortController();
    const running = direct.run([`a: echo begun; ${waits}`], { cancel: cancel.signal });
    await direct.sees(printed("begun"));
    signalAll(processesOf(direct.mark), "SIGSTOP");
    cancel.abort("cancel");
    expect((await running).result).toBe("cancelled");
    await inOrder();
  });

  it("begins nothing when the cancel came first", async () => {
    await open();
    expect((await direct.run(["a: true"], { cancel: AbortSignal.abort("cancel") })).result).toBe("cancelled");
    expect(rungs(direct.events)).toEqual(["asked", "put-in-order"]);
    expect(await readState(direct.files)).toBeNull();
  });

  it("tells no rung when it is the worker that stops", async () => {
    await open();
    const cancel = new AbortController();
    const running = direct.run([`a: echo begun; ${waits}`], { cancel: cancel.signal });
    await direct.sees(printed("begun"));
    cancel.abort("drain");
    expect((await running).result).toBe("cancelled");
    expect(rungs(direct.events)).toEqual([]);
  });

  it("cuts a destroy short, which then continues to its end", async () => {
    await open();
    const program = [`a: echo made; # deletes slowly`, "b: echo made"];
    expect((await direct.run(program)).result).toBe("succeeded");
    const cancel = new AbortController();
    const running = direct.run([], { kind: "destroy", cancel: cancel.signal });
    await direct.sees((e) => e.kind === "step" && e.change === "delete");
    cancel.abort("cancel");
    expect(["cancelled", "succeeded"]).toContain((await running).result);
    await inOrder();
    expect((await direct.run([], { kind: "destroy" })).result).toBe("succeeded");
    expect((await readState(direct.files))?.resources.filter((r) => r.custom === true && !r.type.startsWith("pulumi:")) ?? []).toEqual([]);
  });
});

describe("a run that is short of something", () => {
  it("of memory, in its own process: fails as out of memory", async () => {
    await open({ programModule: greedy, memoryMiB: 256 });
    expect(failureOf(await direct.run(["memory"]))).toMatchObject({ cause: "out-of-memory", next: "free-room" });
    await inOrder();
  });

  it("of memory, in what it started: is ended before the host suffers", async () => {
    await open({ memoryMiB: 600 });
    const hog = `${process.execPath} -e 'const a=[];setInterval(()=>a.push(Buffer.alloc(50e6,1)),50)'`;
    const failure = failureOf(await direct.run([`a: ${hog}`]));
    expect(failure).toMatchObject({ cause: "out-of-memory", step: "a" });
    expect(inEnglish(failure.reasons)).toMatch(/used \d+ MiB of memory, and may use 600 MiB/);
    await inOrder();
  });

  it("of files it may open: fails with that cause", async () => {
    await open({ programModule: greedy });
    expect(failureOf(await direct.run(["files"]))).toMatchObject({ cause: "out-of-files", next: "ask-operator" });
    await inOrder();
  });

  it("does not disturb another run", async () => {
    await open({ memoryMiB: 600 });
    const other = await openDirect();
    try {
      const going = other.run([`a: echo begun; until [ -e ${join(other.home, "gate")} ]; do sleep 0.1; done`]);
      await other.sees(printed("begun"));
      const hog = `${process.execPath} -e 'const a=[];setInterval(()=>a.push(Buffer.alloc(50e6,1)),50)'`;
      expect(failureOf(await direct.run([`a: ${hog}`])).cause).toBe("out-of-memory");
      writeFileSync(join(other.home, "gate"), "");
      expect((await going).result).toBe("succeeded");
    } finally {
      await other.close();
    }
  });
});
