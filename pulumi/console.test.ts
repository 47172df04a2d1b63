import { appendFile, mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { followConsoles } from "./console.ts";

let folder: string;
let lines: string[];
let heard: () => void = () => undefined;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "berth-console-"));
  lines = [];
});
afterEach(async () => rm(folder, { recursive: true }));

const file = () => join(folder, "b1-demo-cp0-serial.log");
const follow = (operationId = "o1") =>
  followConsoles({
    folder,
    machines: new Map([["demo-cp0", "b1-demo-cp0"]]),
    operationId,
    offsetsFile: join(folder, "offsets.json"),
    everyMs: 5,
    onLines: (machine, more) => {
      lines.push(...more.map((l) => `${machine}: ${l}`));
      heard();
    },
  });
const hears = (count: number) =>
  new Promise<void>((resolve) => {
    heard = () => {
      if (lines.length >= count) resolve();
    };
    heard();
  });

describe("following a serial console", () => {
  it("starts when the file appears and gives whole lines, split writes and characters put together", async () => {
    const follower = await follow();
    await writeFile(file(), "first li");
    await appendFile(file(), Buffer.concat([Buffer.from("ne\nsecond "), Buffer.from("✓").subarray(0, 1)]));
    await hears(1);
    await appendFile(file(), Buffer.concat([Buffer.from("✓").subarray(1), Buffer.from("\nthird")]));
    await hears(2);
    await follower.stop();
    expect(lines).toEqual(["demo-cp0: first line", "demo-cp0: second ✓", "demo-cp0: third"]);
  });

  it("goes on where the same operation stopped", async () => {
    await writeFile(file(), "");
    await (await follow()).stop();
    await appendFile(file(), "one\ntwo\n");
    await (await follow()).stop();
    await appendFile(file(), "three\n");
    await (await follow()).stop();
    expect(lines).toEqual(["demo-cp0: one", "demo-cp0: two", "demo-cp0: three"]);
  });

  it("does not show another operation what older runs left", async () => {
    await writeFile(file(), "old\n");
    const follower = await follow("o2");
    await appendFile(file(), "new\n");
    await follower.stop();
    expect(lines).toEqual(["demo-cp0: new"]);
  });

  it("begins anew when the file was begun anew", async () => {
    await writeFile(file(), "");
    const follower = await follow();
    await appendFile(file(), "before\n");
    await hears(1);
    await writeFile(`${file()}.new`, "after\n");
    await rename(`${file()}.new`, file());
    await hears(2);
    await follower.stop();
    expect(lines).toEqual(["demo-cp0: before", "demo-cp0: after"]);
  });
});
