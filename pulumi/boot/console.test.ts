import { appendFile, mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { ConsolePlace } from "#app/domain/operation/event.ts";
import { followConsoles } from "./console.ts";

let folder: string;
let lines: string[];
let places: Record<string, ConsolePlace>;
let heard: () => void = () => undefined;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "berth-console-"));
  lines = [];
  places = {};
});
afterEach(async () => rm(folder, { recursive: true }));

const file = () => join(folder, "b1-demo-cp0-serial.log");
/** `kept`: what the journal has of it, so that the next attempt starts there. */
const follow = (operationId = "o1", kept: (line: string) => boolean = () => true) =>
  followConsoles({
    folder,
    machines: new Map([["demo-cp0", "b1-demo-cp0"]]),
    operationId,
    places: { ...places },
    beginningsFile: join(folder, "beginnings.json"),
    everyMs: 5,
    onLines: (machine, more, place) => {
      if (!more.every(kept)) return;
      lines.push(...more.map((l) => `${machine}: ${l}`));
      places[machine] = place;
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

  it("gives a line that does not end in parts, without cutting a character in two", async () => {
    const follower = await follow();
    await writeFile(file(), "✓".repeat(7_000));
    await hears(1);
    await follower.stop();
    expect(lines.length).toBeGreaterThan(1);
    expect(lines.map((l) => l.replace("demo-cp0: ", "")).join("")).toBe("✓".repeat(7_000));
  });

  it("continues where the journal of the same operation stopped", async () => {
    await writeFile(file(), "");
    await (await follow()).stop();
    await appendFile(file(), "one\ntwo\n");
    await (await follow()).stop();
    await appendFile(file(), "three\n");
    await (await follow()).stop();
    expect(lines).toEqual(["demo-cp0: one", "demo-cp0: two", "demo-cp0: three"]);
  });

  it("reads again what did not reach the journal before a crash, and nothing twice", async () => {
    await writeFile(file(), "of an older run\n");
    const first = await follow("o1", (line) => line !== "lost");
    await appendFile(file(), "one\n");
    await hears(1);
    await appendFile(file(), "lost\n");
    await first.stop();
    await (await follow()).stop();
    expect(lines).toEqual(["demo-cp0: one", "demo-cp0: lost"]);
  });

  it("reads from the operation's beginning when nothing reached the journal", async () => {
    await writeFile(file(), "of an older run\n");
    const first = await follow("o1", () => false);
    await appendFile(file(), "lost\n");
    await first.stop();
    await (await follow()).stop();
    expect(lines).toEqual(["demo-cp0: lost"]);
  });

  it("does not show another operation what older runs left", async () => {
    await writeFile(file(), "old\n");
    const follower = await follow("o2");
    await appendFile(file(), "new\n");
    await follower.stop();
    expect(lines).toEqual(["demo-cp0: new"]);
  });

  it("starts again when the file was started again", async () => {
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
