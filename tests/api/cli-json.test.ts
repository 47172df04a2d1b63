/** With -o json every command prints one JSON document to standard output, and tells what goes wrong as JSON. */
import { message } from "#app/domain/message/message.ts";
import type { Command } from "commander";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { systemSecrets } from "#app/adapters/auth/secrets.ts";
import { createProgram, endingOf, wantsJson } from "#app/cli/program.ts";
import { poolsOf } from "#app/domain/cluster/spec.ts";
import { clusterFormSchema, toSpecInput } from "#app/forms/cluster-form.ts";
import { allClusters } from "#tests/contract/fixtures.ts";
import { type Rig, type Someone, startRig } from "./rig.ts";

let rig: Rig;
let root: Someone;
let stop: () => Promise<void>;
/** Whether what is queued stays queued. */
let paused = false;

beforeAll(async () => {
  rig = await startRig();
  root = await rig.person("root", true);
  vi.stubEnv("BERTH_URL", rig.url);
  vi.stubEnv("BERTH_TOKEN", root.token);
  vi.stubEnv("BERTH_TENANT", "root");
  stop = work(rig);
});

afterAll(async () => {
  await stop();
  await rig.close();
  vi.unstubAllEnvs();
});

/** In this process, as `main.ts` does it: a process for each call takes seconds. */
async function run(...args: readonly string[]): Promise<{ readonly stdout: string; readonly stderr: string; readonly exitCode: number }> {
  const written = { stdout: "", stderr: "" };
  const capture = (to: "stdout" | "stderr") =>
    vi.spyOn(process[to], "write").mockImplementation((text) => {
      written[to] += String(text);
      return true;
    });
  const spies = [capture("stdout"), capture("stderr")];
  const json = wantsJson(args);
  try {
    const error: unknown = await createProgram(json)
      .parseAsync(args, { from: "user" })
      .then(
        () => null,
        (e: unknown) => e,
      );
    const exitCode = error === null ? Number(process.exitCode ?? 0) : endingOf(error, json);
    return { stdout: written.stdout, stderr: written.stderr.trimEnd(), exitCode };
  } finally {
    process.exitCode = 0;
    for (const spy of spies) spy.mockRestore();
  }
}

const lastError = (stderr: string) => (JSON.parse(stderr.split("\n").at(-1) ?? "") as { error: Record<string, unknown> }).error;

const leaves = (command: Command, path: readonly string[] = []): readonly (readonly [string, Command])[] =>
  command.commands.length === 0 ? [[path.join(" "), command]] : command.commands.flatMap((child) => leaves(child, [...path, child.name()]));

const newest = async (): Promise<string> => (await rig.stores.operations.list({ limit: 1 }))[0]?.id ?? expect.fail("no operation");

async function update(to: "queued" | "cancelled"): Promise<string> {
  const cluster = (await allClusters(rig.stores.clusters, null)).find((c) => c.name === "alive") ?? expect.fail("no cluster");
  const asked = {
    kind: "update",
    planKind: "update",
    specRevision: 1,
    planId: null,
    drift: null,
    requestedBy: root.actor.personId,
    requestedByName: "root",
    requestedAt: Date.now(),
    idempotencyKey: null,
  } as const;
  paused = to === "queued";
  const { operation } = await rig.stores.operations.submit({
    ...asked,
    id: systemSecrets.id(),
    tenantId: cluster.tenantId,
    clusterId: cluster.id,
  });
  if (to === "cancelled") await rig.stores.operations.requestCancel(operation.id, "root", Date.now());
  return operation.id;
}

/** In order: some need what earlier ones made. */
const calls: readonly (readonly [string, ...(string | (() => Promise<string>))[]])[] = [
  ["tenant list"],
  ["tenant create", "shared"],
  ["image list"],
  ["setup"],
  ["cluster create", "demo"],
  ["cluster list"],
  ["cluster get", "demo"],
  ["operation list", "-n", "500"],
  ["operation watch", newest],
  ["cluster update", "demo", "--workers", "2", "--wait", "--yes"],
  ["cluster preview", "demo", "--wait"],
  ["cluster create", "alive", "--wait", "--yes"],
  ["cluster drift", "alive"],
  ["cluster renew-certificates", "alive", "--wait", "--yes"],
  ["cluster hours", "alive", "mon-fri 08:00-19:00 Europe/Berlin", "--wait", "--yes"],
  ["cluster save", "alive", "--wait", "--yes"],
  ["cluster wake", "alive", "--wait", "--yes"],
  ["operation cancel", () => update("queued")],
  ["operation resume", () => update("cancelled"), "--wait"],
  ["cluster create", "draft"],
  ["operation watch", newest],
  ["cluster destroy", "draft"],
  ["cluster destroy", "alive", "--wait", "--yes"],
];

test("every command that takes a format prints one document, and is called here", async () => {
  const formatted = leaves(createProgram(false)).filter(([, command]) => command.options.some((o) => o.long === "--output"));
  expect([...new Set(calls.map(([name]) => name))].sort()).toEqual(formatted.map(([name]) => name).sort());
  for (const [name, ...args] of calls) {
    const given = await Promise.all(args.map((a) => (typeof a === "string" ? a : a())));
    const done = await run(...name.split(" "), ...given, "-o", "json");
    paused = false;
    expect([name, given, done.exitCode, done.stderr.includes('"error"')]).toEqual([name, given, 0, false]);
    expect([name, typeof JSON.parse(done.stdout)]).toEqual([name, "object"]);
  }
});

test("a generated key is in the document and nowhere else, also when the rest fails", async () => {
  const made = await run("cluster", "create", "keyed", "--generate-ssh-key", "-o", "json");
  const { id, generatedKey } = JSON.parse(made.stdout) as { id: string; generatedKey: { privateKey: string; publicKey: string } };
  expect([typeof id, generatedKey.privateKey, generatedKey.publicKey]).toEqual([
    "string",
    expect.stringContaining("PRIVATE KEY"),
    expect.stringMatching(/^ssh-/),
  ]);
  expect(made.stderr).not.toContain("PRIVATE KEY");
  const broken = await run("cluster", "create", "broken", "--generate-ssh-key", "--wait", "-o", "json");
  expect([broken.exitCode, lastError(broken.stderr).code]).toEqual([1, "failed"]);
  expect((JSON.parse(broken.stdout) as typeof made & { generatedKey: { privateKey: string } }).generatedKey.privateKey).toContain(
    "PRIVATE KEY",
  );
  const fetched = globalThis.fetch;
  const unread = vi
    .spyOn(globalThis, "fetch")
    .mockImplementation((at, init) =>
      String(at).endsWith("/clusters/unread") ? Promise.resolve(Response.json({ status: 404 }, { status: 404 })) : fetched(at, init),
    );
  const ready = await run("cluster", "create", "unread", "--generate-ssh-key", "--wait", "--yes", "-o", "json");
  unread.mockRestore();
  expect(ready.exitCode).toBe(3);
  expect((JSON.parse(ready.stdout) as { generatedKey: { privateKey: string } }).generatedKey.privateKey).toContain("PRIVATE KEY");
  const table = await run("cluster", "create", "table", "--generate-ssh-key");
  expect([table.stdout.includes("PRIVATE KEY"), table.stderr.includes("PRIVATE KEY")]).toEqual([false, true]);
});

test("pools are created, changed and removed, and a cluster is renamed", async () => {
  const newestOf = async (name: string) => {
    const cluster = (await allClusters(rig.stores.clusters, null)).find((c) => c.name === name) ?? expect.fail(`no cluster ${name}`);
    return (await rig.stores.clusters.spec(cluster.id, cluster.revision)) ?? expect.fail("no spec");
  };
  const pools = async (name: string) => poolsOf(await newestOf(name)).map((pool) => `${pool.name} ${pool.nodes.join(" ")}`);
  const done = async (...args: readonly string[]) => {
    const { exitCode, stderr } = await run(...args, "--wait", "--yes");
    expect([args, exitCode, exitCode === 0 ? "" : stderr]).toEqual([args, 0, ""]);
  };
  await done(
    "cluster",
    "create",
    "pools",
    "--workers",
    "1",
    "--pool",
    "name=gpu,count=2,vcpus=2,memory=4096,disk=30,label=k=v,taint=k=v:NoSchedule",
    "--pool",
    "name=cache,size=large",
  );
  expect(await pools("pools")).toEqual(["gpu w1 w2", "cache w3", "workers w4"]);
  expect(poolsOf(await newestOf("pools"))[0]).toMatchObject({
    vcpus: 2,
    memoryMiB: 4096,
    diskGiB: 30,
    labels: { k: "v" },
    taints: [{ key: "k", value: "v", effect: "NoSchedule" }],
  });
  expect((await run("cluster", "get", "pools")).stdout).toMatch(/^gpu +2 +2 vCPU 4096 MiB +30 GiB +k=v +k=v:NoSchedule +w1,w2$/m);
  await done("cluster", "edit", "pools", "--pool", "name=gpu,count=1,remove=w1,label=", "--remove-pool", "cache", "--name", "renamed");
  expect(await pools("renamed")).toEqual(["gpu w2", "workers w4"]);
  expect(poolsOf(await newestOf("renamed"))[0]).toMatchObject({ labels: {}, taints: [{ key: "k" }] });
  await done("cluster", "update", "renamed", "--workers", "2", "--pool", "name=more,count=0");
  expect(await pools("renamed")).toEqual(["gpu w2", "workers w1 w4", "more "]);
  expect((await run("cluster", "update", "renamed", "--remove-pool", "old")).stderr).toContain(
    "the cluster has no such pool; it has gpu, workers, more",
  );
  expect((await run("cluster", "update", "renamed", "--pool", "name=gpu,disk=90")).stderr).toContain(
    "Node pool 1, Disk per machine in the pool in GiB",
  );
});

test.each([
  [["cluster", "get", "nothing"], 3, "not-found"],
  [["cluster", "create", "Not A Name"], 2, "invalid"],
  [["cluster", "create", "x", "--workers", "many"], 2, "usage"],
  [["cluster", "create", "x", "--pool", "count=2"], 2, "usage"],
  [["cluster", "create", "x", "--pool", "name=gpu,label=a b=c"], 2, "invalid"],
  [["operation", "list", "-n", "0"], 2, "usage"],
  [["operation", "list", "-n", "99999"], 2, "usage"],
  [["cluster", "nonsense"], 2, "usage"],
])("what goes wrong is told as JSON with a code: berth %j", async (args, exitCode, code) => {
  for (const format of [["-o", "json"], ["--output=json"]]) {
    const wrong = await run(...args, ...format);
    expect([wrong.exitCode, wrong.stdout]).toEqual([exitCode, ""]);
    expect(lastError(wrong.stderr)).toMatchObject({ code, exitCode, message: expect.any(String) });
    if (code === "usage") expect(wrong.stderr.split("\n")).toHaveLength(1);
  }
});

test("a list is as long as was asked for, over several pages; the range is named", async () => {
  const { cluster } = await rig.services.clusters.create(
    root.actor,
    "root",
    toSpecInput(clusterFormSchema().parse({ name: "many", kubernetesVersion: "1.35.4" })),
    null,
  );
  paused = true;
  for (let i = 0; i < 250; i++) {
    const [current] = await rig.stores.operations.list({ clusterId: cluster.id, limit: 1 });
    await rig.stores.operations.requestCancel(current?.id ?? "", "root", Date.now());
    await rig.services.clusters.preview(root.actor, { tenant: "root", cluster: "many" }, "update", null);
  }
  const listed = JSON.parse((await run("operation", "list", "-n", "240", "-o", "json")).stdout) as readonly { id: string }[];
  expect([listed.length, new Set(listed.map((o) => o.id)).size]).toEqual([240, 240]);
  expect((await run("operation", "list", "-n", "0")).stderr).toContain("It must be a whole number from 1 to 10000.");
});

/** Does at once what a worker does in minutes. Updates of a cluster named `broken` fail. */
function work({ stores }: Rig): () => Promise<void> {
  let ended = false;
  const once = async (): Promise<void> => {
    const taken = paused ? null : await stores.operations.claim({ workerId: "stand-in", now: Date.now, leaseMs: 60_000, maxRunning: 100 });
    const cluster = taken && (await stores.clusters.get(taken.claim.clusterId));
    if (!taken || !cluster) return;
    const { operation, claim } = taken;
    const end = (to: "succeeded" | "failed") => stores.operations.finish(claim, to, [], null, Date.now());
    if (operation.kind === "preview") {
      const plan = await rig.plan(cluster.name, "root", { operationId: operation.id, kind: operation.planKind, id: systemSecrets.id() });
      await rig.append(claim, { kind: "planned", planId: plan.id });
    } else if (cluster.name === "broken") return void (await end("failed"));
    else if (operation.kind === "update") {
      await stores.clusters.setLiveRevision(cluster.id, cluster.revision);
      await stores.clusters.setState(cluster.id, "ready", Date.now());
    } else {
      await stores.clusters.setReceipt(cluster.id, {
        operationId: operation.id,
        at: 1,
        by: "root",
        rows: [{ what: "machine", name: `${cluster.name}-cp0`, gone: true, proof: message("no-machine") }],
      });
      await stores.clusters.setState(cluster.id, "gone", Date.now());
    }
    await end("succeeded");
  };
  const working = (async () => {
    while (!ended) {
      await once();
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  })();
  return async () => {
    ended = true;
    await working;
  };
}
