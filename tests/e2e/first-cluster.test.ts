/**
 * The chain that everything else stands on, with nothing pretended: launcher, own libvirt, portal, Chromium, engine,
 * two real machines, kubeadm, kubectl from outside, a worker that goes, teardown, receipt. The steps are one person's afternoon, so
 * they run in order on one cluster. `npm run journeys -- first-cluster` runs it with faults and repairs on the way.
 */
import { execFile } from "node:child_process";
import { mkdtemp, readdir, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { findPrivateLibvirt } from "#app/setup/libvirt/private-libvirt.ts";
import { openBrowser } from "#tests/pages/browser.ts";
import { type Berth, kubectl, removeHome, startBerth } from "./berth.ts";
import { finalEnd, type Person, personAt } from "./person.ts";
import { filesTelling, keysOf, type ProcessWatch, secretsIn, watchProcesses } from "./secrets.ts";

const run = promisify(execFile);
const minutes = 60_000;
const cluster = "/tenants/mina/clusters/demo";
/** Logs and pid files that libvirt writes beside its objects and never removes. */
const libvirtsOwn = /^libvirt\/(var-log-libvirt|run-libvirt)\//;
const password = "a long enough passphrase";
const port = 7481;

const isJourney = process.env.BERTH_JOURNEY === "whole";

/** A step that only the journey takes. */
function onTheLongWay(name: string, limit: number, body: () => Promise<void>): void {
  if (isJourney) it(name, { timeout: limit * minutes }, body);
}

let home: string;
let berth: Berth;
let browser: Browser;
let person: Person;
let kubeconfig: string;
/** Start of everything that the cluster is called on the libvirt host. */
let prefix: string;
let watch: ProcessWatch;
/** The create's journal when the plug was pulled. */
let entriesBefore: readonly Entry[] = [];
/** Of the living cluster; gone from everywhere with it. */
let secrets: readonly string[] = [];
/** What launchers that were stopped or killed had printed. */
let terminals = "";

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), "berth-e2e-"));
  watch = watchProcesses();
  // The journey's first part shows that an interrupted operation waits for its person where that is wanted. Without that part
  // nobody would resume it, so Berth does, as it does for everybody.
  berth = await startBerth({ home, port, first: true, settings: isJourney ? { BERTH_AUTO_RESUME: "off" } : {} });
  browser = await openBrowser();
  person = await personAt(browser, berth.url);
}, 10 * minutes);

afterAll(async () => {
  watch?.stop();
  await browser?.close();
  await berth?.stop();
  await removeHome(home);
}, 2 * minutes);

/** The first step that failed. Those after it stand on it, so they are not tried. */
let broken: string | null = null;

beforeEach(({ task, onTestFailed }) => {
  if (broken !== null) throw new Error(`not tried, because this failed: ${broken}`);
  onTestFailed(async () => {
    broken ??= task.name;
    console.error(await whatIsSeen());
  });
});

/** For the log of a run whose machines are gone by the time somebody reads it: the page, and an operation's last entries. */
async function whatIsSeen(): Promise<string> {
  const url = new URL(person.page.url());
  const text = await person.page.getByRole("main").ariaSnapshot({ timeout: 5_000 }).catch(String);
  const entries = url.pathname.startsWith("/operations/") ? await entriesOf(url.pathname).catch(() => []) : [];
  const last = entries.slice(-40).map((entry) => JSON.stringify(entry).slice(0, 1_000));
  return [url.pathname, text.slice(0, 6_000), ...last].join("\n");
}

/** Follows the preview to its plan, approves it, and waits for the end of what it set off. */
async function approve(button: RegExp, limit: number): Promise<string> {
  await person.planMade(3);
  await person.press(button);
  return await person.operationEnds(limit);
}

/** What a second preview of an unchanged cluster finds to do; for nothing no time is promised. */
async function changesOfAnotherPreview(): Promise<number> {
  await person.open(cluster);
  await person.press(/^Plan again$/);
  await person.planMade(3);
  const { plan, estimateSeconds } = await json<{ plan: { rows: readonly { change: string }[] }; estimateSeconds: number | null }>(
    new URL(person.page.url()).pathname,
  );
  expect(estimateSeconds).toBeNull();
  return plan.rows.filter((row) => row.change !== "same").length;
}

const json = async <T>(path: string): Promise<T> => {
  const answer = await person.page.request.get(path, { headers: { accept: "application/json" } });
  expect(answer.status(), path).toBe(200);
  return (await answer.json()) as T;
};

interface Entry {
  readonly seq: number;
  readonly at: number;
  readonly event: { readonly kind: string; readonly status?: string; readonly step?: { readonly name: string } };
}

/**
 * What a runner's last lines have to say of an operation that does not end: what the page says, what the journal says, and the open
 * steps.
 */
async function progressOf(path: string): Promise<string> {
  const title = await person.page.locator(".b-heading-title").first().textContent({ timeout: 5_000 }).catch(String);
  const entries = await entriesOf(path);
  const open = new Map<string, number>();
  for (const { at, event } of entries) {
    if (event.kind !== "step" || event.step === undefined) continue;
    if (event.status === "running") open.set(event.step.name, at);
    else open.delete(event.step.name);
  }
  const minutesSince = (at: number): string => `${Math.round((Date.now() - at) / minutes)} min`;
  const steps = [...open].map(([name, at]) => `${name} for ${minutesSince(at)}`).join(", ");
  const last = entries.at(-1);
  return `the page says "${title}"; open steps: ${steps || "none"}; last entry ${last === undefined ? "none" : `${minutesSince(last.at)} ago, ${JSON.stringify(last.event).slice(0, 300)}`}`;
}

/** Waits for the operation whose page is open to end by itself. */
async function endOfOperation(path: string, limit: number): Promise<string> {
  try {
    return await person.operationEnds(limit, finalEnd);
  } catch (cause) {
    throw new Error(`the operation has not ended within ${limit} min: ${await progressOf(path)}`, { cause });
  }
}

/** Waits until an entry after `seq` says that this step has begun. */
async function stepBegins(path: string, name: string, seq: number, limit: number): Promise<void> {
  const begun = ({ event }: Entry) => event.kind === "step" && event.status === "running" && event.step?.name === name;
  await expect.poll(async () => (await entriesOf(path)).slice(seq).some(begun), { timeout: limit * minutes, interval: 1_000 }).toBe(true);
}

/** The whole journal of the operation at this path. */
async function entriesOf(path: string): Promise<readonly Entry[]> {
  const all: Entry[] = [];
  for (;;) {
    const { entries } = await json<{ entries: readonly Entry[] }>(`/api/v1${path}/entries?after=${all.length}`);
    if (entries.length === 0) return all;
    all.push(...entries);
  }
}

/** A plan that was never approved and that a later update overtook. */
async function stalePlan(): Promise<{ readonly number: number; readonly hash: string }> {
  const { plans } = await json<{ plans: readonly { number: number; stale: boolean }[] }>(cluster);
  for (const { number } of plans.filter((plan) => plan.stale)) {
    const { plan, operation } = await json<{ plan: { hash: string }; operation: unknown }>(`${cluster}/plans/${number}`);
    if (operation === null) return { number, hash: plan.hash };
  }
  throw new Error("looking for a stale plan: every one was executed");
}

const kube = async (...words: readonly string[]): Promise<string> =>
  (await run(kubectl(), ["--kubeconfig", kubeconfig, ...words], { timeout: 5 * minutes })).stdout;

/**
 * Starts the pod `lookup`; asked again for five minutes, because an emulated API server may be too slow to answer right after its
 * start.
 */
async function lookUpInPod(name: string): Promise<void> {
  const container = { name: "lookup", image: "berth.invalid/probe:1", args: ["lookup", name] };
  const file = join(home, "lookup.json");
  await writeFile(
    file,
    JSON.stringify({
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name: "lookup" },
      spec: { restartPolicy: "Never", containers: [container] },
    }),
  );
  await expect
    .poll(() => kube("apply", "-f", file).catch(String), { timeout: 5 * minutes, interval: 5_000 })
    .toMatch(/^pod\/lookup (created|unchanged|configured)/);
}

const virsh = async (...words: readonly string[]): Promise<string> => {
  const inside = await findPrivateLibvirt(join(home, "libvirt"));
  if (inside === null) throw new Error("asking libvirt: it does not run");
  const [program = "", ...rest] = inside.argv(["virsh", "--quiet", ...words]);
  return (await run(program, rest)).stdout;
};

const readyNodes = async (): Promise<readonly string[]> =>
  (await kube("get", "nodes", "--no-headers"))
    .trim()
    .split("\n")
    .filter((line) => /\sReady\s/.test(line))
    .map((line) => line.split(/\s+/)[0] ?? "");

describe("the first cluster, from the form to the receipt", () => {
  it("U1 U2: a stranger is sent to sign in, and the one-time link makes the first operator", async () => {
    await person.page.goto(cluster);
    expect(new URL(person.page.url()).pathname).toBe("/sign-in");
    expect(await person.inspect("sign-in")).toEqual([]);
    await person.join(berth.firstLink ?? "", "mina", password);
    expect(await person.inspect("dashboard-empty")).toEqual([]);
  });

  it("the same link does not work twice", async () => {
    const other = await browser.newContext();
    const page = await other.newPage();
    await page.goto(berth.firstLink ?? "");
    expect(await page.locator('input[name="password"]').count()).toBe(0);
    await other.close();
  });

  it("U4 U5 U6: more memory than the host has is refused with the numbers, before anything starts", { timeout: 5 * minutes }, async () => {
    await person.open("/tenants/mina/clusters/new");
    expect(await person.inspect("create")).toEqual([]);
    const form = {
      name: "huge",
      controlPlaneSize: "custom",
      controlPlaneVcpus: "2",
      controlPlaneMemoryMiB: "65536",
      "pools[0].count": "7",
    };
    await person.send(form, /preview/i);
    await person.planMade(3);
    expect(await person.inspect("plan-refused")).toEqual([]);
    const refused = ((await person.page.getByRole("main").textContent()) ?? "").replace(/\s+/g, " ");
    expect(refused).toMatch(/memory: 78 GiB needed, [\d.]+ GiB (free|available)/i);
    expect(await person.page.getByRole("button", { name: /create \d+ machines/i }).count()).toBe(0);
    expect((await virsh("list", "--all", "--name")).trim()).toBe("");
    await person.press(/discard/i);
  });

  it("U10 U18 U19: form, plan, approval, and then machines boot before one's eyes", { timeout: 15 * minutes }, async () => {
    await person.open("/tenants/mina/clusters/new");
    await person.send({ name: "demo", controlPlaneSize: "medium", "pools[0].size": "small", "pools[0].count": "1" }, /preview/i);
    await person.planMade(3);
    expect(await person.inspect("plan")).toEqual([]);
    await person.press(/create 2 machines/i);
    await person.page.waitForURL(/\/operations\/[^/]+$/);
    await stepBegins(new URL(person.page.url()).pathname, "main-init", 0, 8);
    expect(await person.inspect("operation-live")).toEqual([]);
    await person.open(new URL(person.page.url()).pathname);
    await person.page.getByRole("link", { name: /\bcp0.*console/i }).click();
    await person.page
      .getByRole("region", { name: /\bcp0.*console/i })
      .getByText(/\S/)
      .first()
      .waitFor();
  });

  onTheLongWay(
    "a portal that is killed in the middle leaves the operation interrupted with its events intact, and Resume continues it",
    15,
    async () => {
      const path = new URL(person.page.url()).pathname;
      const before = await entriesOf(path);
      expect(person.complaints).toEqual([]);
      process.kill(berth.portalPid(), "SIGKILL");
      expect(await person.operationEnds(3)).toBe("Interrupted");
      person.pardon();
      expect(await person.inspect("operation-interrupted")).toEqual([]);
      const after = await entriesOf(path);
      expect(after.slice(0, before.length)).toEqual(before);
      expect(after.map((entry) => entry.seq)).toEqual(after.map((_, i) => i + 1));
      await person.open(path);
      await person.press(/resume/i);
      await person.page
        .locator(".b-heading-title")
        .getByText(/^(Queued|Running)$/)
        .first()
        .waitFor();
      await stepBegins(path, "main-init", after.length, 10);
    },
  );

  onTheLongWay("the plug is pulled in mid-init, and Berth is started again", 10, async () => {
    entriesBefore = await entriesOf(new URL(person.page.url()).pathname);
    await berth.pullThePlug();
    terminals += berth.terminal();
    berth = await startBerth({ home, port, first: false });
  });

  it("the cluster comes to Ready without a click, and no event is lost", { timeout: 45 * minutes }, async () => {
    const path = new URL(person.page.url()).pathname;
    expect(await endOfOperation(path, 40)).toBe("Succeeded");
    if (entriesBefore.length > 0) person.pardon();
    await person.inspect("operation-done");
    const after = await entriesOf(path);
    expect(after.slice(0, entriesBefore.length)).toEqual(entriesBefore);
    expect(after.map((entry) => entry.seq)).toEqual(after.map((_, i) => i + 1));
    prefix = (await json<{ spec: { prefix: string } }>(cluster)).spec.prefix;
    expect((await virsh("list", "--all", "--name")).trim().split("\n").sort()).toEqual([`${prefix}-cp0`, `${prefix}-w1`]);
  });

  it("U20: the downloaded kubeconfig lists Ready nodes and a pod resolves a name", { timeout: 15 * minutes }, async () => {
    await person.open(cluster);
    expect(await person.inspect("cluster")).toEqual([]);
    const link = person.page.getByRole("link", { name: /download kubeconfig/i });
    const [download] = await Promise.all([person.page.waitForEvent("download"), link.click()]);
    kubeconfig = join(home, "demo.kubeconfig");
    await download.saveAs(kubeconfig);
    expect(await readyNodes()).toEqual(["cp0", "w1"]);
    await lookUpInPod("kubernetes.default.svc.cluster.local");
    await kube("wait", "--for=jsonpath={.status.phase}=Succeeded", "--timeout=240s", "pod/lookup");
    expect(await kube("logs", "lookup")).toContain("10.96.0.1");
  });

  it("a second preview is empty after the create", { timeout: 5 * minutes }, async () => {
    expect(await changesOfAnotherPreview()).toBe(0);
  });

  onTheLongWay("a worker that was switched off by hand is found, and repaired from the Drift page by a plan", 30, async () => {
    const worker = `${prefix}-w1`;
    await virsh("destroy", worker);
    await person.open(`${cluster}/drift`);
    await person.press(/check now/i);
    await person.page
      .getByText(/\bw1 should be running and is off/i)
      .first()
      .waitFor();
    expect(await person.inspect("drift")).toEqual([]);
    await person.press(/^plan the repair/i);
    expect(await approve(/^update demo$/i, 20)).toBe("Succeeded");
    expect((await virsh("domstate", worker)).trim()).toBe("running");
    expect(await readyNodes()).toEqual(["cp0", "w1"]);
    expect(await changesOfAnotherPreview()).toBe(0);
  });

  onTheLongWay("a worker whose disk was deleted is made again by a plan and joins again", 30, async () => {
    const worker = `${prefix}-w1`;
    await virsh("destroy", worker);
    await virsh("vol-delete", "--pool", prefix, `${worker}.qcow2`);
    const node = ["get", "node", "w1", "-o"];
    const before = await kube(...node, "jsonpath={.metadata.uid}");
    await person.open(`${cluster}/drift`);
    await person.press(/check now/i);
    await person.page
      .getByText(/disk .*-w1\.qcow2.* is gone/i)
      .first()
      .waitFor();
    await person.press(/^plan the repair/i);
    expect(await approve(/^update demo$/i, 20)).toBe("Succeeded");
    expect(await readyNodes()).toEqual(["cp0", "w1"]);
    expect(await kube(...node, "jsonpath={.metadata.uid}")).not.toBe(before);
    expect(await kube(...node, "jsonpath={.metadata.labels}")).toContain("node-role.kubernetes.io/worker");
    expect(await kube("-n", "kube-system", "get", "secrets", "--field-selector", "type=bootstrap.kubernetes.io/token", "-o", "name")).toBe(
      "",
    );
    expect(await changesOfAnotherPreview()).toBe(0);
  });

  onTheLongWay("a worker is added, and a second preview is empty", 20, async () => {
    await person.open(`${cluster}/edit`);
    await person.send({ "pools[0].count": "2" }, /preview/i);
    expect(await approve(/add 1 machine/i, 20)).toBe("Succeeded");
    expect(await readyNodes()).toEqual(["cp0", "w1", "w2"]);
    expect(await changesOfAnotherPreview()).toBe(0);
  });

  it("a worker is removed, and a second preview is empty", { timeout: 20 * minutes }, async () => {
    const before = await readyNodes();
    await person.open(`${cluster}/edit`);
    await person.send({ "pools[0].count": `${before.length - 2}` }, /preview/i);
    expect(await approve(/remove 1 machine/i, 15)).toBe("Succeeded");
    expect(await readyNodes()).toEqual(before.slice(0, -1));
    expect(await changesOfAnotherPreview()).toBe(0);
  });

  it("no secret of the living cluster lies in clear in a file of the home, libvirt's records and the machines' consoles among them", async () => {
    secrets = await secretsIn(home);
    expect(secrets.length).toBeGreaterThan(20);
    const keys = keysOf(await readFile(kubeconfig, "utf8"));
    expect(keys.length).toBeGreaterThan(1);
    expect(filesTelling(home, [...secrets, ...keys]).filter((path) => path !== kubeconfig)).toEqual([]);
  });

  it("a plan that another update overtook is refused and says what moved", { timeout: 5 * minutes }, async () => {
    const stale = await stalePlan();
    await person.open(`${cluster}/plans/${stale.number}`);
    expect(await person.inspect("plan-stale")).toEqual([]);
    expect(await person.page.getByRole("button", { name: /update|create|add|remove/i }).count()).toBe(0);
    const answer = await person.page.request.post(`/api/v1${cluster}/plans/${stale.number}/approve`, {
      headers: { origin: berth.url, "sec-fetch-site": "same-origin", "content-type": "application/json" },
      data: { hash: stale.hash },
    });
    expect(answer.status()).toBe(409);
    expect(await answer.text()).toMatch(/revision|state|changed/i);
  });

  it("U29: teardown by typed name ends in a receipt, and libvirt and the state folder hold nothing of it", {
    timeout: 15 * minutes,
  }, async () => {
    await person.open(`${cluster}/destroy`);
    expect(await person.inspect("destroy")).toEqual([]);
    await person.press(/preview/i);
    await person.planMade(3);
    await person.page.locator('[name="typedName"]').fill("demo");
    await person.press(/destroy|tear down/i);
    expect(await person.operationEnds(10)).toBe("Succeeded");
    await person.follow(/receipt/i);
    expect(await person.inspect("receipt")).toEqual([]);
    const { receipt } = await json<{ receipt: { rows: readonly { name: string; gone: boolean }[] } }>(`${cluster}/receipt`);
    expect(receipt.rows.filter((row) => !row.gone)).toEqual([]);
    expect(receipt.rows.map((row) => row.name).join(" ")).toMatch(/-cp0.*-w1/);
    for (const list of [
      ["list", "--all", "--name"],
      ["net-list", "--all", "--name"],
      ["pool-list", "--all", "--name"],
    ]) {
      expect(await virsh(...list)).not.toContain(prefix);
    }
    expect((await readdir(home, { recursive: true })).filter((path) => path.includes(prefix) && !libvirtsOwn.test(path))).toEqual([]);
  });

  it("no secret of the run came by the socket, the terminal, the records or any process's arguments, and no page complained", async () => {
    const seen = [
      ...person.frames,
      terminals,
      berth.terminal(),
      await readFile(join(home, "run", "portal.log"), "utf8"),
      ...watch.argumentLists,
    ].join("\n");
    expect(watch.argumentLists.size).toBeGreaterThan(50);
    expect([...secrets, ...keysOf(await readFile(kubeconfig, "utf8")), password].filter((secret) => seen.includes(secret))).toEqual([]);
    expect(seen).not.toMatch(/-----BEGIN [A-Z ]*PRIVATE KEY-----/);
    expect(person.complaints).toEqual([]);
  });
});
