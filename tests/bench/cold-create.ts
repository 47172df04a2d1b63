/**
 * R1: a cluster by the portal beside the same cluster by a hand-tuned shell script (tests/bench/hand-tuned): same host,
 * same libvirt, same image, same sizes, same end (every node Ready, CoreDNS available, a name looked up from a pod). Both
 * sides are torn down after each create, and the order changes from pair to pair.
 */
import { execFile } from "node:child_process";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { createClient, type Client } from "#app/cli/client.ts";
import { followToSuccess } from "#app/cli/follow.ts";
import { type ClusterSpec, kubernetesOf, rootDiskOf } from "#app/domain/cluster/spec.ts";
import { findPrivateLibvirt } from "#app/setup/libvirt/private-libvirt.ts";
import { tscKhzOf } from "#programs/host-clock.ts";
import { type Berth, cache, removeHome, startBerth } from "#tests/e2e/berth.ts";
import type { Comparison } from "./report.ts";

const run = promisify(execFile);
const scripts = fileURLToPath(new URL("hand-tuned", import.meta.url));
const name = "bench";
const tenant = "bench";
const cluster = `/tenants/${tenant}/clusters/${name}`;
const port = 7482;
const longestMs = 40 * 60_000;

interface Created {
  readonly fromRequest: number;
  readonly fromApproval: number;
}

export async function coldCreate(pairs: number): Promise<readonly Comparison[]> {
  const home = await mkdtemp(join(tmpdir(), "berth-bench-"));
  const portal: Created[] = [];
  const script: number[] = [];
  let berth: Berth | null = null;
  try {
    berth = await startBerth({ home, port, first: true });
    const client = await clientOf(berth);
    await client.post("/tenants", { slug: tenant });
    const shape = await shapeOf(client);
    for (let pair = 0; pair < pairs; pair++) {
      const sides = [async () => void portal.push(await byPortal(client)), async () => void script.push(await byScript(home, shape))];
      for (const side of pair % 2 === 0 ? sides : sides.toReversed()) await side();
      console.error(
        `R1 pair ${pair + 1} of ${pairs}: portal ${portal.at(-1)?.fromRequest.toFixed(1)} s, script ${script.at(-1)?.toFixed(1)} s`,
      );
    }
  } finally {
    await berth?.stop();
    await removeHome(home);
  }
  const compared = (title: string, of: (c: Created) => number): Comparison => ({
    id: "R1",
    title,
    unit: "s",
    ours: { name: "portal", values: portal.map(of) },
    reference: { name: "hand-tuned script", values: script },
  });
  return [
    compared("cold create, two nodes, from the request with preview and approval to a usable cluster", (c) => c.fromRequest),
    compared("the same from the approval", (c) => c.fromApproval),
  ];
}

async function clientOf({ home, url }: Berth): Promise<Client> {
  const token = (await readFile(join(home, "run", "local-token"), "utf8")).trim();
  return createClient(() => ({ url, token }));
}

const seconds = (since: number): number => (performance.now() - since) / 1000;

interface Operation {
  readonly id: string;
}

async function byPortal(client: Client): Promise<Created> {
  const asked = performance.now();
  const made = await client.post<{ operation: Operation }>(`/tenants/${tenant}/clusters`, form);
  const plan = await previewed(client, made.operation);
  const approved = performance.now();
  await execute(client, plan);
  const created = { fromRequest: seconds(asked), fromApproval: seconds(approved) };
  await execute(client, await previewed(client, await client.post<Operation>(`${cluster}/preview`, { kind: "destroy" })));
  return created;
}

const form = { name, controlPlaneSize: "medium", workerSize: "small", workers: 1 };

interface PlanAnswer {
  readonly plan: { readonly number: number; readonly hash: string };
}

/** The preview's plan, as soon as it is there. */
async function previewed(client: Client, preview: Operation): Promise<PlanAnswer["plan"]> {
  const { planNumber } = await followToSuccess(client, preview.id);
  return (await client.get<PlanAnswer>(`${cluster}/plans/${planNumber}`)).plan;
}

async function execute(client: Client, plan: PlanAnswer["plan"]): Promise<void> {
  const { id } = await client.post<Operation>(`${cluster}/plans/${plan.number}/approve`, { hash: plan.hash, typedName: name });
  await followToSuccess(client, id);
}

/** What the portal would make, asked from a draft: the script takes its image, sizes and profile from there. */
async function shapeOf(client: Client): Promise<Readonly<Record<string, string>>> {
  const { operation } = await client.post<{ operation: Operation }>(`/tenants/${tenant}/clusters`, { ...form, name: "shape" });
  await followToSuccess(client, operation.id);
  const { spec } = await client.get<{ spec: ClusterSpec }>(`/tenants/${tenant}/clusters/shape/edit`);
  await client.post(`/tenants/${tenant}/clusters/shape/discard`);
  const [first, worker] = spec.machines;
  if (!first || !worker) throw new Error("bench R1: the portal's cluster has not two machines");
  const tscKhz = await tscKhzOf("qemu:///system");
  return {
    IMAGE: await imageFolder(first.image.contentHash),
    KUBERNETES_VERSION: kubernetesOf(spec).version,
    ACCEL: spec.profile === "accelerated" ? "kvm" : "tcg",
    DISK_GIB: String(rootDiskOf(first).gib),
    CP_VCPUS: String(first.vcpus),
    CP_MIB: String(first.memoryMiB),
    W_VCPUS: String(worker.vcpus),
    W_MIB: String(worker.memoryMiB),
    ...(tscKhz === null ? {} : { TSC_KHZ: String(tscKhz) }),
  };
}

async function imageFolder(contentHash: string): Promise<string> {
  const folder = join(cache, "artefacts", "image-node");
  for (const made of (await readdir(folder)).filter((entry) => !entry.includes(".partial"))) {
    const manifest = JSON.parse(await readFile(join(folder, made, "manifest.json"), "utf8")) as { contentHash: string };
    if (manifest.contentHash === contentHash) return join(folder, made);
  }
  throw new Error(`bench R1: no image in ${folder} has the content hash ${contentHash}`);
}

/** In the portal's own libvirt, which has nothing else to do meanwhile. */
async function byScript(home: string, shape: Readonly<Record<string, string>>): Promise<number> {
  const inside = findPrivateLibvirt(join(home, "libvirt"));
  if (inside === null) throw new Error("bench R1: the portal's libvirt does not run");
  const work = join(home, "hand");
  const call = async (script: string) => {
    const [program = "", ...args] = inside.argv([join(scripts, script), work]);
    return (await run(program, args, { env: { ...process.env, ...shape }, timeout: longestMs, maxBuffer: 16 << 20 })).stdout;
  };
  try {
    const found = /^usable after (\d+) ms$/m.exec(await call("create.sh"));
    if (!found) throw new Error("bench R1: the script did not say how long it took");
    return Number(found[1]) / 1000;
  } finally {
    await call("destroy.sh");
    await rm(work, { recursive: true, force: true });
  }
}
