/**
 * The script that sets a pool's labels and taints on a node, run by a real shell with a stand-in for kubectl that keeps a node in
 * files.
 */
import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { examplePool, exampleSpec } from "#app/domain/cluster/example-spec.ts";
import { type NodePoolSpec, workersOf } from "#app/domain/cluster/spec.ts";
import { hasNodeSettings, nodeSettingsScript } from "./pool-scripts.ts";
import { smokeScript } from "./scripts.ts";

type Settings = Pick<NodePoolSpec, "labels" | "taints">;

const spec = { ...exampleSpec(), profile: "accelerated" } as const;
const worker = workersOf(spec)[0] ?? expect.fail();
const nothing: Settings = { labels: {}, taints: [] };

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "berth-pools-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** The node is three files: labels, taints, annotations. A call fails for each line of `failures`. */
const kubectl = `#!/bin/bash
cd "$(dirname "$0")"
echo "$*" >> calls
touch labels taints annotations failures
if [ -s failures ]; then sed -i 1d failures; exit 1; fi
drop() { grep -vE "$2" $1 > next || true; mv next $1; }
put() {
  for word in "\${@:2}"; do
    name=$(sed -E 's/(=.*)?(:[A-Za-z]+)?-?$//' <<< "$word") effect=$(grep -oE ':[A-Za-z]+' <<< "$word" || true)
    case $word in
      --overwrite) ;;
      *-) drop $1 "^$name(=[^:]*)?$effect$";;
      *) drop $1 "^$name(=[^:]*)?$effect$"; echo "$word" >> $1;;
    esac
  done
}
annotation() { grep -q "^$1=" annotations && sed -n "s#^$1=##p" annotations || echo "<no value>"; }
case $1 in
  get) echo "$(annotation berth.dev/labels)|$(annotation berth.dev/taints)";;
  label) put labels "\${@:4}";;
  taint) put taints "\${@:4}";;
  annotate) put annotations "\${@:4}";;
esac
`;

const linesOf = (file: string): readonly string[] =>
  existsSync(join(folder, file))
    ? readFileSync(join(folder, file), "utf8")
        .split("\n")
        .filter((line) => line !== "")
        .sort()
    : [];

function run(settings: Settings) {
  writeFileSync(join(folder, "kubectl"), kubectl);
  chmodSync(join(folder, "kubectl"), 0o755);
  const script = nodeSettingsScript(spec, worker, settings).replace(/sleep \d+/g, "true");
  const { status, stderr } = spawnSync("/bin/bash", ["-c", script], {
    encoding: "utf8",
    env: { NODE_ENV: "test", PATH: `${folder}:/usr/bin:/bin` },
  });
  return { status, stderr, labels: linesOf("labels"), taints: linesOf("taints") };
}

const gpu: Settings = {
  labels: { accelerator: "nvidia", "example.org/tier": "gold" },
  taints: [{ key: "gpu", value: "yes", effect: "NoSchedule" }],
};

it("sets labels and taints, and a second run changes nothing", () => {
  const first = run(gpu);
  expect(first).toMatchObject({ status: 0, labels: ["accelerator=nvidia", "example.org/tier=gold"], taints: ["gpu=yes:NoSchedule"] });
  expect(run(gpu)).toEqual(first);
});

it("takes away what it set before, and leaves labels and taints of other hands", () => {
  run(gpu);
  writeFileSync(join(folder, "labels"), `${linesOf("labels").join("\n")}\nteam=blue\n`);
  writeFileSync(join(folder, "taints"), `${linesOf("taints").join("\n")}\nupgrade:NoSchedule\n`);
  expect(run({ labels: { accelerator: "amd" }, taints: [] })).toMatchObject({
    status: 0,
    labels: ["accelerator=amd", "team=blue"],
    taints: ["upgrade:NoSchedule"],
  });
  expect(run(nothing)).toMatchObject({ status: 0, labels: ["team=blue"], taints: ["upgrade:NoSchedule"] });
});

it("changes the value of a label and of a taint in place", () => {
  run(gpu);
  expect(run({ ...gpu, taints: [{ key: "gpu", value: "no", effect: "NoSchedule" }] })).toMatchObject({
    status: 0,
    taints: ["gpu=no:NoSchedule"],
  });
});

it("a node that was never touched has nothing taken away", () => {
  expect(run(nothing)).toMatchObject({ status: 0, labels: [], taints: [] });
  expect(linesOf("calls").some((call) => call.startsWith("label"))).toBe(false);
});

it("asks a busy API server again", () => {
  writeFileSync(join(folder, "failures"), "1\n2\n");
  expect(run(gpu)).toMatchObject({ status: 0, labels: ["accelerator=nvidia", "example.org/tier=gold"] });
});

it("ends with an error when the API server never answers, and says nothing was set", () => {
  writeFileSync(join(folder, "failures"), Array.from({ length: 50 }, (_, i) => `${i}\n`).join(""));
  expect(run(gpu)).toMatchObject({ status: 1, labels: [], taints: [] });
});

it("a pool without labels and taints has no such step", () => {
  expect(
    [nothing, { labels: { a: "b" }, taints: [] }, { labels: {}, taints: gpu.taints }].map((settings) =>
      hasNodeSettings({ ...exampleSpec().kubernetes[0]?.pools[0], ...settings } as NodePoolSpec),
    ),
  ).toEqual([false, true, true]);
});

it("the cluster check runs on any node where pools have taints, and its text is that of before where none has", () => {
  const pools = (taints: Settings["taints"]) => exampleSpec({ pools: [examplePool({ taints })] });
  expect(smokeScript(pools(gpu.taints))).toContain('"tolerations":[{"operator":"Exists"}]');
  expect(smokeScript(pools([]))).toBe(smokeScript(exampleSpec()));
  expect(smokeScript(pools([]))).not.toContain("tolerations");
});
