/**
 * A cluster of three control planes and a worker, as a person runs it from the command line: each control plane loses its
 * power in turn while the API keeps answering at the published address, two lose their disks one after the other and are
 * made again by the repair plan, a worker is added, and all of it is torn down.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { demand, eventually, getKubeconfig, isQuiet, type Person, tornDown, withBerth } from "./person.ts";
import type { Steps } from "./record.ts";

const minute = 60_000;
/** Within that time the API has to answer again. */
const outageSeconds = 60;
const controlPlanes = ["cp0", "cp1", "cp2"];

const answers = async ({ kube }: Person): Promise<boolean> => (await kube("get", "--raw", "/readyz").catch(() => "")) === "ok";

/** Seconds until the API answers five times in a row. Asked for longer than it may take, so that the true time is written down. */
async function secondsUntilAnswers(person: Person): Promise<number> {
  const began = performance.now();
  let [inARow, since] = [0, began];
  while (inARow < 5) {
    demand(performance.now() - began < 10 * minute, "the API did not answer five times in a row within 10 minutes");
    const asked = performance.now();
    const answered = await answers(person);
    if (answered && inARow === 0) since = asked;
    inARow = answered ? inARow + 1 : 0;
    await sleep(1_000);
  }
  return Math.round((since - began) / 1000);
}

const readyNodes = async ({ kube }: Person): Promise<readonly string[]> =>
  (await kube("get", "nodes", "--no-headers"))
    .trim()
    .split("\n")
    .filter((line) => /\sReady\s/.test(line))
    .map((line) => line.split(/\s+/)[0] ?? "");

/** Every node is Ready, and so is the etcd of every control plane: until then no other one may be taken away. */
const isWhole = async (person: Person, nodes: readonly string[]): Promise<boolean> => {
  const etcds = await person.kube(
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
    (await readyNodes(person)).join() === nodes.join() &&
    etcds.split("\n").filter((line) => line === "True").length === controlPlanes.length
  );
};

/** Loses power, is missed by nobody for longer than it may be, and comes back. */
async function losePower(person: Person, machine: string, nodes: readonly string[]): Promise<string> {
  await person.virsh("destroy", machine);
  const seconds = await secondsUntilAnswers(person);
  await person.virsh("start", machine);
  await eventually("all nodes and etcd members are back", 20, () => isWhole(person, nodes));
  demand(seconds <= outageSeconds, `the API answered again after ${seconds} s`);
  return `the API answered again after ${seconds} s`;
}

/** Loses its disk, and is made again from the others by the plan that the drift page offers. */
async function loseDisk(person: Person, prefix: string, name: string, nodes: readonly string[]): Promise<string> {
  const uid = () => person.kube("get", "node", name, "-o", "jsonpath={.metadata.uid}");
  const before = await uid();
  await person.virsh("destroy", `${prefix}-${name}`);
  await person.virsh("vol-delete", "--pool", prefix, `${prefix}-${name}.qcow2`);
  const seconds = await secondsUntilAnswers(person);
  await person.berth("cluster", "drift", "demo", "--look", "--repair", "--yes");
  await eventually("all nodes and etcd members are there", 10, () => isWhole(person, nodes));
  demand((await uid()) !== before, `${name} is the Node of before`);
  demand(
    (await person.kube("-n", "kube-system", "get", "secrets", "--field-selector", "type=bootstrap.kubernetes.io/token", "-o", "name")) ===
      "",
    "a join token is left",
  );
  await isQuiet(person);
  return `the API answered again after ${seconds} s`;
}

export const highAvailabilityJourney = (steps: Steps): Promise<void> =>
  withBerth(steps, { answerSeconds: 10 }, (person) => walk(steps, person));

async function walk(steps: Steps, person: Person): Promise<void> {
  const { berth, virsh } = person;
  const three = [...controlPlanes, "w1"];
  let prefix = "";
  await steps.step("three control planes and a worker are created", async () => {
    await berth("cluster", "create", "demo", "--blueprint", "ha", "--workers", "1", "--wait", "--yes");
    await getKubeconfig(person);
    const { spec } = JSON.parse(await berth("cluster", "get", "demo", "-o", "json")) as { readonly spec: { readonly prefix: string } };
    prefix = spec.prefix;
    await eventually("all nodes and etcd members are there", 10, () => isWhole(person, three));
    return undefined;
  });
  await steps.step("a second preview is empty", () => isQuiet(person));
  for (const name of controlPlanes)
    await steps.step(`${name} loses its power and comes back`, () => losePower(person, `${prefix}-${name}`, three));
  await steps.step("a second preview is empty after that", () => isQuiet(person));
  for (const name of ["cp1", "cp0"])
    await steps.step(`${name} loses its disk and is made again from the others`, () => loseDisk(person, prefix, name, three));
  await steps.step("a worker is added", async () => {
    await berth("cluster", "update", "demo", "--workers", "2", "--wait", "--yes");
    demand((await readyNodes(person)).join() === [...three, "w2"].join(), "w2 is not Ready");
    return await isQuiet(person);
  });
  await steps.step("a worker that was switched off is repaired by a plan", async () => {
    await virsh("destroy", `${prefix}-w1`);
    await berth("cluster", "drift", "demo", "--look", "--repair", "--yes");
    demand((await virsh("domstate", `${prefix}-w1`)) === "running", "w1 does not run");
    return await isQuiet(person);
  });
  await steps.step("teardown ends with a receipt, and nothing is left", () => tornDown(person));
}
