/** What a stack keeps on disk: bounded, readable after a torn write, safe from a lock that is not ours. */
import { inEnglish } from "#app/messages/in-english.ts";
import { readdirSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { OperationEvent } from "#app/domain/operation/event.ts";
import { observe } from "#pulumi/driver/process-stats.ts";
import { readLocks, readState, stateSizes } from "#pulumi/stack/stack-files.ts";
import { type Direct, openDirect } from "./direct.ts";

let direct: Direct;
beforeEach(async () => {
  direct = await openDirect({ keptStates: 2 });
});
afterEach(async () => direct.close());

const names = async () => (await readState(direct.files))?.resources.map((r) => r.urn.split("::").at(-1)).filter((n) => n?.length === 1);
const did = (events: readonly OperationEvent[]) => events.flatMap((e) => (e.kind === "recovery" ? [inEnglish(e.did)] : [])).join("\n");

describe("a state that is not whole", () => {
  const tears: readonly [string, (path: string) => void][] = [
    ["empty", (path) => truncateSync(path, 0)],
    ["cut in the middle", (path) => truncateSync(path, Math.floor(statSync(path).size / 2))],
    ["something else", (path) => writeFileSync(path, '{"version":3}')],
    ["gone", (path) => rmSync(path)],
  ];

  it.each(tears)(
    "because it is %s gives way to its last good copy, told in the operation, and the next preview is empty",
    async (_, tear) => {
      const program = ["a: echo one", "b: echo two"];
      expect((await direct.run(program)).result).toBe("succeeded");
      tear(direct.files.checkpoint);
      expect(await direct.run([...program, "c: echo three"])).toMatchObject({ result: "succeeded" });
      expect(did(direct.events)).toContain("Its last intact copy");
      expect(await names()).toEqual(["a", "b", "c"]);
      const preview = await direct.run([...program, "c: echo three"], { kind: "preview" });
      expect(preview.result === "succeeded" && preview.rows.every((r) => r.change === "same")).toBe(true);
    },
  );

  it("is repaired before a preview too", async () => {
    expect((await direct.run(["a: echo one"])).result).toBe("succeeded");
    truncateSync(direct.files.checkpoint, 10);
    const preview = await direct.run(["a: echo one"], { kind: "preview" });
    expect(preview.result === "succeeded" && preview.rows.map((r) => r.change)).toEqual(["same"]);
  });

  it("is refused when no copy is whole either, and nothing is touched", async () => {
    expect((await direct.run(["a: echo one"])).result).toBe("succeeded");
    const { checkpoint, history, backups } = direct.files;
    const copies = [history, backups].flatMap((folder) => readdirSync(folder).map((n) => join(folder, n)));
    for (const path of [checkpoint, `${checkpoint}.bak`, ...copies]) truncateSync(path, 5);
    const result = await direct.run(["a: echo one"]);
    expect(result).toMatchObject({ result: "failed", failure: { cause: "state-torn", next: "ask-operator" } });
    expect(statSync(checkpoint).size).toBe(5);
  });

  it("has no file that is written in place, and one that an earlier version left half written does no harm", async () => {
    expect((await direct.run(["a: echo one"])).result).toBe("succeeded");
    const all = readdirSync(direct.files.backend, { recursive: true, encoding: "utf8" });
    expect(all.filter((path) => path.endsWith(".attrs"))).toEqual([]);
    for (const path of [direct.files.checkpoint, join(direct.files.backend, ".pulumi", "meta.yaml")]) writeFileSync(`${path}.attrs`, "");
    expect((await direct.run(["a: echo one", "b: echo two"])).result).toBe("succeeded");
    expect(await names()).toEqual(["a", "b"]);
  });

  it("includes the passphrase's salt", async () => {
    expect((await direct.run(["a: echo one"])).result).toBe("succeeded");
    truncateSync(direct.files.settings, 0);
    expect((await direct.run(["a: echo one", "b: echo two"])).result).toBe("succeeded");
    expect(await names()).toEqual(["a", "b"]);
  });
});

describe("a lock that is not ours", () => {
  it("is left alone: the run is refused and says who holds it", async () => {
    expect((await direct.run(["a: echo one"])).result).toBe("succeeded");
    await mkdir(direct.files.locks, { recursive: true });
    const lock = { pid: 4711, username: "mina", hostname: "another-machine", timestamp: "2026-11-21T05:00:00Z" };
    writeFileSync(join(direct.files.locks, "0b2d.json"), JSON.stringify(lock));
    const result = await direct.run(["a: echo two"]);
    expect(result).toMatchObject({ result: "failed", failure: { cause: "state-locked", next: "ask-operator" } });
    expect(result.result === "failed" && inEnglish(result.failure.reasons)).toContain("PID 4711 (another-machine, 2026-11-21T05:00:00Z)");
    expect(await readLocks(direct.files)).toHaveLength(1);
  });
});

describe("what is kept of a stack", () => {
  it("is bounded however often it runs, and can be asked for", async () => {
    for (let i = 0; i < 4; i++) expect((await direct.run([`a: echo ${i}`])).result).toBe("succeeded");
    const { tenantId, stackName } = stackOf();
    const size = await stateSizes(direct.home).size(tenantId, stackName);
    expect(size.checkpoints).toBe(2);
    const { size: one } = statSync(direct.files.checkpoint);
    expect(size.bytes).toBeGreaterThan(3 * one);
    expect(size.bytes).toBeLessThan(12 * one);
    expect(await stateSizes(direct.home).size(tenantId, "nothing")).toEqual({ bytes: 0, checkpoints: 0 });
  });

  it("is bounded in what a flood of output leaves in it, and in the memory it takes", async () => {
    const flood = "a: yes 'a line of output that is about sixty characters long......' | head -c 100000000";
    let [lines, peak] = [0, 0];
    const sampling = setInterval(() => {
      peak = Math.max(peak, observe(direct.mark).memoryMiB);
    }, 1_000);
    const count = (events: readonly OperationEvent[]) => {
      for (const e of events) if (e.kind === "output") lines += e.lines.length;
      return Promise.resolve();
    };
    const { result } = await direct.run([flood, "b: echo done"], { onEvents: count }).finally(() => clearInterval(sampling));
    expect(result).toBe("succeeded");
    expect(peak).toBeGreaterThan(100);
    expect(peak).toBeLessThan(800);
    expect((await readFile(direct.files.checkpoint)).length).toBeLessThan(8e6);
    console.info(`100 MB of output: ${Math.round(peak)} MiB of memory at most, ${lines} lines kept`);
    expect(lines).toBeGreaterThan(100);
    const left = direct.events.reduce((sum, e) => sum + (e.kind === "truncated" ? e.lines : 0), 0);
    expect(lines + left).toBeGreaterThan(1_400_000);
  });
});

const stackOf = () => {
  const [tenantId = "", stackName = ""] = direct.mark.split("/");
  return { tenantId, stackName };
};
