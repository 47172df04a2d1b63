/**
 * A world with the real engine, and with the private libvirt the tests run in (or with local commands in place of
 * machines). The web server and the worker are processes of their own, so that each can die alone.
 */
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, readdir, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { libvirtHypervisor } from "#app/adapters/libvirt/hypervisor.ts";
import type { Cluster } from "#app/domain/cluster/cluster.ts";
import { type ClusterSpec, networkOf } from "#app/domain/cluster/spec.ts";
import type { BudgetSettings } from "#app/domain/operation/budgets.ts";
import type { Hypervisor } from "#app/ports/hypervisor.ts";
import { berthPaths } from "#app/foundation/paths.ts";
import { listImages } from "#ansible/toolchain/manifest.ts";
import { endProcessesOf, processesOf } from "#pulumi/stack/processes.ts";
import { readLocks, readState, type StackFiles, stackFiles, type StackState } from "#pulumi/stack/stack-files.ts";
import { findEngine } from "#pulumi/toolchain/build.ts";
import { allClusters } from "#tests/contract/fixtures.ts";
import { clusterName } from "#tests/faults/journey.ts";
import type { HostEvidence } from "#tests/faults/oracle.ts";
import type { ArmedPoint, Portal } from "#tests/faults/portal.ts";
import { standInHypervisor } from "#tests/faults/stand-in-engine.ts";
import { openWorld, type World } from "#tests/faults/world.ts";
import type { ProgramStep } from "./programs/steps.ts";
import { type Hunt, processesHere, runningMachines, wordsOf } from "./victims.ts";

export const uri = process.env.BERTH_LIBVIRT_URI ?? "qemu:///system";

export interface MachineWorld extends World {
  readonly web: Portal;
  readonly worker: Portal;
  readonly hypervisor: Hypervisor;
  readonly things: "machines" | "commands";
  cluster(): Promise<Cluster>;
  spec(): Promise<ClusterSpec>;
  files(): Promise<StackFiles>;
  hunt(): Promise<Hunt>;
  /** What is on the host now, and what the state owns. */
  host(): Promise<HostEvidence>;
  /** Rows of a preview made now that are not "same". */
  secondPreview(): Promise<readonly string[]>;
}

export interface MachineWorldOptions {
  /** Local commands in place of machines. */
  readonly steps?: readonly ProgramStep[];
  readonly leaseMs?: number;
  readonly budgets?: BudgetSettings;
  /** Of the worker's processes, one after another. */
  readonly failpoints?: readonly (ArmedPoint | null)[];
  /** Told the home before anything is in it, e.g. to put a small file system there. */
  readonly prepare?: (home: string) => Promise<void>;
}

const cache = berthPaths(process.env, process.getuid?.() ?? -1).cache;

export async function openMachineWorld(options: MachineWorldOptions = {}): Promise<MachineWorld> {
  const engineFolder = await findEngine({ cache });
  if (engineFolder === null) throw new Error("the engine is not built: run `node pulumi/toolchain/build.ts`");
  const { steps } = options;
  const programModule = new URL(steps === undefined ? "../../plain/program.ts" : "programs/steps.ts", import.meta.url).pathname;
  const home = await mkdtemp(join(tmpdir(), "berth-faults-"));
  await options.prepare?.(home);
  const budgets = options.budgets === undefined ? {} : { budgets: options.budgets };
  const world = await openWorld({
    home,
    database: join(home, "database", "berth.sqlite"),
    engine: { kind: "real", engineFolder, libvirtUri: steps === undefined ? uri : "none", programModule, ...budgets },
    image: await tinyImage(),
    leaseMs: options.leaseMs ?? 4_000,
  });
  if (steps !== undefined) await writeFile(join(world.home, "steps.json"), JSON.stringify(steps));
  const web = await world.start({ worker: false });
  const worker = await world.start({ port: null }, options.failpoints === undefined ? {} : { failpoints: options.failpoints });
  const hypervisor = steps === undefined ? libvirtHypervisor({ uri, disksFolder: world.home }) : standInHypervisor(world.home);
  const cluster = async () => {
    const [found] = (await allClusters(world.stores.clusters, world.tenantId)).filter((c) => c.name === clusterName);
    if (!found) throw new Error("the cluster is not there");
    return found;
  };
  const spec = async () => {
    const { id, revision } = await cluster();
    const found = await world.stores.clusters.spec(id, revision);
    if (!found) throw new Error("the cluster has no spec");
    return found;
  };
  const files = async () => stackFiles(world.home, world.tenantId, (await spec()).stackName);
  return {
    ...world,
    web,
    worker,
    hypervisor,
    things: steps === undefined ? "machines" : "commands",
    cluster,
    spec,
    files,
    hunt: async () => {
      const { prefix, stackName } = await spec();
      return { web, worker, mark: `${world.tenantId}/${stackName}`, prefix };
    },
    host: async () => hostEvidence(hypervisor, await spec(), await files(), await cluster()),
    secondPreview: async () => {
      const { id } = await world.person.preview(clusterName, "update").then((id) => world.person.over(id));
      const rows = (await planOf(world, id))?.rows ?? [];
      return rows.filter((r) => r.change !== "same").map((r) => `${r.change} ${r.name} (${r.changed.join(", ")})`);
    },
    close: async () => {
      await Promise.all(world.portals.map((p) => p.end()));
      // Engines outlive a killed worker for a while, and would keep making things.
      for (const { stackName, prefix } of await specsOf(world)) {
        await endProcessesOf(`${world.tenantId}/${stackName}`, 0);
        await sweep(hypervisor, prefix);
      }
      await world.close();
    },
  };
}

async function planOf(world: World, operationId: string) {
  const entries = await world.stores.journal.read(operationId, 0, 100_000);
  const made = entries.map((e) => e.event).find((e) => e.kind === "planned");
  return made?.kind === "planned" ? await world.stores.clusters.plan(made.planId) : null;
}

async function hostEvidence(hypervisor: Hypervisor, spec: ClusterSpec, files: StackFiles, cluster: Cluster): Promise<HostEvidence> {
  const { machines, networks, pools, volumes } = await hypervisor.inventory(spec.prefix);
  const found = [
    ...machines.map((m) => `machine ${m.name}`),
    ...networks.map((n) => `network ${n.name}`),
    ...pools.map((p) => `pool ${p.name}`),
    ...volumes.map((v) => `disk ${v.name}`),
  ];
  const state = await readState(files).catch(() => null);
  const doubles = runningMachines(spec.prefix)
    .filter((n, i, all) => all.indexOf(n) !== i)
    .map((n) => `a second QEMU of ${n}`);
  return {
    found,
    owned: ownedBy(state),
    leftovers: [
      ...doubles,
      ...(await leftovers(
        spec,
        files,
        cluster,
        networks.map((n) => n.name),
      )),
    ],
    pending: state?.pending.length ?? 0,
  };
}

function ownedBy(state: StackState | null): readonly string[] {
  const words = { Domain: "machine", Network: "network", Pool: "pool", Volume: "disk" } as const;
  return (state?.resources ?? []).flatMap((r) => {
    const kind = /^libvirt:.*:(Domain|Volume|Network|Pool)$/.exec(r.type)?.[1] as keyof typeof words | undefined;
    return kind === undefined ? [] : [`${words[kind]} ${String(r.outputs?.name)}`];
  });
}

/** Processes of a run may take a moment to see that they are alone; what is still there then is left over. */
async function leftovers(spec: ClusterSpec, files: StackFiles, cluster: Cluster, networks: readonly string[]): Promise<readonly string[]> {
  const mark = `${spec.tenantId}/${spec.stackName}`;
  for (let i = 0; i < 40 && processesOf(mark).length > 0; i += 1) await new Promise((resolve) => setTimeout(resolve, 250));
  const locks = await readLocks(files);
  const scratch = await readdir(files.scratch).catch(() => []);
  const pool =
    cluster.state === "gone" && existsSync(join(dirname(files.tenantFolder), "..", "pools", spec.prefix)) ? ["the pool's folder"] : [];
  return [
    ...processesOf(mark).map((p) => `process ${p.pid}`),
    ...unknownToLibvirt(spec, networks),
    ...locks.map((l) => `lock of ${l.heldBy || l.path}`),
    ...scratch.map((n) => `scratch ${n}`),
    ...pool,
  ];
}

/** A network's own bridge, firewall rules and dnsmasq, when libvirt has no such network. */
function unknownToLibvirt(spec: ClusterSpec, networks: readonly string[]): readonly string[] {
  const network = networkOf(spec);
  if (networks.includes(network.name)) return [];
  const servers = processesHere().filter((pid) => wordsOf(pid).some((w) => w.endsWith(`/${network.name}.conf`)));
  const rules = execFileSync("iptables-save", { encoding: "utf8" })
    .split("\n")
    .filter((l) => l.split(" ").includes(network.bridge));
  return [
    ...(existsSync(`/sys/class/net/${network.bridge}`) ? [`bridge ${network.bridge}`] : []),
    ...rules.map((r) => `rule ${r}`),
    ...servers.map((pid) => `dnsmasq ${pid}`),
  ];
}

/** Of everything this world ever asked for: a test that broke off leaves things anywhere. */
async function specsOf({ stores, tenantId }: World): Promise<readonly ClusterSpec[]> {
  const specs = await Promise.all((await allClusters(stores.clusters, tenantId)).map((c) => stores.clusters.spec(c.id, c.revision)));
  return specs.filter((s) => s !== null);
}

async function sweep(hypervisor: Hypervisor, prefix: string): Promise<void> {
  const left = await hypervisor.inventory(prefix);
  for (const m of left.machines) await hypervisor.remove("machine", m.name);
  for (const v of left.volumes) await hypervisor.removeVolume(v.pool, v.name);
  for (const n of left.networks) await hypervisor.remove("network", n.name);
  for (const p of left.pools) await hypervisor.remove("pool", p.name);
}

async function tinyImage() {
  const found = (await listImages({ cache })).find((i) => i.manifest.kind === "tiny");
  if (!found) throw new Error("the tiny guest is not built: run `node ansible/toolchain/build.ts tiny`");
  return { name: found.manifest.name, contentHash: found.manifest.contentHash, folder: found.folder };
}
