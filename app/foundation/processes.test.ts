import { describe, expect, it } from "vitest";
import { type Message, message, MessageError, reported } from "#app/domain/message/message.ts";
import { isAlive, markOf } from "./process.ts";
import { runLines } from "./processes.ts";

const doing = message("building-pages");

async function run(script: string, signal?: AbortSignal): Promise<{ lines: string[]; reasons: readonly Message[] }> {
  const lines: string[] = [];
  const onLine = (line: string) => void lines.push(line);
  const more = signal === undefined ? {} : { signal };
  const reasons = await runLines({ doing, command: "sh", args: ["-c", script], onLine, ...more }).then(
    () => [],
    (error: unknown) => (error instanceof MessageError ? error.reasons : expect.fail("no MessageError")),
  );
  return { lines, reasons };
}

describe("running a program", () => {
  it("hands over both outputs line by line", async () => {
    expect(await run("echo one; printf two")).toEqual({ lines: ["one", "two"], reasons: [] });
    expect(await run("echo three >&2")).toEqual({ lines: ["three"], reasons: [] });
  });

  it("says what was being done and the line that tells why, not the last one", async () => {
    const { reasons } = await run("echo 'E: Unable to correct problems'; echo bye; echo bye; echo bye; exit 100");
    expect(reasons).toEqual([doing, message("exit-code", { code: 100 }), reported("E: Unable to correct problems")]);
  });

  it("gives the last lines when none tells", async () => {
    expect((await run("echo a; echo b; exit 1")).reasons).toEqual([doing, message("exit-code", { code: 1 }), reported("a | b")]);
  });

  it("says how a program ended that printed nothing", async () => {
    expect((await run("exit 3")).reasons).toEqual([doing, message("program-ended", { program: "sh", code: 3 })]);
    expect((await run("kill -KILL $$")).reasons).toEqual([doing, message("program-killed", { program: "sh", signal: "SIGKILL" })]);
  });

  it("says when the program is not there", async () => {
    const running = runLines({ doing, command: "/nonexistent/program", args: [], onLine: () => undefined });
    await expect(running).rejects.toMatchObject({ reasons: [doing, message("program-missing", { program: "/nonexistent/program" })] });
  });

  it("stops when asked", async () => {
    const stop = new AbortController();
    const running = run("echo up; exec sleep 60", stop.signal);
    stop.abort();
    expect((await running).reasons).toEqual([doing, message("stopped-early")]);
  });
});

describe("a process mark", () => {
  it("knows a process again, and not another one with its number", () => {
    const mark = markOf(process.pid);
    expect(mark !== null && isAlive(mark)).toBe(true);
    expect(isAlive({ pid: process.pid, startTime: "1" })).toBe(false);
  });
});
