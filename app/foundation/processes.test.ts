import { describe, expect, it } from "vitest";
import { isAlive, markOf } from "./process.ts";
import { runLines } from "./processes.ts";

async function run(script: string, signal?: AbortSignal): Promise<{ lines: string[]; reason: string | null }> {
  const lines: string[] = [];
  const onLine = (line: string) => void lines.push(line);
  const more = signal === undefined ? {} : { signal };
  const reason = await runLines({ doing: "trying", command: "sh", args: ["-c", script], onLine, ...more }).then(
    () => null,
    (error: unknown) => (error as Error).message,
  );
  return { lines, reason };
}

describe("running a program", () => {
  it("hands over both outputs line by line", async () => {
    expect(await run("echo one; printf two")).toEqual({ lines: ["one", "two"], reason: null });
    expect(await run("echo three >&2")).toEqual({ lines: ["three"], reason: null });
  });

  it("says what was being done and the line that tells why, not the last one", async () => {
    const { reason } = await run("echo 'E: Unable to correct problems'; echo bye; echo bye; echo bye; exit 100");
    expect(reason).toBe("trying: exit code 100: E: Unable to correct problems");
  });

  it("gives the last lines when none tells", async () => {
    expect((await run("echo a; echo b; exit 1")).reason).toBe("trying: exit code 1: a | b");
  });

  it("says when the program is not there", async () => {
    const running = runLines({ doing: "trying", command: "/nonexistent/program", args: [], onLine: () => undefined });
    await expect(running).rejects.toThrow(/^trying: /);
  });

  it("stops when asked", async () => {
    const stop = new AbortController();
    const running = run("echo up; exec sleep 60", stop.signal);
    stop.abort();
    expect((await running).reason).toBe("trying: stopped");
  });
});

describe("a process mark", () => {
  it("knows a process again, and not another one with its number", () => {
    const mark = markOf(process.pid);
    expect(mark !== null && isAlive(mark)).toBe(true);
    expect(isAlive({ pid: process.pid, startTime: "1" })).toBe(false);
  });
});
