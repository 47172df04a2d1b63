import { expect, test } from "vitest";
import { run } from "./command.ts";

const sh = (script: string) => ({ doing: "trying something", file: "sh", args: ["-c", script] });

test("standard output is the result, and every line is reported", async () => {
  const lines: string[] = [];
  const out = await run({ ...sh("echo one; echo two >&2; echo three"), onLine: (l) => lines.push(l) });
  expect(out).toBe("one\nthree");
  expect(lines.sort()).toEqual(["one", "three", "two"]);
});

test("an unsuccessful end says what was being done and repeats the last lines", async () => {
  await expect(run(sh("echo because >&2; exit 3"))).rejects.toThrow("trying something: sh ended with 3: because");
});

test("a missing program is named", async () => {
  await expect(run({ doing: "trying something", file: "berth-no-such-program", args: [] })).rejects.toThrow(
    "trying something: the program berth-no-such-program is not installed",
  );
});

test("an abort ends the program", async () => {
  const abort = new AbortController();
  const ended = run({ ...sh("echo started; exec sleep 600"), onLine: () => abort.abort(), signal: abort.signal });
  await expect(ended).rejects.toThrow("trying something");
});

test("programs of a build yield to everything else on the machine", async () => {
  expect(Number(await run({ doing: "asking for the priority", file: "sh", args: ["-c", "sleep 0.3; nice"] }))).toBeGreaterThanOrEqual(10);
});
