import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { letGoOfGone, retainPendingReplacements } from "./edit-state.ts";
import { type StackFiles, stackFiles } from "#pulumi/stack/stack-files.ts";

let home: string;
let files: StackFiles;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "berth-replaced-"));
  files = stackFiles(home, "t1", "demo");
  mkdirSync(dirname(files.checkpoint), { recursive: true });
});
afterEach(() => rmSync(home, { recursive: true }));

const domain = "libvirt:index/domain:Domain";
const write = (...resources: readonly unknown[]): void =>
  writeFileSync(
    files.checkpoint,
    JSON.stringify({ version: 3, checkpoint: { stack: "s", latest: { manifest: { time: "t" }, resources } } }, null, 4),
  );
const kept = (): string => readFileSync(files.checkpoint, "utf8");

it("is told to the engine of what is gone from the host, and of nothing else; all the rest of the state stays as it was", async () => {
  const gone = { urn: "urn:a", type: domain, id: "1", pendingReplacement: true, outputs: { name: "a" } };
  const script = { urn: "urn:b", type: "command:remote:Command", id: "2", pendingReplacement: true };
  const there = { urn: "urn:c", type: domain, id: "3" };
  write(gone, script, there);
  await retainPendingReplacements(files);
  const latest = { manifest: { time: "t" }, resources: [{ ...gone, retainOnDelete: true }, script, there] };
  expect(JSON.parse(kept())).toEqual({ version: 3, checkpoint: { stack: "s", latest } });
});

it("leaves a state alone in which nothing was cut off, one of another shape, and none", async () => {
  write({ urn: "urn:c", type: domain, id: "3" });
  const before = kept();
  await retainPendingReplacements(files);
  expect(kept()).toBe(before);
  writeFileSync(files.checkpoint, '{"version":3}');
  await retainPendingReplacements(files);
  expect(kept()).toBe('{"version":3}');
  rmSync(files.checkpoint);
  await expect(retainPendingReplacements(files)).resolves.toBeUndefined();
});

it("for a teardown is also told of what another hand removed, with all that is deleted with it; steps under way are forgotten", async () => {
  const machine = { urn: "urn:m", type: domain };
  const ready = { urn: "urn:r", type: "command:remote:Command", deletedWith: "urn:m" };
  const join = { urn: "urn:j", type: "command:remote:Command", deletedWith: "urn:r" };
  const other = { urn: "urn:o", type: domain };
  write(machine, ready, join, other);
  await letGoOfGone(files, ["urn:m"]);
  const resources = (): { urn: string; retainOnDelete?: boolean }[] => JSON.parse(kept()).checkpoint.latest.resources;
  expect(
    resources()
      .filter((r) => r.retainOnDelete)
      .map((r) => r.urn),
  ).toEqual(["urn:m", "urn:r", "urn:j"]);
  writeFileSync(
    files.checkpoint,
    JSON.stringify({ checkpoint: { latest: { resources: [other], pending_operations: [{ resource: other, type: "deleting" }] } } }),
  );
  await letGoOfGone(files, []);
  expect(JSON.parse(kept()).checkpoint.latest).toEqual({ resources: [other], pending_operations: [] });
});
