/**
 * A cluster of three control planes and a worker, as a person runs it from the command line: each control plane loses its
 * power in turn while the API keeps answering at the published address, two lose their disks one after the other and are
 * made again by the repair plan, a worker is added, and all of it is torn down. Berth runs as `npm start` runs it, with a
 * libvirt of its own and a home that goes with the journey.
 */
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { execa } from "execa";
import { readConfig } from "#app/foundation/config.server.ts";
import { repoFolder } from "#app/setup/all-steps.ts";
import { findPrivateLibvirt } from "#app/setup/libvirt/private-libvirt.ts";
import { prepareMachines } from "#app/setup/test-run/test-machines.ts";
import { type Berth, kubectl, removeHome, startBerth } from "#tests/e2e/berth.ts";
import type { Steps } from "./record.ts";

const port = 7483;
const minute = 60_000;
/** Within that time the API has to answer again. */
const outageSeconds = 60;
const controlPlanes = ["cp0", "cp1", "cp2"];

function demand(holds: boolean, otherwise: string): void {
  if (!holds) throw new Error(otherwise);
}

/** What a person has at hand beside a running Berth. */
interface Hands {
  /** `berth …`; answers what it printed. */
  berth(...words: readonly string[]): Promise<string>;
  kube(...words: readonly string[]): Promise<string>;
  virsh(...words: readonly string[]): Promise<string>;
}

function handsAt({ home }: Berth): Hands {
  const env = { BERTH_HOME: home, BERTH_PORT: String(port) };
  const config = join(home, "demo.kubeconfig");
  return {
    berth: async (...words) => (await execa(process.execPath, ["app/cli/berth.mjs", ...words], { cwd: repoFolder, env })).stdout,
    kube: async (...words) => (await execa(kubectl(), ["--kubeconfig", config, "--request-timeout=10s", ...words])).stdout,
    virsh: async (...words) => {
      const inside = await findPrivateLibvirt(join(home, "libvirt"));
      if (inside === null) throw new Error("asking libvirt: it does not run");
      const [program = "", ...rest] = inside.argv(["virsh", "--quiet", ...words]);
      return (await execa(program, rest)).stdout.trim();
    },
  };
}

async function eventually(what: string, limitMinutes: number, holds: () => Promise<boolean>): Promise<void> {
  const end = Date.now() + limitMinutes * minute;
  while (!(await holds().catch(() => false))) {
    demand(Date.now() < end, `${what}: not so within ${limitMinutes} minutes`);
    await sleep(5_000);
  }
}

const answers = async ({ kube }: Hands): Promise<boolean> => (await kube("get", "--raw", "/readyz").catch(() => "")) === "ok";

/** Seconds until the API answers five times in a row. Asked for longer than it may take, so that the true time is written down. */
async function secondsUntilAnswers(hands: Hands): Promise<number> {
  const began = performance.now();
  let [inARow, since] = [0, began];
  while (inARow < 5) {
    demand(performance.now() - began < 10 * minute, "the API did not answer five times in a row within 10 minutes");
    const asked = performance.now();
    const answered = await answers(hands);
    if (answered && inARow === 0) since = asked;
    inARow = answered ? inARow + 1 : 0;
    await sleep(1_000);
  }
  return Math.round((since - began) / 1000);
}

const readyNodes = async ({ kube }: Hands): Promise<readonly string[]> =>
  (await kube("get", "nodes", "--no-headers"))
    .trim()
    .split("\n")
    .filter((line) => /\sReady\s/.test(line))
    .map((line) => line.split(/\s+/)[0] ?? "");

/** Every node is Ready, and so is the etcd of every control plane: until then no other one may be taken away. */
const isWhole = async (hands: Hands, nodes: readonly string[]): Promise<boolean> => {
  const etcds = await hands.kube(
    "-n",
    "kube-system",
    "get",
    "pods",
    "-l",
    "component=etcd",
    "-o",
    'jsonpath={range .items[*]}{.status.conditions[?(@.type=="Ready")].status}{"\\n"}{end}',
  );
  return (
    (await readyNodes(hands)).join() === nodes.join() && etcds.split("\n").filter((line) => line === "True").length === controlPlanes.length
  );
};

interface PlanJson {
  readonly plan: { readonly rows: readonly { readonly change: string; readonly name: string }[] };
}

async function isQuiet({ berth }: Hands): Promise<undefined> {
  const { plan } = JSON.parse(await berth("cluster", "preview", "demo", "--wait", "-o", "json")) as PlanJson;
  const left = plan.rows.filter((row) => row.change !== "same").map((row) => `${row.change} ${row.name}`);
  demand(left.length === 0, `a second preview is not empty: ${left.join(", ")}`);
  return undefined;
}

/** Loses power, is missed by nobody for longer than it may be, and comes back. */
async function losePower(hands: Hands, machine: string, nodes: readonly string[]): Promise<string> {
  await hands.virsh("destroy", machine);
  const seconds = await secondsUntilAnswers(hands);
  await hands.virsh("start", machine);
  await eventually("all nodes and etcd members are back", 20, () => isWhole(hands, nodes));
  demand(seconds <= outageSeconds, `the API answered again after ${seconds} s`);
  return `the API answered again after ${seconds} s`;
}

/** Loses its disk, and is made again from the others by the plan that the drift page offers. */
async function loseDisk(hands: Hands, prefix: string, name: string, nodes: readonly string[]): Promise<string> {
  const uid = () => hands.kube("get", "node", name, "-o", "jsonpath={.metadata.uid}");
  const before = await uid();
  await hands.virsh("destroy", `${prefix}-${name}`);
  await hands.virsh("vol-delete", "--pool", prefix, `${prefix}-${name}.qcow2`);
  const seconds = await secondsUntilAnswers(hands);
  await hands.berth("cluster", "drift", "demo", "--look", "--repair", "--yes");
  await eventually("all nodes and etcd members are there", 10, () => isWhole(hands, nodes));
  demand((await uid()) !== before, `${name} is the Node of before`);
  demand(
    (await hands.kube("-n", "kube-system", "get", "secrets", "--field-selector", "type=bootstrap.kubernetes.io/token", "-o", "name")) ===
      "",
    "a join token is left",
  );
  await isQuiet(hands);
  return `the API answered again after ${seconds} s`;
}

export async function highAvailabilityJourney(steps: Steps): Promise<void> {
  const config = readConfig(process.env, process.getuid?.() ?? -1);
  await steps.step("set-up", async () => {
    await prepareMachines(config, (line) => console.log(line));
    return undefined;
  });
  const home = await mkdtemp(join(tmpdir(), "berth-ha-"));
  let berth: Berth | null = null;
  try {
    berth = await startBerth({ home, port, first: true });
    await walk(steps, handsAt(berth), home);
  } finally {
    await berth?.stop();
    await removeHome(home);
  }
}

async function walk(steps: Steps, hands: Hands, home: string): Promise<void> {
  const { berth, virsh } = hands;
  const three = [...controlPlanes, "w1"];
  let prefix = "";
  await steps.step("three control planes and a worker are created", async () => {
    await berth("cluster", "create", "demo", "--blueprint", "ha", "--workers", "1", "--wait", "--yes");
    await berth("cluster", "kubeconfig", "demo", "-f", join(home, "demo.kubeconfig"));
    const { spec } = JSON.parse(await berth("cluster", "get", "demo", "-o", "json")) as { readonly spec: { readonly prefix: string } };
    prefix = spec.prefix;
    await eventually("all nodes and etcd members are there", 10, () => isWhole(hands, three));
    return undefined;
  });
  await steps.step("a second preview is empty", () => isQuiet(hands));
  for (const name of controlPlanes)
    await steps.step(`${name} loses its power and comes back`, () => losePower(hands, `${prefix}-${name}`, three));
  await steps.step("a second preview is empty after that", () => isQuiet(hands));
  for (const name of ["cp1", "cp0"])
    await steps.step(`${name} loses its disk and is made again from the others`, () => loseDisk(hands, prefix, name, three));
  await steps.step("a worker is added", async () => {
    await berth("cluster", "update", "demo", "--workers", "2", "--wait", "--yes");
    demand((await readyNodes(hands)).join() === [...three, "w2"].join(), "w2 is not Ready");
    return await isQuiet(hands);
  });
  await steps.step("a worker that was switched off is repaired by a plan", async () => {
    await virsh("destroy", `${prefix}-w1`);
    await berth("cluster", "drift", "demo", "--look", "--repair", "--yes");
    demand((await virsh("domstate", `${prefix}-w1`)) === "running", "w1 does not run");
    return await isQuiet(hands);
  });
  await steps.step("teardown ends with a receipt, and nothing is left", async () => {
    const receipt = await berth("cluster", "destroy", "demo", "--wait", "--yes");
    for (const list of [
      ["list", "--all", "--name"],
      ["net-list", "--all", "--name"],
      ["pool-list", "--all", "--name"],
    ])
      demand(!(await virsh(...list)).includes(prefix), `${list[0]} still has ${prefix}`);
    return `${receipt.split("\n").length - 1} rows`;
  });
}
