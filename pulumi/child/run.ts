/**
 * The child process of one run: reads a {@link ChildOrder} from standard input, runs the stack's program by the
 * Automation API, sends events to its parent and waits for each batch to be taken, and ends with one result. It is the
 * only process of Berth that loads `@pulumi/*`. When its parent goes away it stops the run and ends.
 */
import { stepTable } from "#app/domain/cluster/steps.ts";
import { chmod, chown, copyFile, mkdir, readdir, readFile, rm } from "node:fs/promises";
import { basename, join } from "node:path";
import { text } from "node:stream/consumers";
import type { EngineEvent, Stack } from "@pulumi/pulumi/automation/index.js";
import type { ClusterSpec } from "#app/domain/cluster/spec.ts";
import { type Message, message, reasonsOf, reported } from "#app/domain/message/message.ts";
import { classifyFailure } from "#app/domain/operation/classify-failure.ts";
import type { OperationEvent } from "#app/domain/operation/event.ts";
import { failpoint } from "#app/ports/failpoint.ts";
import { type EngineCall, engineCallOf, kindOf } from "#app/domain/operation/kinds.ts";
import type { MachineHost, StackResult, RunRequest } from "#app/ports/stack-engine.ts";
import { type Cli, CliFailure, createCli } from "#pulumi/stack/cli.ts";
import { type ConsoleFollower, followConsoles } from "#pulumi/boot/console.ts";
import { createEventQueue } from "#pulumi/events/event-queue.ts";
import { createTranslator, type Translator } from "#pulumi/events/events.ts";
import type { ChildOrder, FromChild, ToChild } from "#pulumi/driver/messages.ts";
import { makeDurable } from "#pulumi/recovery/repair-state.ts";
import { findHalfMade, findHalfWritten, halfMadeNote, halfWrittenNote } from "#pulumi/recovery/partial-machines.ts";
import { createScrubber, type Scrubber, stringsIn } from "#pulumi/events/scrub.ts";
import { writeSeeds } from "#programs/seed.ts";
import { type InlineProgram, openStack } from "#pulumi/stack/stack.ts";
import { lookFiles, pruneHistory, readState, type StackFiles, stackFiles } from "#pulumi/stack/stack-files.ts";

/** How often the parent is told that this process lives. */
const aliveMs = 1_000;
/** After the parent is gone: how long running steps may take to stop, and then the CLI. */
const orphanGraceMs = 8_000;

interface ProgramModule {
  clusterProgram(spec: ClusterSpec, secrets: RunRequest["secrets"], host: MachineHost, seedFolder: string): InlineProgram;
}

interface Session {
  readonly order: ChildOrder;
  readonly files: StackFiles;
  readonly scrubber: Scrubber;
  readonly cli: Cli;
  readonly stack: Stack;
  readonly translator: Translator;
  readonly emit: (events: readonly OperationEvent[]) => void;
}

const cancelling = new AbortController();
/** The parent gave this run up: what is stopped now failed. */
let givenUp = false;
let rawEvents = 0;
let acknowledge: () => void = () => undefined;

async function main(): Promise<void> {
  const order = JSON.parse(await text(process.stdin)) as ChildOrder;
  const scrubber = createScrubber([...stringsIn(order.run.secrets), order.run.passphrase]);
  const cli = createCli(order.engineFolder, process.env.HOME ?? order.home, baseEnvironment());
  listen(cli);
  sayAlive(cli);
  failpoint("child.begun");
  // Whoever watches would see nothing of what happens: the run stops, and this process ends without a result.
  const queue = createEventQueue(deliver, { onLost: () => cancel(cli, 1) });
  const result = await perform(order, scrubber, cli, (events) => queue.push(events));
  await queue.drained();
  failpoint("child.before-result");
  await send({ kind: "result", result, cliProcesses: cli.count() });
  process.exit(0);
}

/** Everything that the CLI and its plugins inherit from this process; the parent made it small on purpose. */
function baseEnvironment(): Record<string, string> {
  return Object.fromEntries(
    Object.entries(process.env).filter((e): e is [string, string] => e[1] !== undefined && e[0] !== "NODE_CHANNEL_FD"),
  );
}

function listen(cli: Cli): void {
  process.on("message", (told: ToChild) => {
    switch (told.kind) {
      case "ack":
        return acknowledge();
      case "stop":
        givenUp ||= told.by === "watchdog";
        return cancel(cli, told.rung);
    }
  });
  process.once("disconnect", () => {
    acknowledge();
    cancel(cli, 1);
    setTimeout(() => cli.interrupt(), orphanGraceMs);
    setTimeout(() => {
      cli.kill();
      process.exit(1);
    }, orphanGraceMs * 1.5);
  });
}

function sayAlive(cli: Cli): void {
  setInterval(() => void send({ kind: "alive", signs: rawEvents + cli.signs() }), aliveMs).unref();
}

function cancel(cli: Cli, rung: 1 | 2): void {
  if (rung === 1 && cancelling.signal.aborted) return;
  cancelling.abort();
  cli.interrupt();
}

/** Without a parent there is nobody to tell: the run ends itself. */
async function send(word: FromChild): Promise<void> {
  if (!process.connected) return;
  await new Promise<void>((resolve) => process.send?.(word, () => resolve()) ?? resolve());
}

async function deliver(events: readonly OperationEvent[]): Promise<void> {
  const taken = new Promise<void>((resolve) => {
    acknowledge = resolve;
  });
  if (!process.connected) return;
  failpoint("child.before-deliver");
  await send({ kind: "events", events });
  await taken;
  failpoint("child.after-deliver");
}

async function perform(order: ChildOrder, scrubber: Scrubber, cli: Cli, emit: Session["emit"]): Promise<StackResult> {
  const { run } = order;
  const own = stackFiles(order.home, run.spec.tenantId, run.spec.stackName);
  const files = order.mode === "look" ? lookFiles(own) : own;
  const translator = createTranslator(
    scrubber,
    stepTable([...(run.known ?? []), run.spec]),
    !kindOf(run).changesHost || order.mode === "look",
    run.repair !== undefined,
  );
  try {
    if (order.mode === "look") await borrowSettings(own, files);
    const program = await loadProgram(order, files);
    const stack = await openStack({
      files,
      cli,
      stackName: run.spec.stackName,
      passphrase: run.passphrase,
      pulumiHome: process.env.PULUMI_HOME ?? "",
      version: process.env.BERTH_ENGINE_VERSION ?? "",
      program,
    });
    return await execute({ order, files, scrubber, cli, stack, translator, emit });
  } catch (error) {
    return ending(error, translator, scrubber);
  }
}

async function loadProgram(order: ChildOrder, files: StackFiles): Promise<InlineProgram> {
  const { run } = order;
  const { clusterProgram } = (await import(order.programModule)) as ProgramModule;
  const seedFolder = join(files.folder, "seeds");
  if (order.mode !== "look" && !kindOf(run).removesCluster) await writeSeeds(run.spec, run.secrets, seedFolder);
  return clusterProgram(run.spec, run.secrets, run.machineHost, seedFolder);
}

async function execute(session: Session): Promise<StackResult> {
  const { order, translator, stack } = session;
  if (order.mode === "settle") {
    await stack.refresh({ ...options(session), ...(await besidesHalfWritten(session)), clearPendingCreates: true, runProgram: false });
    return succeeded(session);
  }
  if (order.mode === "look") {
    await stack.previewRefresh({ ...options(session), runProgram: false });
    return succeeded(session);
  }
  const consoles = kindOf(order.run).changesHost ? await follow(session) : null;
  try {
    await act(session);
  } catch (error) {
    return ending(error, translator, session.scrubber);
  } finally {
    await consoles?.stop();
    if (kindOf(order.run).changesHost) await keepHouse(session);
  }
  return succeeded(session);
}

/** While the stack is still held: earlier states beyond those that are kept go, and the rest is safe from a power cut. */
async function keepHouse({ files, order }: Session): Promise<void> {
  await pruneHistory(files, order.keptStates);
  await makeDurable(files);
}

const succeeded = (session: Session): StackResult => ({
  result: "succeeded",
  rows: session.translator.rows(),
});

function options(session: Session) {
  return {
    color: "never",
    parallel: session.order.parallel,
    suppressProgress: true,
    onEvent: (event: EngineEvent) => {
      rawEvents++;
      const events = session.translator.translate(event);
      if (events.some(isFailedStep)) giveUp(session);
      session.emit(events.map(asPersonSees));
    },
  } as const;
}

const isFailedStep = (event: OperationEvent): boolean => event.kind === "step" && event.status === "failed";

let gaveUp = false;

/** After one step of an update failed, steps that may wait for it for minutes (a join for its control plane) are stopped. */
function giveUp({ order, cli }: Session): void {
  if (gaveUp || cancelling.signal.aborted || !kindOf(order.run).makesRevisionLive) return;
  gaveUp = true;
  cli.interrupt();
}

/** The engine knows only that steps were stopped: a person cancelled, or a step before them failed. */
function asPersonSees(event: OperationEvent): OperationEvent {
  if (event.kind !== "summary" || event.result === "succeeded") return event;
  return { ...event, result: cancelling.signal.aborted && !givenUp ? "cancelled" : "failed" };
}

const act = (session: Session): Promise<unknown> => engineCalls[engineCallOf(session.order.run)](session);

/** A table and no switch: the type checker asks for an engine call that is not in it. */
const engineCalls: Readonly<Record<EngineCall, (session: Session) => Promise<unknown>>> = {
  preview: async (session) => session.stack.preview({ ...options(session), ...(await replacements(session)) }),
  previewDestroy: (session) => session.stack.previewDestroy(options(session)),
  up: async (session) => {
    await makeFolders(session.order.run.machineHost);
    await session.stack.up({ ...options(session), ...(await replacements(session)) });
  },
  destroy: async (session) => {
    // Not refreshed: the provider cannot check a disk whose pool is gone. What is gone was let go of before.
    if (await hasResources(session.files)) await session.stack.destroy(options(session));
    await removeTraces(session.order.run);
  },
};

/** Resources that are to be made again: those a repair names, and machines and disks that were left half made. */
async function replacements({ order: { run }, files, emit }: Session): Promise<{ readonly refresh?: true; readonly replace?: string[] }> {
  const state = await readState(files);
  const { refresh = false, again = [] } = run.repair ?? {};
  // One that the state does not know is made anyway.
  const known = (state?.resources ?? []).filter((r) => r.custom === true && again.includes(r.urn.split("::").at(-1) ?? ""));
  const half = findHalfMade(run.spec, state);
  const written = findHalfWritten(state);
  const notes = [...half.machines.map(halfMadeNote), ...written.map(halfWrittenNote)];
  if (kindOf(run).changesHost && notes.length > 0) emit([{ kind: "recovery", automatic: true, did: notes }]);
  const urns = [...new Set([...known.map((r) => r.urn), ...half.urns, ...written.map((r) => r.urn)])];
  return { ...(refresh ? { refresh } : {}), ...(urns.length > 0 ? { replace: urns } : {}) };
}

/** Looked at by a refresh, a disk that was not written to its end would count as whole from then on. */
async function besidesHalfWritten({ files }: Session): Promise<{ readonly exclude?: string[] }> {
  const exclude = findHalfWritten(await readState(files)).map((r) => r.urn);
  return exclude.length > 0 ? { exclude } : {};
}

/** A check has a working folder of its own beside a run's; the passphrase's salt is in the run's. */
async function borrowSettings(own: StackFiles, check: StackFiles): Promise<void> {
  await mkdir(check.folder, { recursive: true, mode: 0o700 });
  await copyFile(own.settings, join(check.folder, basename(own.settings)));
}

async function makeFolders({ poolRoot, consoleFolder }: MachineHost): Promise<void> {
  await mkdir(poolRoot, { recursive: true, mode: 0o700 });
  await mkdir(consoleFolder, { recursive: true, mode: 0o700 });
  // libvirt writes disks that everybody may read, seed disks with host keys among them: only its own group gets there.
  const group = /^libvirt-qemu:[^:]*:(\d+):/m.exec(await readFile("/etc/group", "utf8").catch(() => ""))?.[1];
  if (group !== undefined && process.getuid?.() === 0) await chown(poolRoot, 0, Number(group));
  await chmod(poolRoot, 0o710);
}

/** Files that libvirt wrote for the machines and does not take away with them. */
async function removeTraces({ spec, machineHost: { consoleFolder } }: RunRequest): Promise<void> {
  const names = await readdir(consoleFolder).catch(() => []);
  const ours = names.filter((n) => n.startsWith(`${spec.prefix}-`) && n.includes("-serial.log"));
  await Promise.all(ours.map((n) => rm(join(consoleFolder, n), { force: true })));
}

const hasResources = async (files: StackFiles): Promise<boolean> => ((await readState(files))?.resources.length ?? 0) > 0;

async function follow(session: Session): Promise<ConsoleFollower> {
  const { run } = session.order;
  return await followConsoles({
    folder: run.machineHost.consoleFolder,
    machines: new Map(run.spec.machines.map((m) => [m.name, m.libvirtName])),
    operationId: run.operationId,
    places: run.consolePlaces ?? {},
    beginningsFile: session.files.consoleBeginnings,
    onLines: (machine, lines, place) => session.emit(session.translator.console(machine, lines, place)),
  });
}

/** What a run that threw amounts to. A cancelled run fails too, in the engine's eyes. */
function ending(error: unknown, translator: Translator, scrubber: Scrubber): StackResult {
  if (cancelling.signal.aborted) return { result: "cancelled" };
  if (error instanceof CliFailure && error.signal !== null)
    return { result: "crashed", reasons: [message("engine-killed", { signal: error.signal })] };
  const facts = translator.failure();
  const said = error instanceof CliFailure ? lastLinesOf(error.output).map((l) => scrubber.line("cli", l)) : [];
  const line = facts.message ?? said.at(-1);
  const reasons = line === undefined ? reasonsOf(error).map((reason) => scrubbed(reason, scrubber)) : [reported(line)];
  const lastOutput = facts.message === null ? said : facts.lastOutput;
  const locked = error instanceof CliFailure && error.locked;
  return { result: "failed", failure: classifyFailure({ step: facts.step, reasons, lastOutput, locked }) };
}

/** Parameters of Berth's own messages hold no secrets; what others reported may. */
const scrubbed = (reason: Message, scrubber: Scrubber): Message =>
  reason.code === "reported" ? reported(scrubber.text(String(reason.params.text))) : reason;

const lastLinesOf = (output: string): string[] =>
  output
    .split("\n")
    .map((l) => l.trim())
    .filter((l) => l !== "")
    .slice(-20);

try {
  await main();
} catch (error) {
  // The engine's SDK listens for errors that nobody caught, and would leave this process standing there for ever.
  process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
  process.exit(1);
}
