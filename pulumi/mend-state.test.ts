import { mkdirSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Inventory } from "#app/ports/hypervisor.ts";
import { forgetMend, guardMended, isTorn, mendState, removeUnfinishedWrites, StateTorn, wasMended } from "./mend-state.ts";
import { type StackFiles, stackFiles } from "./stack-files.ts";

let home: string;
let files: StackFiles;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "berth-mend-"));
  files = stackFiles(home, "t1", "b1-demo");
  mkdirSync(files.folder, { recursive: true });
});
afterEach(() => rmSync(home, { recursive: true }));

const domain = (name: string) => ({ urn: `urn:pulumi:s::berth::libvirt:index/domain:Domain::${name}`, type: "libvirt:index/domain:Domain", custom: true, outputs: { name } });
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
  machines: names.map((name) => ({ name, state: "running" as const, memoryMiB: 1, vcpus: 1, owner: name.startsWith("foreign") ? null : owner })),
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
    expect(await mendState(files)).toContain("its last good copy");
    expect(readFileSync(files.checkpoint, "utf8")).toBe(state("a"));
    expect([await isTorn(files), await wasMended(files)]).toEqual([false, true]);
    await forgetMend(files);
    expect([await mendState(files), await wasMended(files)]).toEqual([null, false]);
  });

  it("lets what no ended run knew be removed, because only the interrupted run can have made it", async () => {
    put(files.checkpoint, "{", 0);
    put(record(1), state("a"), 100);
    await mendState(files);
    await expect(guardMended(files, hosts("a", "b"), "update")).resolves.toBeUndefined();
  });

  it("forbids removing anything when a newer record of an ended run was lost as well, except for a destroy", async () => {
    put(files.checkpoint, "{", 0);
    put(record(2), "", 50);
    put(record(1), state("a"), 100);
    await mendState(files);
    await expect(guardMended(files, hosts("a", "b"), "update")).rejects.toThrow(/does not know b: nothing was touched/);
    await expect(guardMended(files, hosts("a", "foreign-b"), "update")).resolves.toBeUndefined();
    await expect(guardMended(files, hosts("a", "b"), "destroy")).resolves.toBeUndefined();
  });

  it("begins anew when no run of the stack ever ended, and refuses when its copies are torn too", async () => {
    put(files.checkpoint, "", 0);
    expect(await mendState(files)).toContain("begins anew");
    put(files.checkpoint, "", 0);
    put(record(1), "x", 9);
    await expect(mendState(files)).rejects.toThrow(StateTorn);
  });

  it("is no matter for a stack that does not exist", async () => {
    expect([await isTorn(files), await mendState(files)]).toEqual([false, null]);
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
