import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { isAlive, markOf, type ProcessMark } from "#app/foundation/process.ts";
import { type Supervisor, supervise } from "./supervisor.ts";

let folder: string;
let running: Supervisor | null = null;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "berth-supervisor-"));
});
afterEach(async () => {
  await running?.stop();
  rmSync(folder, { recursive: true });
});

let mark: ProcessMark | null = null;

function start(script: string, said: string[], lines: string[], graceMs = 5_000): Supervisor {
  running = supervise({
    name: "the program",
    argv: () => ["sh", "-c", script],
    env: process.env,
    cwd: folder,
    graceMs,
    say: (line) => said.push(line),
    onLine: (line) => lines.push(line),
    onStart: (pid) => {
      mark = markOf(pid);
    },
  });
  return running;
}

describe("keeping a program running", () => {
  it("starts it again and reports it when it ends by itself", async () => {
    const [said, lines] = [[] as string[], [] as string[]];
    start("echo run; if [ -e again ]; then exec sleep 60; fi; touch again; exit 3", said, lines);
    await vi.waitUntil(() => lines.length === 2, { timeout: 20_000 });
    expect(said).toEqual(["the program ended (exit code 3); starting it again in 1 s"]);
  });

  it("lets it end cleanly when asked, and does not start it again", async () => {
    const [said, lines] = [[] as string[], [] as string[]];
    const program = start("trap 'echo bye > farewell; exit 0' TERM; echo up; while :; do sleep 0.05; done", said, lines);
    await vi.waitUntil(() => lines.includes("up"), { timeout: 20_000 });
    await program.stop();
    expect(readFileSync(join(folder, "farewell"), "utf8")).toBe("bye\n");
    expect(said).toEqual([]);
    expect(mark !== null && isAlive(mark)).toBe(false);
  });

  it("ends one that does not listen", async () => {
    const lines: string[] = [];
    const program = start("trap '' TERM; echo up; while :; do sleep 0.05; done", [], lines, 100);
    await vi.waitUntil(() => lines.includes("up"), { timeout: 20_000 });
    expect(mark !== null && isAlive(mark)).toBe(true);
    await program.stop();
    expect(mark !== null && isAlive(mark)).toBe(false);
  });
});
