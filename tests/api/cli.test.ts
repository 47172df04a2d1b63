/** The command line as people run it: a process of its own against a portal over HTTP, with a worker that pretends. */
import { reported } from "#app/domain/message/message.ts";
import { message } from "#app/domain/message/message.ts";
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { execa } from "execa";
import { afterAll, beforeAll, expect, test } from "vitest";
import { systemSecrets } from "#app/adapters/auth/secrets.ts";
import type { PlanRow, Refusal } from "#app/domain/plan/plan.ts";
import type { Claim } from "#app/ports/operation-store.ts";
import { type Rig, type Someone, startRig } from "./rig.ts";

const berth = fileURLToPath(new URL("../../app/cli/berth.mjs", import.meta.url));
let rig: Rig;
let ada: Someone;
let home: string;
let stop: () => void;

beforeAll(async () => {
  rig = await startRig();
  ada = await rig.person("ada");
  home = mkdtempSync(join(tmpdir(), "berth-cli-"));
  stop = pretendToWork(rig);
});

afterAll(async () => {
  stop();
  await rig.close();
  rmSync(home, { recursive: true });
});

const run = (args: readonly string[], env: Record<string, string> = { BERTH_TOKEN: ada.token }, input = "") =>
  execa(process.execPath, [berth, ...args], {
    reject: false,
    input,
    extendEnv: false,
    env: { PATH: process.env.PATH ?? "", HOME: home, BERTH_URL: rig.url, ...env },
  });

test("create --wait goes from a name to a ready cluster, and destroy --wait to its receipt", async () => {
  const made = await run(["cluster", "create", "demo", "--workers", "1", "--wait"]);
  expect(made.stderr).toContain("Plan 1, revision 0 → 1: +1 ~0 ±0 -0");
  expect([made.exitCode, made.stdout]).toEqual([0, expect.stringContaining("ada/demo  ready")]);
  const listed = await run(["cluster", "list", "-o", "name"]);
  expect(listed.stdout).toBe("ada/demo");
  const operations = await run(["operation", "list"]);
  // What made the cluster is not called an update of it.
  expect(operations.stdout).toMatch(/ada\/demo +create +succeeded/);
  expect(operations.stdout).not.toMatch(/ada\/demo +update/);
  const unasked = await run(["cluster", "destroy", "demo", "--wait"]);
  expect([unasked.exitCode, unasked.stderr]).toEqual([3, expect.stringContaining("say --yes")]);
  const gone = await run(["cluster", "destroy", "demo", "--wait", "--yes"]);
  expect([gone.exitCode, gone.stdout]).toEqual([0, expect.stringContaining("cp0")]);
});

test("an add-on is put into a cluster, shown with it, removed and refused by name", async () => {
  const made = await run(["cluster", "create", "measured", "--add-on", "metrics-server", "--wait"]);
  expect([made.exitCode, made.stdout]).toEqual([0, expect.stringContaining("Add-ons: metrics-server 0.9.0")]);
  const removed = await run(["cluster", "update", "measured", "--remove-add-on", "metrics-server", "--wait", "--yes"]);
  expect([removed.exitCode, removed.stdout]).toEqual([0, expect.not.stringContaining("Add-ons")]);
  expect((await run(["cluster", "update", "measured", "--add-on", "metrics-server", "--wait", "--yes"])).stdout).toContain(
    "Add-ons: metrics-server",
  );
  const strange = await run(["cluster", "update", "measured", "--remove-add-on", "ingress"]);
  expect([strange.exitCode, strange.stderr]).toEqual([2, expect.stringContaining("it has metrics-server")]);
  const unknown = await run(["cluster", "create", "other", "--add-on", "ingress"]);
  expect([unknown.exitCode, unknown.stderr]).toEqual([2, expect.stringContaining("there is no add-on “ingress”")]);
});

test("a cluster is saved and woken, and a saved one is shown as such with the way back", async () => {
  await run(["cluster", "create", "night", "--wait"]);
  const saved = await run(["cluster", "save", "night", "--wait", "--yes"]);
  expect([saved.exitCode, saved.stdout]).toEqual([0, expect.stringContaining("Wake it with: berth cluster wake ada/night")]);
  expect((await run(["cluster", "list"])).stdout).toMatch(/night +ready, saved/);
  expect((await run(["cluster", "save", "night"])).stderr).toContain("says the same already");
  const woken = await run(["cluster", "wake", "night", "--wait", "--yes"]);
  expect([woken.exitCode, woken.stdout]).toEqual([0, expect.not.stringContaining("berth cluster wake")]);
});

test("a failed operation, a wrong value, an absent cluster and an absent portal end with codes of their own", async () => {
  const failed = await run(["cluster", "create", "broken", "--wait"]);
  expect([failed.exitCode, failed.stderr]).toEqual([1, expect.stringContaining("kubeadm said no")]);
  expect((await run(["cluster", "create", "Not A Name"])).exitCode).toBe(2);
  expect((await run(["cluster", "create", "x", "--workers", "many"])).exitCode).toBe(2);
  expect((await run(["cluster", "get", "nothing"])).exitCode).toBe(3);
  expect((await run(["cluster", "list"], { BERTH_TOKEN: "berth_wrong" })).exitCode).toBe(3);
  expect((await run(["cluster", "list"], { BERTH_URL: "http://127.0.0.1:9" })).exitCode).toBe(4);
});

test("a name with blanks around it is followed under the name that the portal gave, and hostile arguments are not repeated raw", async () => {
  const made = await run(["cluster", "create", " blanks ", "--workers", "1", "--wait"]);
  expect([made.exitCode, made.stdout]).toEqual([0, expect.stringContaining("ada/blanks  ready")]);
  const odd = await run(["cluster", "create", "odd\u001b[2J\u202e"]);
  expect([odd.exitCode, odd.stderr]).toEqual([2, expect.stringContaining("U+001B")]);
  const option = await run(["cluster", "list", "--\u001b]0;x\u0007odd"]);
  expect(odd.stderr + option.stderr).not.toMatch(/[\u001b\u0007\u202e]/);
});

test("answers are JSON when asked for", async () => {
  const made = await run(["cluster", "create", "json", "-o", "json"]);
  const { id } = JSON.parse(made.stdout) as { id: string };
  const watched = await run(["operation", "watch", id, "-o", "json"]);
  expect(JSON.parse(watched.stdout)).toMatchObject({ id, kind: "preview", state: "succeeded" });
  const images = await run(["image", "list", "-o", "json"]);
  expect(JSON.parse(images.stdout)).toMatchObject([{ name: "debian-13-kubernetes-1.35.4" }]);
});

test("a plan that does not fit is refused in every format, and is printed before", async () => {
  await run(["cluster", "create", "vast"]);
  for (const format of ["table", "json", "name"]) {
    const previewed = await run(["cluster", "preview", "vast", "--wait", "-o", format]);
    expect([format, previewed.exitCode, previewed.stderr]).toEqual([
      format,
      3,
      expect.stringContaining("does not fit: Memory: 9 MiB needed, 8 MiB available"),
    ]);
    if (format === "json") expect(JSON.parse(previewed.stdout)).toMatchObject({ plan: { refusals: [{ code: "memory" }] } });
  }
  expect((await run(["cluster", "update", "vast", "--wait", "--yes", "-o", "json"])).exitCode).toBe(3);
});

test("sign-in keeps the token for this portal only, where nobody else can read it", async () => {
  const signed = await run(["sign-in"], {}, `${ada.token}\n`);
  expect([signed.exitCode, signed.stdout + signed.stderr]).toEqual([0, expect.not.stringContaining(ada.token)]);
  const file = join(home, ".config", "berth", "login.json");
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(readFileSync(file, "utf8")).toContain(ada.token);
  expect((await run(["tenant", "list", "-o", "name"], {})).stdout).toBe("ada");
  expect((await run(["tenant", "list"], { BERTH_URL: rig.url.replace("127.0.0.1", "localhost") })).exitCode).toBe(3);
});

/** Does at once what a worker does in minutes. Clusters named `broken` fail, and those named `vast` do not fit. */
function pretendToWork({ stores }: Rig): () => void {
  let working = Promise.resolve();
  const timer = setInterval(() => {
    working = working.then(async () => {
      const taken = await stores.operations.claim({ workerId: "pretender", now: Date.now, leaseMs: 60_000, maxRunning: 100 });
      if (taken) await finish(taken.claim, taken.operation.kind);
    });
  }, 20);

  const finish = async (claim: Claim, kind: string) => {
    const cluster = await stores.clusters.get(claim.clusterId);
    if (!cluster) throw new Error("the cluster is not there");
    const end = (to: "succeeded" | "failed") => stores.operations.finish(claim, to, [], null, Date.now());
    if (kind === "preview") {
      const operation = await stores.operations.get(claim.operationId);
      const refusals = cluster.name === "vast" ? [tooLittleMemory] : [];
      const plan = await rig.plan(cluster.name, "ada", {
        operationId: claim.operationId,
        kind: operation?.planKind ?? "update",
        id: systemSecrets.id(),
        rows: [row],
        refusals,
      });
      await rig.append(claim, { kind: "planned", planId: plan.id });
      await end("succeeded");
    } else if (cluster.name === "broken") {
      await stores.operations.finish(claim, "failed", [reported("kubeadm said no")], null, Date.now());
    } else if (kind === "update") {
      await stores.clusters.setLiveRevision(cluster.id, cluster.revision);
      await stores.clusters.setState(cluster.id, "ready", Date.now());
      await end("succeeded");
    } else {
      await stores.clusters.setReceipt(cluster.id, {
        operationId: claim.operationId,
        at: 1,
        by: "ada",
        rows: [{ what: "machine", name: "b0abcde-cp0", gone: true, proof: message("no-machine") }],
      });
      await stores.clusters.setState(cluster.id, "gone", Date.now());
      await end("succeeded");
    }
  };
  return () => clearInterval(timer);
}

const tooLittleMemory: Refusal = { code: "memory", needed: 9, available: 8, unit: "MiB" };
const row: PlanRow = {
  urn: "urn:1",
  name: "cp0",
  step: "machine",
  type: "libvirt:index/domain:Domain",
  phase: "boot",
  change: "create",
  impact: "none",
  machine: "cp0",
  on: null,
  changed: [],
};
