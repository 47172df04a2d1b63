/**
 * The stack engine by itself, without worker or database: one stack of local commands, run after run, with every event
 * kept in memory. For tests of how runs end, whatever becomes of their processes.
 */
import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { exampleSecrets, exampleSpec } from "#app/domain/cluster/example-spec.ts";
import type { OperationEvent } from "#app/domain/operation/event.ts";
import type { OperationKind } from "#app/domain/operation/kinds.ts";
import type { StackEngine, StackResult, RunRequest } from "#app/ports/stack-engine.ts";
import { berthPaths } from "#app/foundation/paths.ts";
import { createStackEngine, type StackEngineSettings } from "#pulumi/driver/engine.ts";
import { endProcessesOf } from "#pulumi/stack/processes.ts";
import { type StackFiles, stackFiles } from "#pulumi/stack/stack-files.ts";
import { findEngine } from "#pulumi/toolchain/build.ts";
import { plainBlueprint } from "#tests/plain/blueprint.ts";
import { emptyHypervisor, everywhere } from "#tests/contract/empty-hypervisor.ts";

export interface Direct {
  readonly home: string;
  readonly files: StackFiles;
  readonly mark: string;
  readonly engine: StackEngine;
  /** Of all runs so far. */
  readonly events: OperationEvent[];
  /** Runs the commands (`name: script`) as the stack's program. Aborting `cancel` cancels. */
  run(commands: readonly string[], options?: RunOptions): Promise<StackResult>;
  /** Resolves when an event fits, also one that was there before; rejects when the run ends without it. */
  sees(fits: (event: OperationEvent) => boolean): Promise<void>;
  close(): Promise<void>;
}

export interface RunOptions {
  readonly kind?: OperationKind;
  readonly cancel?: AbortSignal;
  /** Awaited for every batch. */
  readonly onEvents?: (events: readonly OperationEvent[]) => Promise<void>;
}

export async function openDirect(given: Partial<StackEngineSettings> = {}): Promise<Direct> {
  const home = await mkdtemp(join(tmpdir(), "berth-direct-"));
  const engineFolder = await findEngine({ cache: berthPaths(process.env, process.getuid?.() ?? -1).cache });
  if (engineFolder === null) throw new Error("the engine is not built: run `node pulumi/toolchain/build.ts`");
  const programModule = fileURLToPath(new URL("programs/commands.ts", import.meta.url));
  const engine = createStackEngine({ engineFolder, home, hypervisors: everywhere(emptyHypervisor), programModule, ...given });
  const base = { ...exampleSpec({ topology: plainBlueprint, workers: 0 }), tenantId: randomUUID() };
  const mark = `${base.tenantId}/${base.stackName}`;
  const events: OperationEvent[] = [];
  let ears: ((over: boolean) => void)[] = [];
  const tell = (over: boolean) => {
    for (const ear of ears) ear(over);
  };
  let runs = 0;
  const machineHost = {
    libvirtUri: "none",
    imageFolder: home,
    imagePool: "none",
    poolRoot: join(home, "pools"),
    consoleFolder: join(home, "consoles"),
  };
  const runOf = (commands: readonly string[], kind: OperationKind): RunRequest => {
    const spec = { ...base, authorizedKeys: commands };
    return {
      operationId: `o${++runs}`,
      kind,
      planKind: "update",
      spec,
      secrets: exampleSecrets(spec),
      passphrase: "a passphrase of tests",
      machineHost,
    };
  };
  return {
    home,
    files: stackFiles(home, base.tenantId, base.stackName),
    mark,
    engine,
    events,
    async run(commands, { kind = "update", cancel = new AbortController().signal, onEvents } = {}) {
      const take = async (batch: readonly OperationEvent[]) => {
        events.push(...batch);
        tell(false);
        await onEvents?.(batch);
      };
      return await engine.run(runOf(commands, kind), take, cancel).finally(() => tell(true));
    },
    async sees(fits) {
      await new Promise<void>((resolve, reject) => {
        const look = (over: boolean) => {
          const seen = events.some(fits);
          if (!seen && !over) return;
          ears = ears.filter((e) => e !== look);
          if (seen) resolve();
          else reject(new Error(`the run ended before it was seen: ${JSON.stringify(events.slice(-5))}`));
        };
        ears = [...ears, look];
        look(false);
      });
    },
    async close() {
      await endProcessesOf(mark, 0);
      await rm(home, { recursive: true, force: true });
    },
  };
}

export const printed = (line: string) => (e: OperationEvent) => e.kind === "output" && e.lines.includes(line);
