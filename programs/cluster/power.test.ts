/** What saving and waking are to the engine: as little as it takes, so that the preview after each of them is empty. */
import * as pulumi from "@pulumi/pulumi";
import { beforeAll, describe, expect, it } from "vitest";
import { exampleSecrets, exampleSpec } from "#app/domain/cluster/example-spec.ts";
import { saveCluster, wakeCluster } from "#app/domain/power/power-revisions.ts";
import type { ClusterSpec } from "#app/domain/cluster/spec.ts";

interface Registration {
  readonly name: string;
  readonly dependencies: readonly string[];
  readonly ignoreChanges: readonly string[];
  readonly inputs: Readonly<Record<string, unknown>>;
}

interface Request {
  getType(): string;
  getName(): string;
  getDependenciesList(): string[];
  getIgnorechangesList(): string[];
  getObject(): { toJavaScript(): unknown } | undefined;
}

const host = {
  libvirtUri: "qemu:///system",
  imageFolder: "/images/x",
  imagePool: "images",
  poolRoot: "/pools",
  consoleFolder: "/consoles",
};

const never = exampleSpec({ workers: 2 });
const saved = saveCluster(never, never);
const woken = wakeCluster({ previous: saved, live: saved });
const again = saveCluster(woken, woken);
const twice = wakeCluster({ previous: again, live: again });
const [, , late] = woken.machines;
/** A worker that was added after the cluster had been woken. */
const grown: ClusterSpec = { ...woken, machines: woken.machines.map((m) => (m === late ? { ...m, sinceRevision: 9 } : m)) };
const specs = { never, saved, woken, again, twice, grown };
type Name = keyof typeof specs;

const runs = new Map<Name, readonly Registration[]>();
let current: Registration[] = [];

beforeAll(async () => {
  await pulumi.runtime.setMocks(
    { newResource: ({ name, inputs, id }) => ({ id: id || `${name}-id`, state: { ...inputs } }), call: ({ inputs }) => inputs },
    "cluster",
    "test",
    false,
  );
  const settings = (await import("@pulumi/pulumi/runtime/settings.js")) as unknown as {
    getMonitor(): { registerResource: (request: Request, callback: unknown) => unknown };
    waitForRPCs(): Promise<void>;
  };
  const monitor = settings.getMonitor();
  const register = monitor.registerResource.bind(monitor);
  monitor.registerResource = (request, callback) => {
    if (!request.getType().startsWith("berth:"))
      current.push({
        name: request.getName(),
        dependencies: request.getDependenciesList().map((urn) => urn.slice(urn.lastIndexOf("::") + 2)),
        ignoreChanges: request.getIgnorechangesList(),
        inputs: (request.getObject()?.toJavaScript() ?? {}) as Registration["inputs"],
      });
    return register(request, callback);
  };
  const { clusterProgram } = await import("./program.ts");
  for (const [name, spec] of Object.entries(specs) as [Name, ClusterSpec][]) {
    current = [];
    await clusterProgram(spec, exampleSecrets(spec), host, "/seeds")();
    await settings.waitForRPCs();
    runs.set(name, current);
  }
  await pulumi.runtime.disconnect();
}, 180_000);

const run = (name: Name) => runs.get(name) ?? expect.fail();
const find = (name: Name, resource: string) => run(name).find((r) => r.name === resource) ?? expect.fail(`${resource} in ${name}`);

/** What the engine would do to get from one to the other: what it is told to leave alone does not count. */
function changes(from: Name, to: Name): readonly string[] {
  const before = new Map(run(from).map((r) => [r.name, r]));
  const now = new Map(run(to).map((r) => [r.name, r]));
  const gone = [...before.keys()].filter((name) => !now.has(name)).map((name) => `delete ${name}`);
  const rest = [...now.values()].flatMap((r) => {
    const old = before.get(r.name);
    if (old === undefined) return [`create ${r.name}`];
    const changed = [...new Set([...Object.keys(old.inputs), ...Object.keys(r.inputs)])]
      .filter((key) => !r.ignoreChanges.includes(key))
      .filter((key) => JSON.stringify(old.inputs[key]) !== JSON.stringify(r.inputs[key]));
    return changed.length === 0 ? [] : [`${changed.includes("triggers") ? "replace" : "update"} ${r.name}`];
  });
  return [...gone, ...rest].sort();
}

describe("the program of a cluster that is saved and woken", () => {
  it("has nothing of it before the first time", () => {
    expect(run("never").filter((r) => /-(save|wake|clock|awake)$/.test(r.name))).toEqual([]);
  });

  it("saves by one step, which comes after everything else", () => {
    expect(changes("never", "saved")).toEqual(["create main-save"]);
    expect(find("saved", "main-save").dependencies).toContain("main-smoke");
    expect(String(find("saved", "main-save").inputs.create)).toContain("managedsave");
  });

  it("wakes the machines, sets every clock, and checks the cluster", () => {
    const steps = ["cp0-clock", "main-awake", "main-wake", "w1-clock", "w2-clock"];
    expect(changes("saved", "woken")).toEqual(steps.map((name) => `create ${name}`));
    expect(find("woken", "main-wake").dependencies).toEqual([]);
    expect(find("woken", "cp0-clock").dependencies).toEqual(["main-wake"]);
    expect(find("woken", "main-awake").dependencies.toSorted()).toEqual(["cp0-clock", "w1-clock", "w2-clock"]);
    expect(changes("again", "twice")).toEqual(steps.map((name) => `replace ${name}`));
  });

  it("saves again by the same step, and leaves what woke it as it is", () => {
    expect(changes("woken", "again")).toEqual(["replace main-save"]);
  });

  it("touches no machine before the cluster is awake", () => {
    for (const machine of ["cp0", "w1", "w2"])
      expect(find("woken", machine).dependencies).toEqual(expect.arrayContaining(["main-wake", "main-awake"]));
  });

  it("never saves a cluster that is on, also where an attempt to save it left no step behind", () => {
    for (const name of ["woken", "twice"] as const) expect(find(name, "main-save").inputs).not.toHaveProperty("create");
  });

  it("starts no machine and runs nothing on one while it is saved", () => {
    for (const machine of ["cp0", "w1"])
      expect(find("saved", machine).ignoreChanges).toEqual(expect.arrayContaining(["running", "autostart"]));
    for (const { name, inputs, ignoreChanges } of run("again").filter((r) => r.inputs.connection !== undefined))
      expect([name, Object.keys(inputs).filter((key) => !ignoreChanges.includes(key))]).toEqual([name, []]);
    expect(find("woken", "cp0").ignoreChanges).toEqual(find("never", "cp0").ignoreChanges);
  });

  it("sets no clock of a machine that is made after the cluster was woken", () => {
    expect(run("grown").some((r) => r.name === "w2-clock")).toBe(false);
  });
});
