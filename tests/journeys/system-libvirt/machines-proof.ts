/**
 * Runs inside a bed, as root: machines of the tiny guest, made by Berth's own program through the real engine on the
 * bed's system libvirt, looked at, and destroyed. Each step is printed as one line that begins with `PROOF`, so that it
 * can be read from a serial console. Ends with 1 when something broke.
 */
import { localHost } from "#app/domain/host/libvirt-host.ts";
import { chmod, readFile, readdir } from "node:fs/promises";
import { execa } from "execa";
import type { Plan } from "#app/domain/plan/plan.ts";
import { openRig, type Rig } from "#tests/engine/rig.ts";
import { openSteps, type TriedStep } from "#tests/journeys/record.ts";

/** A bed that is itself emulated takes an hour where a host takes a minute. */
const patient = { phase: { network: 3_600, disks: 3_600, boot: 3_600, ssh: 3_600, ready: 3_600 }, silenceSeconds: 3_600 };

const virsh = async (...words: readonly string[]): Promise<string> =>
  (await execa("virsh", ["-q", "-c", "qemu:///system", ...words])).stdout.trim();
const changes = (plan: Plan): string =>
  plan.rows
    .filter((r) => r.change !== "same")
    .map((r) => `${r.change} ${r.name} ${r.changed.join(",")}`)
    .join("; ");

function demand(holds: boolean, otherwise: string): void {
  if (!holds) throw new Error(otherwise);
}

/** How the kernel confines each running QEMU: the label of its security module, e.g. `libvirt-… (enforce)`. */
async function confinements(): Promise<readonly string[]> {
  const labels: string[] = [];
  for (const pid of (await readdir("/proc")).filter((name) => /^\d+$/.test(name))) {
    const program = await readFile(`/proc/${pid}/comm`, "utf8").catch(() => "");
    if (program.startsWith("qemu-system")) labels.push((await readFile(`/proc/${pid}/attr/current`, "utf8").catch(() => "none")).trim());
  }
  return labels;
}

async function prove(rig: Rig, workers: number): Promise<readonly TriedStep[]> {
  const steps = openSteps((line) => console.log(line));
  const isQuiet = async () => {
    const left = changes(await rig.preview(id));
    demand(left === "", left);
    return undefined;
  };
  const { id } = await rig.newCluster("proof", workers);
  const { prefix, machines } = await rig.spec(id);
  await steps.step(`${machines.length} machines are made and answer over SSH`, async () => {
    const update = await rig.update(id);
    demand(update.state === "succeeded", `${update.state}: ${JSON.stringify(update.failure)}`);
    return undefined;
  });
  await steps.step("a second preview is empty", isQuiet);
  await steps.step("machines name their disks by file", async () => {
    const types = await Promise.all(machines.map((m) => virsh("dumpxml", m.libvirtName)));
    demand(
      types.every((xml) => xml.includes("<disk type='file'") && !xml.includes("<disk type='volume'")),
      "a disk is no file",
    );
    return undefined;
  });
  await steps.see("how running machines are confined", async () => (await confinements()).join(", "));
  await steps.step("the host sees what the specification says", async () => {
    const seen = await rig.ports.hostInspections?.of(localHost).inspect(prefix);
    const found = seen?.machines.map((m) => `${m.name} ${m.state} ${m.defined?.diskPaths.length ?? 0}`).join(", ");
    demand(seen?.machines.every((m) => m.state === "running" && m.defined?.diskPaths.length === 2) === true, String(found));
    return found;
  });
  await steps.step("libvirtd is restarted: machines go on, and a preview is still empty", async () => {
    const before = await virsh("list", "--name");
    await execa("systemctl", ["restart", "libvirtd"]);
    demand((await virsh("list", "--name")) === before, "another list of machines");
    return await isQuiet();
  });
  await steps.step("a machine is switched off and on by libvirt", async () => {
    const name = machines.at(-1)?.libvirtName ?? "";
    await virsh("destroy", name);
    await virsh("start", name);
    return await virsh("domstate", name);
  });
  await steps.step("destroy ends with a receipt, and nothing is left", async () => {
    const over = await rig.destroy(id);
    demand(over.state === "succeeded", `${over.state}: ${JSON.stringify(over.failure)}`);
    const left = await rig.hypervisor.inventory(prefix);
    demand(
      Object.values(left).every((list: readonly unknown[]) => list.length === 0),
      JSON.stringify(left),
    );
    return `${(await rig.stores.clusters.receipt(id))?.rows.length ?? 0} rows, all gone`;
  });
  return steps.done;
}

const rig = await openRig({ engine: { budgets: patient }, leaseMs: 300_000 });
// A system libvirt runs QEMU as an account of its own, which has to reach the disks.
await chmod(rig.home, 0o711);
try {
  rig.startWorker();
  const done = await prove(rig, Number(process.argv[2] ?? "1"));
  for (const step of done) console.log(`PROOF ${JSON.stringify(step)}`);
} catch (error) {
  console.log(
    `PROOF ${JSON.stringify({ name: "machines made by Berth's program", seconds: 0, result: "broke", note: (error instanceof Error ? error.message : String(error)).slice(0, 1_000) })}`,
  );
  process.exitCode = 1;
} finally {
  await rig.close();
  // The tests' own image, which no cluster owns. A pool that is not there needs no removal.
  for (const word of ["pool-destroy", "pool-undefine"]) await virsh(word, "berth-test-image").catch(() => "");
}
