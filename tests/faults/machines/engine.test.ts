/**
 * Faults of the engine, with local commands in place of machines: killed and stopped processes, cancels, locks and torn
 * state, floods of output, and a child that runs out of memory or of file descriptors.
 */
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { mkdir, rm, stat, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, describe, expect, it } from "vitest";
import { clusterName, finished } from "#tests/faults/journey.ts";
import { type Violation, violationsOf } from "#tests/faults/oracle.ts";
import { chosen, held, seed, whole } from "#tests/faults/points.ts";
import { record } from "#tests/faults/report.ts";
import { type Act, acts, judged, live, lives, nameOf, ordersOf, struck } from "./lives.ts";
import { type MachineWorld, openMachineWorld } from "./machine-world.ts";
import type { ProgramStep } from "./programs/steps.ts";
import { kill, marked, type Victim } from "./victims.ts";

let world: MachineWorld;
afterEach(async () => world.close());

const steps: readonly ProgramStep[] = ["one", "two", "three", "four"].map((name) => ({
  name,
  create: `echo ${name} begins; sleep 0.4; echo ${name} ends`,
  delete: `echo ${name} goes; sleep 0.4; echo ${name} is gone`,
}));
/** Entries of each act, as counted in runs without faults. */
const lengths = { create: 22, scale: 22, destroy: 38 };

/** Lives through the three acts with something done in one of them; ends with nothing violated. */
async function through(
  struckAct: Act,
  seq: number,
  what: string,
  strike: (id: string) => Promise<boolean>,
  measured: Record<string, number> = {},
): Promise<void> {
  const found: Record<string, readonly Violation[]> = {};
  for (const act of acts) {
    const id = await ordersOf(world)[act]();
    const hit = await struck(world, id, act === struckAct ? seq : 1_000_000, () => strike(id));
    const violations = await judged(world, act);
    if (act === struckAct && hit) record({ kind: "fault", what, where: `${act}, entry ${seq}`, violations, measured });
    if (violations.length > 0) found[act] = violations;
  }
  expect(found).toEqual({});
}

describe(`an engine whose processes are killed (seed ${seed})`, () => {
  const killed: readonly Victim[] = ["portal", "worker", "child", "cli", "plugin"];
  const points = lives("commands", killed, lengths, 1).map((life) => ({ life, name: nameOf(life) }));
  it.each(points)("$name", { timeout: 300_000 }, async ({ life }) => {
    world = await openMachineWorld({ steps });
    expect(await live(world, life)).toEqual({});
    held("commands", life);
  });
});

describe("processes that stand still", () => {
  // Longer than the lease either way; a minute in the whole run.
  const stillMs = whole ? 60_000 : 6_000;
  const still = [
    { victim: "child", successor: false, what: "SIGSTOP of child" },
    { victim: "worker", successor: false, what: "SIGSTOP of worker" },
    // It has to find out that its writes are refused when it wakes up.
    { victim: "worker", successor: true, what: "SIGSTOP of worker, with a successor" },
  ] as const;
  it.each(chosen("still", still, 1))("$what, then on", { timeout: 400_000 }, async (point) => {
    const { victim, successor, what } = point;
    world = await openMachineWorld({ steps, leaseMs: 2_000 });
    await through("create", 9, what, async () => {
      const hunt = await world.hunt();
      const hit = kill(victim, hunt, "SIGSTOP") > 0;
      if (successor) await world.start({ port: null });
      await sleep(stillMs);
      kill(victim, hunt, "SIGCONT");
      return hit;
    });
    held("still", point);
  });
});

describe("the narrow windows of the engine's child", () => {
  const places = [
    ...([
      ["child.begun", 1],
      ["child.before-deliver", 1],
      ["child.before-deliver", 4],
      ["child.after-deliver", 1],
      ["child.after-deliver", 4],
    ] as const),
    ...([
      ["child.before-result", 1],
      ["console.before-offsets", 1],
      ["console.after-offsets", 1],
    ] as const),
  ];
  const windows = places.flatMap(([name, nth]) => (["kill", "stop", "throw"] as const).map((effect) => ({ name, effect, nth })));
  it.each(chosen("child", windows, 1))("$name: $effect at passage $nth", { timeout: 400_000 }, async (point) => {
    // The first worker previews, the second one's children are armed, the third is whole again.
    world = await openMachineWorld({ steps, failpoints: [null, point] });
    const { person, worker } = world;
    const preview = await person.over(await person.create(clusterName, 0));
    await restarted();
    const id = await person.approve(clusterName, preview);
    const interrupted = world.sees(id, (e) => e.kind === "state" && e.to !== "queued" && e.to !== "running");
    // One that stands still is not interrupted before its watchdog reports it.
    await (point.effect === "stop" ? Promise.race([interrupted, sleep(8_000)]) : interrupted);
    expect((await person.operation(id)).state).not.toBe("succeeded");
    for (const pid of marked((await world.hunt()).mark, "child")) process.kill(pid, "SIGCONT");
    await restarted();
    await finished(world, id);
    const made = await judged(world, "create");
    await finished(world, await ordersOf(world).destroy());
    const violations = [...made, ...(await judged(world, "destroy"))];
    record({ kind: "kill", what: `failpoint of the child: ${point.effect}`, where: `${point.name}, passage ${point.nth}`, violations });
    expect(violations).toEqual([]);
    expect(worker.deaths).toHaveLength(2);
    held("child", point);
  });

  /** Kills the worker; resolves when the next one is up. */
  async function restarted(): Promise<void> {
    const { worker } = world;
    const before = worker.ups.length;
    worker.signal("SIGKILL");
    while (worker.ups.length === before) await sleep(50);
  }
});

describe("cancel", () => {
  const everywhere = (["create", "destroy"] as const).flatMap((act) =>
    Array.from({ length: lengths[act] }, (_, i) => ({ act, seq: i + 1 })),
  );
  it.each(chosen("cancel", everywhere, 1))(
    "at entry $seq of a $act: soon cancelled, then resumed to its end",
    { timeout: 300_000 },
    async (point) => {
      const { act, seq } = point;
      world = await openMachineWorld({ steps });
      const measured: Record<string, number> = {};
      const cancel = async (id: string): Promise<boolean> => {
        const asked = Date.now();
        const answer = await world.person.cancel(id);
        if (answer === null || answer.status >= 300) return false;
        const { at } = await world.sees(id, (e) => e.kind === "state" && ["cancelled", "succeeded", "failed"].includes(e.to), seq);
        measured["ms from cancel to the end"] = at - asked;
        expect(at - asked).toBeLessThan(10_000);
        return true;
      };
      await through(act, seq, "cancel", cancel, measured);
      held("cancel", point);
    },
  );
});

describe("state that others touched", () => {
  it("a lock of another host is refused by name, left alone, and waited for", { timeout: 300_000 }, async () => {
    world = await openMachineWorld({ steps });
    await finished(world, await ordersOf(world).create());
    const { locks } = await world.files();
    const lock = join(locks, "11111111-2222-3333-4444-555555555555.json");
    const order = await ordersOf(world).scale();
    await mkdir(locks, { recursive: true });
    await writeFile(lock, JSON.stringify({ pid: 1, username: "eve", hostname: "elsewhere.example", timestamp: new Date().toISOString() }));
    const ended = await world.person.over(order);
    if (ended.state !== "failed") {
      // The plan had been approved and run before the lock came: nothing to see.
      throw new Error(`the locked operation ${ended.state}`);
    }
    expect(JSON.stringify(ended.failure)).toContain("elsewhere.example");
    expect(existsSync(lock)).toBe(true);
    await rm(lock);
    await world.person.resume(order);
    await finished(world, order);
    const violations = await judged(world, "scale");
    record({ kind: "fault", what: "foreign lock", where: "scale", violations });
    expect(violations).toEqual([]);
  });

  it.each(chosen("torn", ["cut in half", "empty", "not JSON"], 1))(
    "a state file that is %s: an earlier good one is used, and nothing is made twice",
    { timeout: 300_000 },
    async (how) => {
      world = await openMachineWorld({ steps });
      await finished(world, await ordersOf(world).create());
      const { checkpoint } = await world.files();
      const { size } = await stat(checkpoint);
      if (how === "not JSON") await writeFile(checkpoint, "}{".repeat(200));
      else await truncate(checkpoint, how === "empty" ? 0 : Math.floor(size / 2));
      await finished(world, await ordersOf(world).scale());
      const scaled = await judged(world, "scale");
      await finished(world, await ordersOf(world).destroy());
      const gone = await judged(world, "destroy");
      record({ kind: "fault", what: "torn state file", where: how, violations: [...scaled, ...gone] });
      expect([...scaled, ...gone]).toEqual([]);
      held("torn", how);
    },
  );
});

describe("too much", () => {
  it("100 MB of output: bounded in memory and in the journal, marked as cut, and the run succeeds", { timeout: 400_000 }, async () => {
    const flood = "yes 0123456789012345678901234567890123456789012345678901234567890123456789 | head -c 100000000; echo the end";
    world = await openMachineWorld({ steps: [{ name: "flood", create: flood }] });
    const before = peakMiB(world.worker.pid);
    const order = await ordersOf(world).create();
    await finished(world, order);
    const entries = await world.stores.journal.read(order, 0, 1_000_000);
    const bytes = entries.reduce((n, e) => n + JSON.stringify(e.event).length, 0);
    const violations = await judged(world, "create");
    const grown = peakMiB(world.worker.pid) - before;
    record({
      kind: "fault",
      what: "event storm of 100 MB",
      where: "create",
      violations,
      measured: { "MiB that a worker grew in a storm": grown, "MiB of a storm's journal": bytes / 1_048_576 },
    });
    expect(violations).toEqual([]);
    expect(bytes).toBeLessThan(40 * 1_048_576);
    expect(entries.some((e) => e.event.kind === "truncated")).toBe(true);
    expect(grown).toBeLessThan(300);
  });

  it("a child that gets no more file descriptors in mid-run does no lasting harm", { timeout: 300_000 }, async () => {
    world = await openMachineWorld({ steps });
    await through("create", 6, "out of file descriptors", async () => {
      const pids = marked((await world.hunt()).mark, "child");
      for (const pid of pids) execFileSync("prlimit", ["--pid", String(pid), "--nofile=16:4096"]);
      return pids.length > 0;
    });
  });

  it("a child that eats all memory fails alone, says so, and goes on when it does not", { timeout: 300_000 }, async () => {
    world = await openMachineWorld({ steps });
    const hungry = join(world.home, "hungry");
    await writeFile(hungry, "");
    const ended = await world.person.over(await ordersOf(world).create());
    expect(ended.state).not.toBe("succeeded");
    expect(world.worker.deaths).toEqual([]);
    await rm(hungry);
    await finished(world, ended.id);
    const violations = violationsOf(await world.evidence(await world.host(), await world.secondPreview()));
    record({ kind: "fault", what: "out of memory", where: "create", violations });
    expect(violations).toEqual([]);
    expect(JSON.stringify(await failuresOf(ended.id))).toContain("out-of-memory");
  });
});

async function failuresOf(id: string) {
  return (await world.stores.journal.read(id, 0, 100_000)).flatMap(({ event }) => (event.kind === "failure" ? [event.failure.cause] : []));
}

/** Highest resident set of a process so far. */
function peakMiB(pid: number | null): number {
  const kib = /^VmHWM:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
  return Number(kib) / 1024;
}
