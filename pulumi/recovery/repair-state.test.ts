import { message } from "#app/domain/message/message.ts";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Inventory } from "#app/ports/hypervisor.ts";
import {
  forgetRepair,
  guardRepaired,
  isTorn,
  markRestored,
  repairState,
  removeUnfinishedWrites,
  stateToKeep,
  StateTorn,
  wasRepaired,
} from "./repair-state.ts";
import { type StackFiles, stackFiles } from "#pulumi/stack/stack-files.ts";

let home: string;
let files: StackFiles;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "berth-mend-"));
  files = stackFiles(home, "t1", "b1-demo");
  mkdirSync(files.folder, { recursive: true });
});
afterEach(() => rmSync(home, { recursive: true }));

const domain = (name: string) => ({
  urn: `urn:pulumi:s::berth::libvirt:index/domain:Domain::${name}`,
  type: "libvirt:index/domain:Domain",
  custom: true,
  outputs: { name },
});
const state = (...machines: string[]) => JSON.stringify({ version: 3, checkpoint: { latest: { resources: machines.map(domain) } } });
/** `age`: seconds since it was written. */
const put = (path: string, text: string, age: number) => {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  utimesSync(path, Date.now() / 1_000 - age, Date.now() / 1_000 - age);
};
const record = (n: number) => join(files.history, `b1-demo-${n}.checkpoint.json`);
const owner = { tenantId: "t1", clusterId: "c1", stackName: "b1-demo", machine: "demo-cp0" };
const hosts = (...names: string[]): Inventory => ({
  machines: names.map((name) => ({
    name,
    state: "running" as const,
    memoryMiB: 1,
    vcpus: 1,
    owner: name.startsWith("foreign") ? null : owner,
  })),
  networks: [],
  pools: [],
  volumes: [],
});

describe("a state file that is not whole", () => {
  it("gives way to the newest copy that is whole, and stays marked until it was compared with what is there", async () => {
    put(files.checkpoint, "", 0);
    put(`${files.checkpoint}.bak`, state("a", "b").slice(0, 40), 1);
    put(record(2), state("a"), 100);
    put(record(1), state(), 200);
    expect(await isTorn(files)).toBe(true);
    expect(await repairState(files)).toMatchObject({ code: "copy-taken" });
    expect(readFileSync(files.checkpoint, "utf8")).toBe(state("a"));
    expect([await isTorn(files), await wasRepaired(files)]).toEqual([false, true]);
    await forgetRepair(files);
    expect([await repairState(files), await wasRepaired(files)]).toEqual([null, false]);
  });

  it("lets what no ended run knew be removed, because only the interrupted run can have made it", async () => {
    put(files.checkpoint, "{", 0);
    put(record(1), state("a"), 100);
    await repairState(files);
    await expect(guardRepaired(files, hosts("a", "b"), "update")).resolves.toBeUndefined();
  });

  it("forbids removing anything when a newer record of an ended run was lost as well, except for a destroy", async () => {
    put(files.checkpoint, "{", 0);
    put(record(2), "", 50);
    put(record(1), state("a"), 100);
    await repairState(files);
    await expect(guardRepaired(files, hosts("a", "b"), "update")).rejects.toMatchObject({
      reasons: [{ code: "state-outdated", params: { names: ["b"] } }],
    });
    await expect(guardRepaired(files, hosts("a", "foreign-b"), "update")).resolves.toBeUndefined();
    await expect(guardRepaired(files, hosts("a", "b"), "destroy")).resolves.toBeUndefined();
  });

  it("starts again when no run of the stack ever ended, and refuses when its copies are torn too", async () => {
    put(files.checkpoint, "", 0);
    expect(await repairState(files)).toEqual(message("state-reset"));
    put(files.checkpoint, "", 0);
    put(record(1), "x", 9);
    await expect(repairState(files)).rejects.toThrow(StateTorn);
  });

  it("starts again once: a first copy that is torn as well is put aside for a person to look at", async () => {
    put(files.checkpoint, "", 0);
    put(`${files.checkpoint}.bak`, "{", 1);
    expect(await repairState(files)).toEqual(message("state-reset"));
    expect([await isTorn(files), await repairState(files), await wasRepaired(files)]).toEqual([false, null, true]);
    expect(readFileSync(join(files.folder, "state.torn"), "utf8")).toBe("");
    expect(readFileSync(join(files.folder, "b1-demo.json.bak.torn"), "utf8")).toBe("{");
  });

  it("is no matter for a stack that does not exist", async () => {
    expect([await isTorn(files), await repairState(files)]).toEqual([false, null]);
  });
});

describe("a state that a backup brought back", () => {
  const from = "2026-11-21T00:00:00.000Z";

  it("forbids removing machines that it does not know, whatever it becomes, except for a destroy", async () => {
    put(files.checkpoint, state("a"), 0);
    await markRestored(files, from);
    await expect(guardRepaired(files, hosts("a"), "update")).resolves.toBeUndefined();
    await expect(guardRepaired(files, hosts("a", "b"), "update")).rejects.toMatchObject({
      reasons: [message("state-outdated", { from, names: ["b"] })],
    });
    await expect(guardRepaired(files, hosts("a", "b"), "preview")).rejects.toThrow(StateTorn);
    await expect(guardRepaired(files, hosts("a", "b"), "destroy")).resolves.toBeUndefined();
  });

  it("does not know a machine that was begun then: it may have been finished since", async () => {
    const pending = [{ resource: domain("a"), type: "creating" }];
    put(files.checkpoint, JSON.stringify({ checkpoint: { latest: { resources: [], pending_operations: pending } } }), 0);
    await markRestored(files, from);
    await expect(guardRepaired(files, hosts("a"), "update")).rejects.toThrow(StateTorn);
  });

  it("keeps its mark when it has to start again, or another copy takes its place", async () => {
    await markRestored(files, from);
    put(files.checkpoint, "", 0);
    expect(await repairState(files)).toEqual(message("state-reset"));
    await expect(guardRepaired(files, hosts("a"), "update")).rejects.toMatchObject({
      reasons: [message("state-outdated", { from, names: ["a"] })],
    });
    put(record(1), state(), 9);
    expect(await repairState(files)).toMatchObject({ code: "copy-taken" });
    await expect(guardRepaired(files, hosts("a"), "update")).rejects.toThrow(StateTorn);
  });

  it("may be none: then every machine is unknown", async () => {
    rmSync(files.folder, { recursive: true });
    await markRestored(files, from);
    await expect(guardRepaired(files, hosts("a"), "update")).rejects.toThrow(StateTorn);
    await expect(guardRepaired(files, hosts(), "update")).resolves.toBeUndefined();
  });

  it("is made of what would take the place of a state that is not whole, and the live one stays as it is", async () => {
    expect(await stateToKeep(files)).toBeNull();
    put(files.checkpoint, state("a", "b"), 0);
    expect(await stateToKeep(files)).toEqual({ whole: true, text: state("a", "b"), from: null });
    put(files.checkpoint, "{", 0);
    expect(await stateToKeep(files)).toEqual({ whole: false, text: "{", from: null });
    put(record(1), state("a"), 100);
    const copied = { whole: false, text: state("a"), from: expect.stringMatching(/^\d{4}-.*Z$/) };
    expect(await stateToKeep(files)).toEqual(copied);
    rmSync(files.checkpoint);
    expect(await stateToKeep(files)).toEqual(copied);
    expect([await isTorn(files), await wasRepaired(files)]).toEqual([true, false]);
  });
});

describe("unfinished writes", () => {
  it("are removed, and nothing of another stack is", async () => {
    const mine = `${files.checkpoint}.18bf.tmp`;
    const other = join(dirname(files.checkpoint), "b2-other.json.18bf.tmp");
    for (const path of [mine, other, files.checkpoint]) put(path, "{}", 0);
    await removeUnfinishedWrites(files);
    expect(() => readFileSync(mine)).toThrow();
    expect([readFileSync(other, "utf8"), readFileSync(files.checkpoint, "utf8")]).toEqual(["{}", "{}"]);
  });
});
