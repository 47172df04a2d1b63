/**
 * An engine and a host of files, for faults that are not about machines: it makes one file for each machine of a spec,
 * records what it made in a state file as the real one does (begun, made, recorded), finds its way back after a crash,
 * and refuses to make what is there already. What it is asked for twice, or leaves behind, shows on the disk.
 */
import { message } from "#app/domain/message/message.ts";
import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Owner } from "#app/domain/cluster/ownership.ts";
import type { MachineSpec } from "#app/domain/cluster/spec.ts";
import type { OperationEvent, StepRef } from "#app/domain/operation/event.ts";
import type { Change, PlanRow } from "#app/domain/plan/plan.ts";
import type { Hypervisor } from "#app/ports/hypervisor.ts";
import type { StackEngine, StackResult, RunRequest } from "#app/ports/stack-engine.ts";
import { emptyHypervisor } from "#tests/contract/empty-hypervisor.ts";

export interface StandInSettings {
  readonly home: string;
  /** Milliseconds that making one machine takes. */
  readonly stepMs: number;
  /** Lines that each machine says. */
  readonly linesPerStep: number;
  /** Bytes of each line. */
  readonly lineBytes?: number;
}

interface State {
  readonly made: readonly string[];
  readonly begun: string | null;
}

type OnEvents = (events: readonly OperationEvent[]) => Promise<void>;

const hostFolder = (home: string): string => join(home, "stand-in-host");
const stateFile = (home: string, run: RunRequest): string =>
  join(home, "stand-in-state", `${run.spec.tenantId}-${run.spec.stackName}.json`);

async function readState(path: string): Promise<State> {
  if (!existsSync(path)) return { made: [], begun: null };
  return JSON.parse(await readFile(path, "utf8")) as State;
}

async function writeState(path: string, state: State): Promise<void> {
  await mkdir(join(path, ".."), { recursive: true });
  await writeFile(`${path}.new`, JSON.stringify(state));
  await rename(`${path}.new`, path);
}

export function standInEngine(settings: StandInSettings): StackEngine {
  const host = hostFolder(settings.home);
  const onHost = async (run: RunRequest): Promise<readonly string[]> =>
    (await readdir(host).catch(() => [])).filter((n) => n.startsWith(`${run.spec.prefix}-`));

  /** What is there and not recorded was being made when a run died: it goes. */
  const recover = async (run: RunRequest) => {
    const path = stateFile(settings.home, run);
    const { made } = await readState(path);
    const orphans = (await onHost(run)).filter((n) => !made.includes(n));
    for (const name of orphans) await rm(join(host, name));
    await writeState(path, { made, begun: null });
    return { brokeLock: false, notes: orphans.map((n) => message("leftover-removed", { what: "machine", name: n })) };
  };

  const change = async (run: RunRequest, name: string, to: Change, onEvents: OnEvents): Promise<void> => {
    const path = stateFile(settings.home, run);
    const step = stepOf(name);
    await onEvents([{ kind: "step", step, change: to, status: "running" }]);
    const before = await readState(path);
    await writeState(path, { ...before, begun: name });
    if (to === "create") await writeFile(join(host, name), JSON.stringify(ownerOf(run, name)), { flag: "wx" });
    else await rm(join(host, name));
    await sleep(settings.stepMs);
    for (let n = 1; n <= settings.linesPerStep; n += 1) await onEvents([lineOf(name, n, settings.lineBytes ?? 0)]);
    const made = to === "create" ? [...before.made, name] : before.made.filter((m) => m !== name);
    await writeState(path, { made, begun: null });
    await onEvents([{ kind: "step", step, change: to, status: "done" }]);
  };

  const act = async (run: RunRequest, onEvents: OnEvents, cancel: AbortSignal): Promise<StackResult> => {
    await mkdir(host, { recursive: true });
    await recover(run);
    const { made } = await readState(stateFile(settings.home, run));
    const rows = rowsOf(run, made);
    if (run.kind === "preview") return { result: "succeeded", rows };
    for (const row of rows.filter((r) => r.change !== "same")) {
      if (cancel.aborted) return { result: "cancelled" };
      await change(run, row.name, row.change, onEvents);
    }
    return { result: "succeeded", rows };
  };

  return {
    run: act,
    recover,
    forget: async (tenantId, stackName) => {
      const path = join(settings.home, "stand-in-state", `${tenantId}-${stackName}.json`);
      await rm(path, { force: true });
      return [path];
    },
  };
}

/** What the spec and the record differ in, made first and removed last. */
function rowsOf(run: RunRequest, made: readonly string[]): readonly PlanRow[] {
  const wanted = run.kind === "destroy" || run.planKind === "destroy" ? [] : run.spec.machines.map((m: MachineSpec) => m.libvirtName);
  const row = (name: string, to: Change): PlanRow => ({ ...stepOf(name), change: to, impact: "none", changed: [] });
  return [
    ...wanted.map((name) => row(name, made.includes(name) ? "same" : "create")),
    ...made.filter((name) => !wanted.includes(name)).map((name) => row(name, "delete")),
  ];
}

const ownerOf = ({ spec }: RunRequest, name: string): Owner => ({
  ...{ tenantId: spec.tenantId, clusterId: spec.clusterId, stackName: spec.stackName },
  machine: spec.machines.find((m) => m.libvirtName === name)?.name ?? "",
});

const stepOf = (name: string): StepRef => ({
  urn: `urn:stand-in::${name}`,
  name,
  type: "libvirt:index/domain:Domain",
  step: null,
  phase: "boot",
  machine: null,
  on: null,
});

const lineOf = (name: string, n: number, bytes: number): OperationEvent => ({
  kind: "output",
  source: "command",
  machine: null,
  step: name,
  lines: [`${name} says ${n}`.padEnd(bytes, ".")],
});

async function ownerIn(path: string): Promise<Owner | null> {
  const text = await readFile(path, "utf8").catch(() => "");
  return text === "" ? null : (JSON.parse(text) as Owner);
}

/** What lies in the host's folder, as a libvirt host would tell it. */
export function standInHypervisor(home: string): Hypervisor {
  const host = hostFolder(home);
  return {
    ...emptyHypervisor,
    inventory: async (prefix) => {
      const names = (await readdir(host).catch(() => [])).filter((n) => prefix === null || n === prefix || n.startsWith(`${prefix}-`));
      const machines = await Promise.all(
        names.map(async (name) => ({ name, state: "running" as const, memoryMiB: 1, vcpus: 1, owner: await ownerIn(join(host, name)) })),
      );
      return { machines, networks: [], pools: [], volumes: [] };
    },
    remove: (_kind, name) => rm(join(host, name), { force: true }),
  };
}
