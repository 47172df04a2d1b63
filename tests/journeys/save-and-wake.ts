/**
 * A working cluster is saved and woken: its pods run on where they were, a watch that was open sees what comes after, and the
 * memory goes back to the host meanwhile. Then hours of the week do both by themselves. Everything is asked for on the command line.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { apply, demand, eventually, getKubeconfig, isQuiet, type Person, probe, type Running, tornDown, withBerth } from "./person.ts";
import type { Steps } from "./record.ts";

const minute = 60_000;

export const saveAndWakeJourney = (steps: Steps): Promise<void> =>
  withBerth(steps, { answerSeconds: 30 }, async (person) => {
    await createWorking(steps, person);
    await byHand(steps, person);
    await byHours(steps, person);
    await steps.step("the teardown of a saved cluster removes everything", async () => {
      await person.berth("cluster", "save", "demo", "--wait", "--yes");
      return await tornDown(person);
    });
  });

async function createWorking(steps: Steps, person: Person): Promise<void> {
  await steps.step("a cluster with a worker is created, and runs a deployment", async () => {
    await person.berth("cluster", "create", "demo", "--workers", "1", "--control-plane-size", "medium", "--wait");
    await getKubeconfig(person);
    await apply(person, "web", webObjects);
    await person.kube("rollout", "status", "deployment/web", "--timeout=600s");
    return `${(await pods(person)).split("\n").length} pods`;
  });
}

/** Every pod of the cluster: which it is, on which node, and how often it was restarted. */
const pods = async ({ kube }: Person): Promise<string> =>
  (
    await kube(
      "get",
      "pods",
      "--all-namespaces",
      "--sort-by=.metadata.uid",
      "-o",
      'jsonpath={range .items[*]}{.metadata.name} {.metadata.uid} {.spec.nodeName} {.status.containerStatuses[0].restartCount}{"\\n"}{end}',
    )
  ).trim();

const runningMachines = async ({ virsh }: Person): Promise<readonly string[]> =>
  (await virsh("list", "--name")).split("\n").filter((name) => name !== "");

const answers = async ({ kube }: Person): Promise<boolean> => (await kube("get", "--raw", "/readyz").catch(() => "")) === "ok";

/** Lines of a plan that say what the host has left. */
const capacityOf = (said: string): string =>
  said
    .split("\n")
    .filter((line) => /^ {2}(memory|vcpus|disk): /.test(line))
    .map((line) => line.trim())
    .join(", ");

async function byHand(steps: Steps, person: Person): Promise<void> {
  let before = "";
  const watch = person.kubeRunning("get", "configmaps", "--watch", "--output-watch-events", "--request-timeout=0");
  try {
    await steps.step("it is saved: no machine runs, and the plan says what the host gets back", async () => {
      await eventually("the watch to begin", 2, () => Promise.resolve(watch.printed().includes("kube-root-ca.crt")));
      before = await pods(person);
      const said = await person.berthSaid("cluster", "save", "demo", "--wait", "--yes");
      demand((await runningMachines(person)).length === 0, "machines still run");
      const saved = await person.virsh("list", "--all", "--name", "--with-managed-save");
      demand(saved.split("\n").length === 2, `saved machines: ${saved}`);
      return capacityOf(said);
    });
    await steps.step("a second preview is empty while it is saved", () => isQuiet(person));
    await steps.step("it is woken, and its API answers", () => wake(person));
    await steps.step("every pod is the one of before, and none was restarted", async () => {
      const after = await pods(person);
      demand(after === before, `before:\n${before}\nafter:\n${after}`);
      return `${after.split("\n").length} pods`;
    });
    await steps.step("the watch that was open sees what comes after", () => seesNews(person, watch));
  } finally {
    await watch.stop();
  }
  await steps.step("a second preview is empty after that", () => isQuiet(person));
}

/** Seconds from the command to the first answer and to the end of the operation, which checks nodes and name resolution. */
async function wake(person: Person): Promise<string> {
  const began = performance.now();
  const seconds = () => `${((performance.now() - began) / 1_000).toFixed(1)} s`;
  const waking = person.berth("cluster", "wake", "demo", "--wait", "--yes");
  let first = "";
  const polled = eventually("the API to answer", 20, async () => {
    while (!(await answers(person))) await sleep(250);
    first = seconds();
    return true;
  });
  await Promise.all([waking, polled]);
  return `the API answered after ${first}, the operation ended after ${seconds()}; preview and approval are in both`;
}

async function seesNews(person: Person, watch: Running): Promise<undefined> {
  await person.kube("create", "configmap", "after-waking");
  await eventually("the watch to see it", 3, () => Promise.resolve(/ADDED\s+after-waking/.test(watch.printed())));
  return undefined;
}

const Summary = z.object({ summary: z.object({ power: z.enum(["on", "saved"]) }) });
const powerOf = async ({ berth }: Person): Promise<string> =>
  Summary.parse(JSON.parse(await berth("cluster", "get", "demo", "-o", "json"))).summary.power;

/** Hours begin and end at a multiple of five minutes. */
const grid = 5 * minute;
/** `HH:MM` in UTC: the first such time that is at least so many minutes from now. */
const clockIn = (minutes: number): string => new Date(Math.ceil((Date.now() + minutes * minute) / grid) * grid).toISOString().slice(11, 16);

async function byHours(steps: Steps, person: Person): Promise<void> {
  const isSaved = async () => (await runningMachines(person)).length === 0 && (await powerOf(person)) === "saved";
  const isAwake = async () => (await runningMachines(person)).length === 2 && (await powerOf(person)) === "on" && (await answers(person));
  await steps.step("its hours end, and it is saved by itself", async () => {
    await person.berth("cluster", "hours", "demo", `daily ${clockIn(-60)}-${clockIn(2)} UTC`, "--wait", "--yes");
    await eventually("the cluster to be saved", 15, isSaved);
    return undefined;
  });
  await steps.step("its hours begin, and it is woken by itself", async () => {
    await person.berth("cluster", "hours", "demo", `daily ${clockIn(2)}-${clockIn(120)} UTC`, "--wait", "--yes");
    demand(await isSaved(), "it does not stay saved until its hours begin");
    await eventually("the cluster to be awake", 20, isAwake);
    return undefined;
  });
  await steps.step("a second preview is empty after its hours began", async () => {
    await eventually("the operation to end", 20, async () => (await isQuiet(person).then(() => true)) && (await isAwake()));
    return undefined;
  });
}

const labels = { app: "web" };
const webObjects = [
  {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: "web" },
    spec: {
      replicas: 2,
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: { terminationGracePeriodSeconds: 0, containers: [{ name: "web", ...probe, args: ["serve"] }] },
      },
    },
  },
  { apiVersion: "v1", kind: "Service", metadata: { name: "web" }, spec: { selector: labels, ports: [{ port: 8080 }] } },
];
