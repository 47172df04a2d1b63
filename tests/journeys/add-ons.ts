/**
 * An add-on in a real cluster: put in by the create, used, switched off and on by plans, and gone with the cluster. Everything is
 * asked for on the command line.
 */
import { apply, demand, eventually, getKubeconfig, isQuiet, type Person, probe, tornDown, withBerth } from "./person.ts";
import type { Steps } from "./record.ts";

const addOn = "metrics-server";

interface World extends Person {
  readonly steps: Steps;
}

export const addOnsJourney = (steps: Steps): Promise<void> =>
  withBerth(steps, { answerSeconds: 120 }, (person) => withCluster({ ...person, steps }));

async function withCluster(w: World): Promise<void> {
  const { steps, berth, kube } = w;
  await steps.step("a cluster is created with the add-on", async () => {
    await berth("cluster", "create", "demo", "--workers", "1", "--control-plane-size", "medium", "--add-on", addOn, "--wait");
    await getKubeconfig(w);
    const said = await berth("cluster", "get", "demo");
    demand(said.includes(`Add-ons: ${addOn}`), said);
    return (await kube("get", "nodes", "--no-headers")).trim().split("\n").join(", ");
  });
  await steps.step("a second preview is empty after the create", () => isQuiet(w));
  await measures(w, "kubectl top nodes shows what every node uses");
  await scales(w);
  await steps.step("a second preview is empty after the load", () => isQuiet(w));
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
    await eventually("the metrics API to be gone", 5, async () => !(await kube("api-versions")).includes("metrics.k8s.io"));
    return undefined;
  });
  await steps.step("a second preview is empty without the add-on", () => isQuiet(w));
  await steps.step("the add-on is switched on again by a plan", async () => {
    await berth("cluster", "update", "demo", "--add-on", addOn, "--wait", "--yes");
    return undefined;
  });
  await measures(w, "kubectl top nodes works again");
  await steps.step("a second preview is empty with the add-on again", () => isQuiet(w));
  await steps.step("the teardown removes everything, the add-on with its cluster", () => tornDown(w));
}

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

async function scales(w: World): Promise<void> {
  const { steps, kube } = w;
  const replicas = async () => Number((await kube("get", "deployment", "web", "-o", "jsonpath={.spec.replicas}")).trim());
  await steps.step("a HorizontalPodAutoscaler sees an idle deployment and leaves it at one pod", async () => {
    await apply(w, "web", webObjects);
    await kube("rollout", "status", "deployment/web", "--timeout=600s");
    const current = "jsonpath={.status.currentMetrics[0].resource.current.averageUtilization}";
    await eventually("the autoscaler to read its metric", 15, async () => (await kube("get", "hpa", "web", "-o", current)).trim() !== "");
    demand((await replicas()) === 1, `${await replicas()} pods`);
    return `${(await kube("get", "hpa", "web", "-o", current)).trim()} % of what is requested`;
  });
  await steps.step("under load it scales the deployment", async () => {
    await apply(w, "load", [loadPod]);
    await eventually("more than one pod", 15, async () => (await replicas()) > 1);
    return `${await replicas()} pods`;
  });
  await steps.step("after the load it scales the deployment back to one pod", async () => {
    await kube("delete", "pod", "load", "--wait=false");
    await eventually("one pod", 30, async () => (await replicas()) === 1);
    await kube("delete", "deployment/web", "service/web", "hpa/web");
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
