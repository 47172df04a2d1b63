/** What another hand may have removed of a cluster before its teardown: each part by itself, and every pair of them. */
import { execFileSync } from "node:child_process";
import { readdirSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { type ClusterSpec, networkOf } from "#app/domain/cluster/spec.ts";
import { stackFiles } from "#pulumi/stack/stack-files.ts";
import { type Rig, uri } from "#tests/engine/rig.ts";

const virsh = (...words: readonly string[]): string =>
  execFileSync("virsh", ["-q", "-c", uri, ...words], { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });

/** What an earlier removal took along is gone already. */
function quietly(...words: readonly string[]): void {
  try {
    virsh(...words);
  } catch {
    // Its part is missing, which is what is wanted.
  }
}

const poolFolder = (rig: Rig, { prefix }: ClusterSpec): string => join(rig.home, "pools", prefix);

const removals: Readonly<Record<string, (rig: Rig, spec: ClusterSpec) => unknown>> = {
  machines: (_, spec) => {
    for (const { libvirtName } of spec.machines) quietly("undefine", libvirtName);
  },
  network: (_, spec) => {
    const { name } = networkOf(spec);
    quietly("net-destroy", name);
    quietly("net-undefine", name);
  },
  pool: (_, { prefix }) => {
    quietly("pool-destroy", prefix);
    quietly("pool-undefine", prefix);
  },
  folder: (rig, spec) => rmSync(poolFolder(rig, spec), { recursive: true, force: true }),
  volume: (rig, spec) => rmSync(join(poolFolder(rig, spec), `${spec.machines[0]?.libvirtName}.qcow2`), { force: true }),
  "state file": (rig, { stackName }) => {
    // The state with every copy that stands in for it.
    const files = stackFiles(rig.home, rig.tenantId, stackName);
    const stacks = dirname(files.checkpoint);
    for (const name of readdirSync(stacks).filter((n) => n.startsWith(`${stackName}.json`))) rmSync(join(stacks, name));
    for (const folder of [files.history, files.backups]) rmSync(folder, { recursive: true, force: true });
  },
  // Half of a part.
  "newest state": (rig, { stackName }) => rmSync(stackFiles(rig.home, rig.tenantId, stackName).checkpoint),
  "network's start": (_, spec) => quietly("net-destroy", networkOf(spec).name),
  "pool's start": (_, { prefix }) => quietly("pool-destroy", prefix),
  // What runs without a definition vanishes when it is stopped.
  "machine's definition": (_, { machines: [machine] }) => {
    virsh("start", machine?.libvirtName ?? "");
    virsh("undefine", machine?.libvirtName ?? "");
  },
  "network's definition": (_, spec) => virsh("net-undefine", networkOf(spec).name),
};

export const parts = ["machines", "network", "pool", "folder", "volume", "state file"] as const;
const halves = ["newest state", "network's start", "pool's start", "machine's definition", "network's definition"] as const;
type Part = (typeof parts)[number] | (typeof halves)[number];

export type Missing = readonly Part[];

export const singles: readonly Missing[] = [...parts, ...halves].map((part) => [part]);
export const pairs: readonly Missing[] = parts.flatMap((a, i) => parts.slice(i + 1).map((b) => [a, b]));

export function removeParts(rig: Rig, spec: ClusterSpec, missing: Missing): void {
  for (const part of missing) removals[part]?.(rig, spec);
}
