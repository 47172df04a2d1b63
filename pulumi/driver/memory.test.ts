import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { memoryLow } from "./memory.ts";

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "berth-memory-"));
});
afterEach(() => rmSync(root, { recursive: true }));

const file = (path: string, text: string) => {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
};
const machine = (mib: number) => file("proc/meminfo", `MemTotal: 9999999 kB\nMemAvailable:    ${mib * 1024} kB\n`);
const group = (max: string, usedMiB: number, filesMiB: number) => {
  file("sys/fs/cgroup/memory.max", `${max}\n`);
  file("sys/fs/cgroup/memory.current", `${usedMiB * 1024 ** 2}\n`);
  file("sys/fs/cgroup/memory.stat", `anon 1\ninactive_file ${filesMiB * 1024 ** 2}\n`);
};

describe("memory for one more run", () => {
  it("is what the machine has available", () => {
    machine(900);
    expect([memoryLow(800, root), memoryLow(1_000, root)]).toEqual([false, true]);
  });

  it("is what the group has left, caches not counted, where that is less", () => {
    machine(90_000);
    group(String(2048 * 1024 ** 2), 1_800, 600);
    expect([memoryLow(800, root), memoryLow(1_000, root)]).toEqual([false, true]);
    group("max", 1_800, 0);
    expect(memoryLow(1_000, root)).toBe(false);
  });

  it("is not denied where nothing is known", () => {
    expect(memoryLow(1_000, root)).toBe(false);
  });
});
