/** Recovery with files and a host of this test's own, and without an engine: what it does, and when it ends. */
import { message } from "#app/domain/message/message.ts";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { exampleSecrets, exampleSpec } from "#app/domain/cluster/example-spec.ts";
import type { Hypervisor, InventoryMachine } from "#app/ports/hypervisor.ts";
import type { RunRequest } from "#app/ports/stack-engine.ts";
import { isTorn, markRestored, repairState, StateTorn, wasRepaired } from "./repair-state.ts";
import { recoverStack } from "./recover-stack.ts";
import { type StackFiles, stackFiles } from "#pulumi/stack/stack-files.ts";

vi.mock("./repair-state.ts", { spy: true });

const spec = exampleSpec();
const owner = { tenantId: spec.tenantId, clusterId: spec.clusterId, stackName: spec.stackName, machine: "" };
const machineHost = { libvirtUri: "", imageFolder: "", imagePool: "", poolRoot: "/pools", consoleFolder: "" };

let home: string;
let files: StackFiles;
let there: string[];
let poolWasClosed: boolean;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "berth-recover-"));
  files = stackFiles(home, spec.tenantId, spec.stackName);
  for (const folder of [files.folder, dirname(files.checkpoint)]) mkdirSync(folder, { recursive: true });
  there = [];
  poolWasClosed = false;
});
afterEach(() => {
  vi.resetAllMocks();
  rmSync(home, { recursive: true });
});

const machine = (name: string): InventoryMachine => ({ name, state: "running", memoryMiB: 1, vcpus: 1, owner });
/** Only what a recovery of these tests may ask for. */
const hypervisor = {
  inventory: () => Promise.resolve({ machines: there.map(machine), networks: [], pools: [], volumes: [] }),
  openPool: () => Promise.resolve(poolWasClosed),
  remove: (_: string, name: string) => {
    there = there.filter((n) => n !== name);
    return Promise.resolve();
  },
} as Partial<Hypervisor> as Hypervisor;

const write = (...machines: readonly string[]) => {
  const resources = machines.map((name) => ({
    urn: `urn:pulumi:s::berth::libvirt:index/domain:Domain::${name}`,
    type: "libvirt:index/domain:Domain",
    custom: true,
    outputs: { name },
  }));
  writeFileSync(files.checkpoint, JSON.stringify({ version: 3, checkpoint: { latest: { resources } } }));
};

const recover = (
  kind: RunRequest["kind"],
  settle: () => Promise<void> = () => Promise.resolve(),
  planKind: RunRequest["planKind"] = "update",
  withoutEngine = false,
) => {
  const run: RunRequest = { operationId: "o1", kind, planKind, spec, secrets: exampleSecrets(spec), passphrase: "", machineHost };
  return recoverStack({
    run,
    files,
    mark: `${spec.tenantId}/none-${process.pid}`,
    hypervisor,
    graceMs: 0,
    settle,
    withoutEngine,
    holds: () => Promise.resolve(),
  });
};

describe("a first state that is torn together with its copy", () => {
  beforeEach(() => {
    writeFileSync(files.checkpoint, "");
    writeFileSync(`${files.checkpoint}.bak`, "{");
  });

  it("is started again, and what it had made goes", async () => {
    there = ["b1-demo-cp0"];
    const notes = await recover("update");
    expect(notes).toEqual([
      message("state-reset"),
      message("leftover-removed", { what: "machine", name: "b1-demo-cp0" }),
      message("settled"),
    ]);
    expect([await isTorn(files), await wasRepaired(files), there]).toEqual([false, false, []]);
  });

  it("is not repaired for ever when repairing does not help", async () => {
    vi.mocked(repairState).mockResolvedValue(null);
    await expect(recover("update")).rejects.toThrow(StateTorn);
    expect(repairState).toHaveBeenCalledTimes(1);
  });
});

describe("a teardown of what is not whole any more", () => {
  const retained = (): readonly string[] => {
    const { resources } = (
      JSON.parse(readFileSync(files.checkpoint, "utf8")) as {
        checkpoint: { latest: { resources: { outputs: { name: string }; retainOnDelete?: boolean }[] } };
      }
    ).checkpoint.latest;
    return resources.flatMap((r) => (r.retainOnDelete ? [r.outputs.name] : []));
  };

  it("lets go of what is gone, opens the pool and says both, without asking an engine to look", async () => {
    write("b1-demo-cp0", "b1-demo-w1");
    there = ["b1-demo-w1", "b1-demo-w2"];
    poolWasClosed = true;
    const settle = vi.fn(() => Promise.resolve());
    expect(await recover("destroy", settle, "destroy")).toEqual([
      message("pool-opened", { name: spec.prefix }),
      message("leftover-removed", { what: "machine", name: "b1-demo-w2" }),
      message("gone-already", { what: "machine", name: "b1-demo-cp0" }),
    ]);
    expect([retained(), there, settle.mock.calls]).toEqual([["b1-demo-cp0"], ["b1-demo-w1"], []]);
    expect(await recover("destroy", settle, "destroy")).toEqual([
      expect.objectContaining({ code: "pool-opened" }),
      message("gone-already", { what: "machine", name: "b1-demo-cp0" }),
    ]);
  });

  it("only plans on the state as it is", async () => {
    write("b1-demo-cp0");
    poolWasClosed = true;
    expect(await recover("preview", undefined, "destroy")).toEqual([]);
    expect(retained()).toEqual([]);
  });

  it("continues without a state of which no copy is whole, and an update does not", async () => {
    mkdirSync(files.history, { recursive: true });
    const lose = () => {
      writeFileSync(files.checkpoint, "{");
      writeFileSync(join(files.history, "1.checkpoint.json"), "{");
    };
    lose();
    there = ["b1-demo-cp0"];
    await expect(recover("update")).rejects.toThrow(StateTorn);
    expect(await recover("preview", undefined, "destroy")).toEqual([message("state-lost")]);
    await expect(recover("update")).rejects.toMatchObject({ reasons: [{ code: "state-outdated", params: { names: ["b1-demo-cp0"] } }] });
    expect(there).toEqual(["b1-demo-cp0"]);
    lose();
    await recover("destroy", undefined, "destroy");
    expect(there).toEqual([]);
  });

  it("removes all that is left without the engine where that could not", async () => {
    write("b1-demo-cp0", "b1-demo-w1");
    there = ["b1-demo-cp0"];
    expect(await recover("destroy", undefined, "destroy", true)).toEqual([
      message("removed-directly", { what: "machine", name: "b1-demo-cp0" }),
    ]);
    expect([retained(), there]).toEqual([["b1-demo-cp0", "b1-demo-w1"], []]);
  });
});

describe("a state that a backup brought back", () => {
  beforeEach(async () => {
    write("b1-demo-cp0");
    await markRestored(files, "2026-11-21T00:00:00.000Z");
  });

  it("is settled and counts as any other when it knows every machine", async () => {
    there = ["b1-demo-cp0"];
    expect(await recover("preview")).toEqual([message("settled")]);
    expect([await wasRepaired(files), there]).toEqual([false, ["b1-demo-cp0"]]);
  });

  it.each(["update", "preview"] as const)("lets no %s begin while it does not know a machine, and leaves that one alone", async (kind) => {
    there = ["b1-demo-cp0", "b1-demo-w1"];
    await expect(recover(kind)).rejects.toMatchObject({ reasons: [{ code: "state-outdated", params: { names: ["b1-demo-w1"] } }] });
    expect([await wasRepaired(files), there]).toEqual([true, ["b1-demo-cp0", "b1-demo-w1"]]);
  });

  it("does not know a machine that the engine looked for in vain: another one has its name by now", async () => {
    there = ["b1-demo-cp0"];
    await expect(recover("preview", () => Promise.resolve(write()))).rejects.toMatchObject({
      reasons: [{ code: "state-outdated", params: { names: ["b1-demo-cp0"] } }],
    });
    await expect(recover("update")).rejects.toThrow(StateTorn);
    expect(there).toEqual(["b1-demo-cp0"]);
  });

  it("can be torn down: the plan touches nothing, and the destroy removes what is unknown", async () => {
    there = ["b1-demo-cp0", "b1-demo-w1"];
    expect(await recover("preview", undefined, "destroy")).toEqual([]);
    expect([await wasRepaired(files), there]).toEqual([true, ["b1-demo-cp0", "b1-demo-w1"]]);
    await recover("destroy", undefined, "destroy");
    expect([await wasRepaired(files), there]).toEqual([false, ["b1-demo-cp0"]]);
  });

  it("starts again on a host that has nothing of the cluster, without asking the engine to look for it there", async () => {
    const settle = vi.fn(() => Promise.resolve());
    writeFileSync(`${files.checkpoint}.bak`, "{");
    expect(await recover("preview", settle)).toEqual([message("nothing-on-host")]);
    expect([await wasRepaired(files), await isTorn(files), existsSync(files.checkpoint), settle.mock.calls]).toEqual([
      false,
      false,
      false,
      [],
    ]);
  });

  it("is settled as any other when nothing of it lies on a host", async () => {
    writeFileSync(
      files.checkpoint,
      JSON.stringify({
        version: 3,
        checkpoint: { latest: { resources: [{ urn: "urn:1", type: "command:local:Command", custom: true }] } },
      }),
    );
    const settle = vi.fn(() => Promise.resolve());
    expect(await recover("preview", settle)).toEqual([message("settled")]);
    expect([existsSync(files.checkpoint), settle.mock.calls.length]).toEqual([true, 1]);
  });

  it("that is none is not settled: there is nothing to compare", async () => {
    rmSync(files.checkpoint);
    const settle = vi.fn(() => Promise.resolve());
    await recover("preview", settle);
    expect([await wasRepaired(files), existsSync(files.checkpoint), settle.mock.calls]).toEqual([false, false, []]);
  });
});
