/** The scripts around a new size, run by real shells with stand-ins for virsh and kubectl on the path. */
import { spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { exampleSpec } from "#app/domain/cluster/example-spec.ts";
import { addressOf, workersOf } from "#app/domain/cluster/spec.ts";
import { leaveScript } from "./scripts.ts";
import { answersScript, backScript, drainScript, shutdownScript } from "./resize-scripts.ts";

const spec = { ...exampleSpec(), profile: "accelerated" } as const;
const worker = workersOf(spec)[0] ?? expect.fail();

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "berth-rest-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Runs the script; each program on the path appends its arguments to `calls` and then does what `programs` says. */
function run(shell: "sh" | "bash", script: string, programs: Record<string, string>) {
  for (const [name, body] of Object.entries(programs)) {
    writeFileSync(join(folder, name), `#!/bin/sh\necho "${name} $*" >> ${folder}/calls\n${body}\n`);
    chmodSync(join(folder, name), 0o755);
  }
  writeFileSync(join(folder, "calls"), "");
  // The machine's own folder does not exist here.
  const { status, stdout, stderr } = spawnSync(`/bin/${shell}`, ["-c", script.replaceAll("/var/lib/berth", folder)], {
    encoding: "utf8",
    env: { NODE_ENV: "test", PATH: `${folder}:/usr/bin:/bin` },
  });
  return { status, stdout: stdout.trim(), stderr: stderr.trim(), calls: readFileSync(join(folder, "calls"), "utf8").trim().split("\n") };
}

const shutdown = (virsh: string, seconds = 80) => run("sh", shutdownScript(worker, seconds, "qemu:///system"), { virsh });
const states = (after: string): string =>
  `case "$*" in *shutdown*) touch ${folder}/asked;; *domstate*) [ -e ${folder}/asked ] && echo "${after}" || echo running;; esac`;

it("shuts a machine down by its power button and waits until it is off", () => {
  const { status, stdout, calls } = shutdown(states("shut off"));
  expect(status).toBe(0);
  expect(stdout).toBe(`${worker.libvirtName} is asked to shut down\n${worker.libvirtName} is off`);
  expect(calls).toContain(`virsh -q -c qemu:///system shutdown ${worker.libvirtName} --mode acpi`);
});

it("a machine on its way down is not off yet: its name and its disk are still taken", () => {
  const slow = `case "$*" in *shutdown*) touch ${folder}/slow;; *domstate*)
  if [ -e ${folder}/slow2 ]; then echo "shut off"; elif [ -e ${folder}/slow ]; then touch ${folder}/slow2; echo "in shutdown"; else echo running; fi;; esac`;
  const { stdout, calls } = shutdown(slow);
  expect(stdout).toBe(`${worker.libvirtName} is asked to shut down\n${worker.libvirtName} is off`);
  expect(calls.filter((call) => call.includes("domstate"))).toHaveLength(3);
});

it("does not wait for ever for a machine that does not listen", () => {
  const { status, stdout } = shutdown(states("running"), 4);
  expect([status, stdout.split("\n").at(-1)]).toEqual([0, `${worker.libvirtName} has not shut down within 4 s: it is switched off`]);
});

it("has nothing to do for a machine that is off or gone", () => {
  expect(shutdown("echo 'shut off'")).toMatchObject({ status: 0, stdout: `${worker.libvirtName} is shut off already` });
  expect(shutdown(`case "$*" in *list*) echo another;; *) exit 1;; esac`)).toMatchObject({ status: 0, stdout: "" });
});

it("does not take the silence of libvirt for a machine that is off", () => {
  expect(shutdown("exit 1", 4).status).toBe(1);
  // It stalls once, and then says that the machine still runs.
  const stalls = `[ -e ${folder}/stalled ] || { touch ${folder}/stalled; exit 1; }\n${states("shut off")}`;
  expect(shutdown(`case "$*" in *list*) exit 1;; esac\n${stalls}`)).toMatchObject({
    status: 0,
    stdout: `${worker.libvirtName} is asked to shut down\n${worker.libvirtName} is off`,
  });
});

const labels = `{"kubernetes.io/os":"linux","node-role.kubernetes.io/worker":""}`;
const ready = `case "$*" in *"get node"*) echo "${worker.name} True";; esac`;

it("drains a node that is Ready", () => {
  const { status, calls } = run("bash", drainScript(spec, worker), { kubectl: ready, bash: "exit 0" });
  expect(status).toBe(0);
  expect(calls.filter((c) => c.startsWith("kubectl")).map((c) => c.split(" ")[1])).toEqual(["get", "cordon", "drain"]);
});

it("drains nothing when the machine is gone and Kubernetes has not noticed yet", () => {
  const { status, stdout, calls } = run("bash", drainScript(spec, worker), { kubectl: ready, bash: "exit 1" });
  expect([status, stdout]).toEqual([0, `node ${worker.name} does not answer: there is nothing to drain`]);
  expect(calls.filter((c) => c.startsWith("bash"))).toEqual(Array(3).fill(`bash -c </dev/tcp/${addressOf(worker)}/10250`));
});

it("continues when something does not move away in time, and reports it", () => {
  const { status, stdout } = run("bash", drainScript(spec, worker), {
    kubectl: `${ready}\ncase "$1" in drain) exit 1;; esac`,
    bash: "exit 0",
  });
  expect([status, stdout]).toEqual([0, `not everything moved away from ${worker.name} in time: the rest goes down with it`]);
});

it.each([
  ["is not Ready", `echo "${worker.name} Unknown"`],
  ["is not there", ":"],
  ["cannot be asked about", "exit 1"],
])("drains nothing when the node %s, and does not stand in the way", (_, kubectl) => {
  const { status, calls } = run("bash", drainScript(spec, worker), { kubectl });
  expect(status).toBe(0);
  expect(calls.every((c) => c.startsWith("kubectl get"))).toBe(true);
});

it("lets a node take pods again once it is Ready, and leaves one alone that was never drained", () => {
  const held = `case "$*" in *unschedulable*) echo 'true ${labels}';; *Ready*) echo True;; esac`;
  expect(run("bash", backScript(spec, worker, "abcdef"), { kubectl: held }).calls.at(-1)).toBe(`kubectl uncordon ${worker.name}`);
  expect(run("bash", backScript(spec, worker, "abcdef"), { kubectl: `echo ' ${labels}'` })).toMatchObject({
    status: 0,
    stdout: `node ${worker.name} takes pods`,
  });
});

it("welcomes a Node that is new to the cluster, and leaves no token behind that it joined with", () => {
  const { status, calls } = run("bash", backScript(spec, worker, "abcdef"), {
    kubectl: `case "$*" in *unschedulable*) echo ' {"kubernetes.io/os":"linux"}';; esac`,
  });
  expect(status).toBe(0);
  expect(calls.slice(-2)).toEqual([
    `kubectl label node ${worker.name} node-role.kubernetes.io/worker= --overwrite`,
    "kubectl -n kube-system delete secret bootstrap-token-abcdef --ignore-not-found",
  ]);
});

it("waits for the API server of a restarted control plane", () => {
  expect(run("bash", answersScript(spec), { kubectl: "echo ok" })).toMatchObject({ status: 0, stdout: "the API server answers" });
});

const evicting = `error when evicting pods/"web-0" -n "shop" (will retry after 5s): Cannot evict pod as it would violate the pod's disruption budget.`;
const leaving = (unschedulable: string, drain: string): string => `case "$*" in
  *unschedulable*) echo "${unschedulable}";;
  *"get node"*"-o name") echo node/${worker.name};;
  *"get node"*) echo True;;
  *poddisruptionbudgets*) [ "$2" = shop ] && echo "web" ;;
  drain*) ${drain};;
esac`;
const blockedDrain = `echo '${evicting.replaceAll("'", `'\\''`)}' >&2; echo '${evicting.replaceAll("'", `'\\''`)}' >&2; exit 1`;

it("that leaves for good is drained, and stays cordoned", () => {
  const { status, calls } = run("bash", leaveScript(spec, worker), { kubectl: leaving("", "exit 0"), bash: "exit 0" });
  expect([status, calls.filter((c) => /kubectl (un)?cordon|drain/.test(c)).map((c) => c.split(" ")[1])]).toEqual([0, ["cordon", "drain"]]);
});

it("takes pods again when its drain is given up, and the pod and its disruption budget are named once", () => {
  const { status, stderr, calls } = run("bash", leaveScript(spec, worker), { kubectl: leaving("", blockedDrain), bash: "exit 0" });
  expect([status, calls.at(-1)]).toEqual([1, `kubectl uncordon ${worker.name}`]);
  expect(stderr.split("\n").filter((l) => l.includes("may not be evicted"))).toEqual([
    `pod shop/web-0 may not be evicted: disruption budget shop/web allows no disruption now; ${worker.name} takes pods again`,
  ]);
});

it("is given two minutes to be drained with hardware acceleration and four on an emulated machine", () => {
  const given = (["accelerated", "emulated"] as const).map((profile) =>
    /timeout (\d+) kubectl drain .*--timeout=(\d+)s/
      .exec(leaveScript({ ...spec, profile }, worker))
      ?.slice(1)
      .map(Number),
  );
  expect(given).toEqual([
    [180, 120],
    [420, 240],
  ]);
});

it("keeps the drain of a new size as it is: another text would be a change of every cluster that is there", () => {
  const given = (["accelerated", "emulated"] as const).map((profile) =>
    /timeout (\d+) kubectl drain .*--timeout=(\d+)s/
      .exec(drainScript({ ...spec, profile }, worker))
      ?.slice(1)
      .map(Number),
  );
  expect(given).toEqual([
    [180, 120],
    [540, 360],
  ]);
});

it("that a person had cordoned stays so when its drain is given up", () => {
  const { status, calls } = run("bash", leaveScript(spec, worker), { kubectl: leaving("true", blockedDrain), bash: "exit 0" });
  expect([status, calls.some((c) => c.startsWith("kubectl uncordon"))]).toEqual([1, false]);
});
