/**
 * An add-on in a real cluster: put in by the create, used, switched off and on by plans, and gone with the cluster. Everything is
 * asked for on the command line.
 */
import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { execa } from "execa";
import { z } from "zod";
import { repoFolder } from "#app/setup/all-steps.ts";
import { type Berth, kubectl, removeHome, startBerth } from "#tests/e2e/berth.ts";
import type { Steps } from "./record.ts";

const port = 7483;
const addOn = "metrics-server";
const minutes = 60_000;

const PlanAnswer = z.object({ plan: z.object({ rows: z.array(z.object({ name: z.string(), change: z.string() })) }) });
const Receipt = z.array(z.object({ name: z.string(), gone: z.boolean() }));

interface World {
  readonly steps: Steps;
  readonly home: string;
  /** `berth …`, as root on the portal's own machine. */
  readonly berth: (...words: readonly string[]) => Promise<string>;
  readonly kube: (...words: readonly string[]) => Promise<string>;
}

export async function addOnsJourney(steps: Steps): Promise<void> {
  const home = await mkdtemp(join(tmpdir(), "berth-add-ons-"));
  let portal: Berth | null = null;
  try {
    await steps.step("Berth starts with an empty home, and set-up completes", async () => {
      portal = await startBerth({ home, port, first: false });
      return undefined;
    });
    await withCluster(worldOf(steps, home));
  } finally {
    await (portal as Berth | null)?.stop();
    await removeHome(home);
  }
}

function worldOf(steps: Steps, home: string): World {
  const config = join(home, "demo.kubeconfig");
  const env = { BERTH_HOME: home, BERTH_PORT: String(port) };
  return {
    steps,
    home,
    berth: async (...words) =>
      (await execa(process.execPath, ["app/cli/berth.mjs", ...words], { cwd: repoFolder, env, stderr: ["pipe", "inherit"] })).stdout,
    kube: async (...words) => (await execa(kubectl(), ["--kubeconfig", config, "--request-timeout=120s", ...words])).stdout,
  };
}

async function withCluster(w: World): Promise<void> {
  const { steps, berth, kube, home } = w;
  await steps.step("a cluster is created with the add-on", async () => {
    await berth("cluster", "create", "demo", "--workers", "1", "--control-plane-size", "medium", "--add-on", addOn, "--wait");
    await berth("cluster", "kubeconfig", "demo", "-f", join(home, "demo.kubeconfig"));
    const said = await berth("cluster", "get", "demo");
    demand(said.includes(`Add-ons: ${addOn}`), said);
    return (await kube("get", "nodes", "--no-headers")).trim().split("\n").join(", ");
  });
  await isQuiet(w, "after the create");
  await measures(w, "kubectl top nodes shows what every node uses");
  await scales(w);
  await isQuiet(w, "after the load");
  await steps.step("the add-on is switched off by a plan, and nothing of it is left", async () => {
    await berth("cluster", "update", "demo", "--remove-add-on", addOn, "--wait", "--yes");
    const left = await kube(
      "get",
      "apiservices,clusterroles,clusterrolebindings,deployments,services,serviceaccounts,rolebindings",
      "-n",
      "kube-system",
      "-l",
      `berth.dev/add-on=${addOn}`,
      "-o",
      "name",
    );
    demand(left.trim() === "", left);
    await until("the metrics API to be gone", 5, async () => !(await kube("api-versions")).includes("metrics.k8s.io"));
    return undefined;
  });
  await isQuiet(w, "without the add-on");
  await steps.step("the add-on is switched on again by a plan", async () => {
    await berth("cluster", "update", "demo", "--add-on", addOn, "--wait", "--yes");
    return undefined;
  });
  await measures(w, "kubectl top nodes works again");
  await isQuiet(w, "with the add-on again");
  await steps.step("the teardown removes everything, the add-on with its cluster", async () => {
    const rows = Receipt.parse(JSON.parse(await berth("cluster", "destroy", "demo", "--wait", "--yes", "-o", "json")));
    const left = rows.filter(({ gone }) => !gone);
    demand(left.length === 0, JSON.stringify(left));
    return `${rows.length} rows, all gone`;
  });
}

const isQuiet = ({ steps, berth }: World, when: string): Promise<void> =>
  steps.step(`a second preview is empty ${when}`, async () => {
    const { plan } = PlanAnswer.parse(JSON.parse(await berth("cluster", "preview", "demo", "--wait", "-o", "json")));
    const changed = plan.rows.filter(({ change }) => change !== "same").map(({ name, change }) => `${change} ${name}`);
    demand(changed.length === 0, changed.join("; "));
    return undefined;
  });

const measures = ({ steps, kube }: World, name: string): Promise<void> =>
  steps.step(name, async () => {
    const lines = (await kube("top", "nodes", "--no-headers")).trim().split("\n");
    demand(
      ["cp0", "w1"].every((node) => lines.some((line) => new RegExp(`^${node}\\s+\\d+m\\s`).test(line))),
      lines.join("\n"),
    );
    return lines.map((line) => line.replace(/\s+/g, " ")).join(", ");
  });

/** One request keeps a processor busy for as long as it asks. */
const busySeconds = 420;

async function scales({ steps, kube, home }: World): Promise<void> {
  const replicas = async () => Number((await kube("get", "deployment", "web", "-o", "jsonpath={.spec.replicas}")).trim());
  await steps.step("a HorizontalPodAutoscaler sees an idle deployment and leaves it at one pod", async () => {
    await applied({ kube, home }, "web", webObjects);
    await kube("rollout", "status", "deployment/web", "--timeout=600s");
    const current = "jsonpath={.status.currentMetrics[0].resource.current.averageUtilization}";
    await until("the autoscaler to read its metric", 15, async () => (await kube("get", "hpa", "web", "-o", current)).trim() !== "");
    demand((await replicas()) === 1, `${await replicas()} pods`);
    return `${(await kube("get", "hpa", "web", "-o", current)).trim()} % of what is requested`;
  });
  await steps.step("under load it scales the deployment", async () => {
    await applied({ kube, home }, "load", [loadPod]);
    await until("more than one pod", 15, async () => (await replicas()) > 1);
    return `${await replicas()} pods`;
  });
  await steps.step("after the load it scales the deployment back to one pod", async () => {
    await kube("delete", "pod", "load", "--wait=false");
    await until("one pod", 30, async () => (await replicas()) === 1);
    await kube("delete", "deployment/web", "service/web", "hpa/web");
    return undefined;
  });
}

async function applied({ kube, home }: Pick<World, "kube" | "home">, name: string, items: readonly object[]): Promise<void> {
  const file = join(home, `${name}.json`);
  await writeFile(file, JSON.stringify({ apiVersion: "v1", kind: "List", items }));
  await kube("apply", "--validate=false", "-f", file);
}

const probe = { image: "berth.invalid/probe:1", imagePullPolicy: "IfNotPresent" } as const;
const labels = { app: "web" };

const webObjects = [
  {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: "web" },
    spec: {
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: {
          terminationGracePeriodSeconds: 0,
          containers: [{ name: "web", ...probe, args: ["serve"], resources: { requests: { cpu: "100m" }, limits: { cpu: "400m" } } }],
        },
      },
    },
  },
  { apiVersion: "v1", kind: "Service", metadata: { name: "web" }, spec: { selector: labels, ports: [{ port: 8080 }] } },
  {
    apiVersion: "autoscaling/v2",
    kind: "HorizontalPodAutoscaler",
    metadata: { name: "web" },
    spec: {
      scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: "web" },
      minReplicas: 1,
      maxReplicas: 3,
      metrics: [{ type: "Resource", resource: { name: "cpu", target: { type: "Utilization", averageUtilization: 80 } } }],
      behavior: { scaleDown: { stabilizationWindowSeconds: 0 } },
    },
  },
];

const loadPod = {
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name: "load" },
  spec: {
    restartPolicy: "Never",
    terminationGracePeriodSeconds: 0,
    containers: [{ name: "load", ...probe, args: ["get", `http://web:8080/busy?seconds=${busySeconds}`, String(busySeconds + 120)] }],
  },
};

function demand(holds: boolean, otherwise: string): void {
  if (!holds) throw new Error(otherwise);
}

/** An API server of an emulated machine does not answer every question in time. */
async function until(what: string, limit: number, isSo: () => Promise<boolean>): Promise<void> {
  const end = Date.now() + limit * minutes;
  while (!(await isSo().catch(() => false))) {
    if (Date.now() > end) throw new Error(`waiting for ${what}: not so within ${limit} minutes`);
    await sleep(5_000);
  }
}
