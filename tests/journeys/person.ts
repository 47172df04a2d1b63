/** What a person has at hand in a journey: a running Berth with a home of its own, its command line, kubectl and virsh. */
import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { execa } from "execa";
import { z } from "zod";
import { repoFolder } from "#app/setup/all-steps.ts";
import { findPrivateLibvirt } from "#app/setup/libvirt/private-libvirt.ts";
import { type Berth, kubectl, removeHome, startBerth } from "#tests/e2e/berth.ts";
import type { Steps } from "./record.ts";

const port = 7483;
const minute = 60_000;

export interface Person {
  readonly home: string;
  /** `berth …`, as root on the portal's own machine; answers what it printed. */
  berth(...words: readonly string[]): Promise<string>;
  /** The same; answers what it told a person beside that: the plan, and how it went. */
  berthSaid(...words: readonly string[]): Promise<string>;
  /** `kubectl …` with the kubeconfig that {@link getKubeconfig} fetched. A question is given up after `answerSeconds`. */
  kube(...words: readonly string[]): Promise<string>;
  /** The same, still running: for a watch. */
  kubeRunning(...words: readonly string[]): Running;
  /** `virsh …` on Berth's own libvirt. */
  virsh(...words: readonly string[]): Promise<string>;
}

/** A program that runs on: what it printed so far, and its end. */
export interface Running {
  printed(): string;
  stop(): Promise<void>;
}

export interface PersonOptions {
  readonly answerSeconds: number;
}

/** Berth runs as `npm start` runs it, with a libvirt of its own and a home that goes with the journey. */
export async function withBerth(steps: Steps, { answerSeconds }: PersonOptions, walk: (person: Person) => Promise<void>): Promise<void> {
  const home = await mkdtemp(join(tmpdir(), "berth-journey-"));
  let portal: Berth | null = null;
  try {
    await steps.step("Berth starts with an empty home, and set-up completes", async () => {
      portal = await startBerth({ home, port, first: true });
      return undefined;
    });
    await walk(personAt(home, answerSeconds));
  } finally {
    await (portal as Berth | null)?.stop();
    await removeHome(home);
  }
}

const kubeconfigOf = (home: string): string => join(home, "demo.kubeconfig");

function personAt(home: string, answerSeconds: number): Person {
  const env = { BERTH_HOME: home, BERTH_PORT: String(port) };
  const inCluster = ["--kubeconfig", kubeconfigOf(home)];
  const asked = (words: readonly string[]) =>
    execa(process.execPath, ["app/cli/berth.mjs", ...words], { cwd: repoFolder, env, stderr: ["pipe", "inherit"] });
  return {
    home,
    berth: async (...words) => (await asked(words)).stdout,
    berthSaid: async (...words) => (await asked(words)).stderr,
    kube: async (...words) => (await execa(kubectl(), [...inCluster, `--request-timeout=${answerSeconds}s`, ...words])).stdout,
    kubeRunning: (...words) => {
      const child = execa(kubectl(), [...inCluster, ...words], { reject: false, buffer: false });
      const pieces: string[] = [];
      child.stdout.on("data", (piece) => pieces.push(String(piece)));
      return {
        printed: () => pieces.join(""),
        stop: async () => {
          child.kill();
          await child;
        },
      };
    },
    virsh: async (...words) => {
      const inside = await findPrivateLibvirt(join(home, "libvirt"));
      if (inside === null) throw new Error("asking libvirt: it does not run");
      const [program = "", ...rest] = inside.argv(["virsh", "--quiet", ...words]);
      return (await execa(program, rest)).stdout.trim();
    },
  };
}

export const getKubeconfig = async ({ berth, home }: Person): Promise<string> =>
  await berth("cluster", "kubeconfig", "demo", "-f", kubeconfigOf(home));

export function demand(holds: boolean, otherwise: string): asserts holds {
  if (!holds) throw new Error(otherwise);
}

/** An API server of an emulated machine does not answer every question in time. */
export async function eventually(what: string, limitMinutes: number, holds: () => Promise<boolean>): Promise<void> {
  const end = Date.now() + limitMinutes * minute;
  while (!(await holds().catch(() => false))) {
    demand(Date.now() < end, `waiting for ${what}: not so within ${limitMinutes} minutes`);
    await sleep(5_000);
  }
}

const PlanAnswer = z.object({ plan: z.object({ rows: z.array(z.object({ name: z.string(), change: z.string() })) }) });

/** A second preview is empty. */
export async function isQuiet({ berth }: Person): Promise<undefined> {
  const { plan } = PlanAnswer.parse(JSON.parse(await berth("cluster", "preview", "demo", "--wait", "-o", "json")));
  const changed = plan.rows.filter(({ change }) => change !== "same").map(({ name, change }) => `${change} ${name}`);
  demand(changed.length === 0, `a second preview is not empty: ${changed.join("; ")}`);
  return undefined;
}

export async function apply({ kube, home }: Person, name: string, items: readonly object[]): Promise<void> {
  const file = join(home, `${name}.json`);
  await writeFile(file, JSON.stringify({ apiVersion: "v1", kind: "List", items }));
  await kube("apply", "--validate=false", "-f", file);
}

/** The container image that every node has: it serves, and asks. */
export const probe = { image: "berth.invalid/probe:1", imagePullPolicy: "IfNotPresent" } as const;

const Receipt = z.array(z.object({ name: z.string(), gone: z.boolean() }));

/** Everything is gone by the receipt, and by libvirt. */
export async function tornDown({ berth, virsh }: Person): Promise<string> {
  const rows = Receipt.parse(JSON.parse(await berth("cluster", "destroy", "demo", "--wait", "--yes", "-o", "json")));
  const left = rows.filter(({ gone }) => !gone);
  demand(left.length === 0, JSON.stringify(left));
  const machines = await virsh("list", "--all", "--name");
  demand(machines === "", `machines are left: ${machines}`);
  return `${rows.length} rows, all gone`;
}
