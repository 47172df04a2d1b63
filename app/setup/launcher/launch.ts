/**
 * `npm start`: brings the page up as early as possible, does the rest of set-up behind it, and keeps the portal
 * running until it is asked to stop. Machines are not its children: they continue whatever happens to it.
 */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { freemem } from "node:os";
import { join } from "node:path";
import { message } from "#app/domain/message/message.ts";
import { errorInEnglish, inEnglish } from "#app/messages/in-english.ts";
import type { SetupStepId } from "#app/domain/setup.ts";
import { type Config, readConfig, unknownSettings, WrongSettings } from "#app/foundation/config.server.ts";
import { repoFolder, setupContext, stepsOf } from "#app/setup/all-steps.ts";
import { dialUnix, forward } from "#app/setup/gateway/forwarder.ts";
import { startGateway } from "#app/setup/gateway/gateway.ts";
import { keepLibvirt } from "#app/setup/libvirt/keep-libvirt.ts";
import { tryLock } from "#app/foundation/lock.ts";
import {
  connectorSocket,
  firstLinkFile,
  followFirstLink,
  forgetListening,
  openOutput,
  portalEnv,
  portalFlags,
  portalListens,
  portalOutput,
  portalSocket,
  runFolder,
} from "./portal.ts";
import { assertPortFree, PortTaken } from "#app/setup/gateway/port-taken.ts";
import { startPrivateNamespaces } from "#app/setup/libvirt/private-libvirt.ts";
import { markOf, type ProcessMark } from "#app/foundation/process.ts";
import { endProcesses } from "#app/foundation/processes.ts";
import { fetchThroughProxies } from "#app/foundation/releases/proxy.ts";
import { publishedFile } from "#app/setup/gateway/published-endpoints.ts";
import { heavyAtOnceWith } from "#app/setup/order.ts";
import { runSteps } from "#app/setup/runner.ts";
import { openSetupState, type SetupStateFile } from "#app/setup/state-file.ts";
import type { SetupContext } from "#app/setup/step.ts";
import { type SupervisedProgram, supervise } from "./supervisor.ts";
import { stamped, startOf } from "#app/foundation/terminal.ts";

/** Order of reading, not of running: see order.ts. */
const everyStep: readonly SetupStepId[] = ["portal", "packages", "hypervisor", "accelerator", "engine", "image"];

export interface LaunchOptions {
  readonly env: NodeJS.ProcessEnv;
  readonly say: (line: string) => void;
  /** What is said is kept by the system's journal, which more people read than may sign in first. */
  readonly journal?: boolean;
  /** Aborted: stop everything that was started, then resolve. */
  readonly signal: AbortSignal;
  /** The portal's program. */
  readonly entry: string;
  readonly steps: readonly SetupStepId[];
}

interface Launch extends LaunchOptions {
  readonly context: SetupContext;
  readonly file: SetupStateFile;
  readonly closing: (() => Promise<void> | void)[];
}

/** Runs until the signal. Rejects with a sentence when the portal cannot be started at all. */
export async function launch(o: LaunchOptions): Promise<void> {
  const config = readConfig(o.env, process.getuid?.() ?? -1);
  for (const name of unknownSettings(o.env)) o.say(`${name} is no setting of Berth; docs/settings.md lists them`);
  mkdirSync(runFolder(config.home), { recursive: true, mode: 0o700 });
  const release = await tryLock(join(runFolder(config.home), "launcher.lock"));
  if (release === null) throw new Error(`Berth runs already with ${config.home}: it is at ${config.publicUrl}`);
  const closing: Launch["closing"] = [release];
  try {
    await launchLocked(o, config, closing);
    await aborted(o.signal);
  } finally {
    for (const close of closing.reverse()) await close();
  }
}

async function launchLocked(o: LaunchOptions, config: Config, closing: Launch["closing"]): Promise<void> {
  const context = setupContext(config, false);
  const steps = stepsOf(o.steps);
  const file = openSetupState(config.home, steps, context.hypervisor, Date.now);
  const l: Launch = { ...o, context, file, closing };
  const abort = new AbortController();
  const run = (ids: readonly SetupStepId[]) =>
    runSteps({
      ...{ steps: steps.filter((s) => ids.includes(s.id)), context, file, signal: abort.signal },
      ...{ say: o.say, now: Date.now, heavyAtOnce: heavyAtOnceWith(freemem()) },
    });
  o.signal.addEventListener("abort", () => abort.abort(), { once: true });
  closing.push(() => file.flush());
  o.say(`libvirt: ${context.hypervisor.mode === "system" ? "this machine's" : "Berth's own"}. ${inEnglish(context.hypervisor.reasons)}`);
  await run(["portal"]);
  const portal = file.state().steps.find((s) => s.id === "portal")?.step;
  if (o.signal.aborted) return;
  if (portal?.state === "failed") throw new Error(`the pages could not be built: ${inEnglish(portal.reasons)}`);
  await startPortal(l);
  const rest = run(o.steps.filter((id) => id !== "portal")).then(() => {
    sayOutcome(l);
    keepPrivateLibvirt(l);
  });
  closing.push(() => rest);
}

function keepPrivateLibvirt({ context, file, signal, say, closing }: Launch): void {
  const started = file.state().steps.some((s) => s.id === "hypervisor" && s.step.state === "done");
  if (context.hypervisor.mode === "private" && started && !signal.aborted)
    closing.push(keepLibvirt({ root: context.libvirtRoot, say }).stop);
}

function sayOutcome(l: Launch): void {
  if (l.signal.aborted) return;
  const open = l.file.state().steps.filter((s) => s.step.state !== "done");
  if (open.length === 0) l.say("set-up is complete: clusters can be made");
  else l.say(`set-up is not complete (${open.map((s) => s.id).join(", ")}); what failed is tried again at the next start`);
}

async function startPortal(l: Launch): Promise<void> {
  const { config, hypervisor } = l.context;
  await endLeftover(config.home);
  const inside = hypervisor.mode === "private" ? await startPrivateNamespaces(l.context.libvirtRoot) : null;
  const argvOf = (program: readonly string[]) => () => (inside === null ? program : inside.argv(program, repoFolder));
  const removeSocket = (): void => rmSync(portalSocket(config.home), { force: true });
  l.closing.push(removeSocket);
  if (inside !== null) {
    const program = join(import.meta.dirname, "..", "gateway", "connector.ts");
    superviseOne(l, "the connector", argvOf([process.execPath, program, connectorSocket(config.home), publishedFile(config.home)]));
    const forwarder = await forward(config.address, config.port, dialUnix(portalSocket(config.home)));
    l.closing.push(forwarder.close);
  } else {
    await assertPortFree(config.address, config.port, message("choose-port", { setting: "BERTH_PORT" }));
  }
  const connector = inside === null ? null : connectorSocket(config.home);
  const gateway = await startGateway({ home: config.home, address: config.publishAddress, connector, say: l.say });
  l.closing.push(gateway.close);
  await startUntilItListens(l, () => {
    // A portal that broke leaves its socket file, and the next one could not listen.
    removeSocket();
    return argvOf([process.execPath, ...portalFlags, l.entry])();
  });
  if (l.signal.aborted) return;
  l.say(`Berth is at ${config.publicUrl}`);
  if (l.journal === true) l.say(`the link for the first sign-in, as long as there is no account, is in ${firstLinkFile(config.home)}`);
  else l.closing.push(followFirstLink(config.home, (url) => l.say(`first sign-in, works once: ${url}`)).close);
}

/** The portal ended in a way in which every further start would end, too. */
class CannotStart extends Error {
  override readonly name = "CannotStart";
}

/** Its own reason, which it prints last. */
const lastLineOf = (file: string): string => readFileSync(file, "utf8").trim().split("\n").at(-1) ?? "the portal ended without a reason";

/** The portal's exit code when starting it again changes nothing: a wrong setting, a port that is taken. */
const refusesToStart = 2;

/** Rejects when the portal ends before it listens and says that it cannot start; every other end is tried again. */
async function startUntilItListens(l: Launch, argv: () => readonly string[]): Promise<void> {
  const { home } = l.context.config;
  forgetListening(home);
  let pid: number | null = null;
  let listens = false;
  const ended = new AbortController();
  const refused = new Promise<never>((_, reject) => {
    superviseOne(l, "the portal", argv, {
      onStart: (started) => {
        pid = started;
        rememberPortal(home, started);
      },
      startsAgain: (code) => {
        if (listens || code !== refusesToStart) return true;
        ended.abort();
        reject(new CannotStart(lastLineOf(portalOutput(home))));
        return false;
      },
    });
  });
  await Promise.race([portalListens(home, () => pid, AbortSignal.any([l.signal, ended.signal])), refused]);
  listens = true;
}

type Reactions = Pick<SupervisedProgram, "onStart" | "startsAgain">;

function superviseOne(l: Launch, name: "the portal" | "the connector", argv: () => readonly string[], reactions: Reactions = {}): void {
  const { home } = l.context.config;
  const isPortal = name === "the portal";
  const output = openOutput(isPortal ? portalOutput(home) : join(runFolder(home), "connector.log"));
  const say = (line: string): void => {
    l.say(line);
    for (const last of output.tail()) l.say(`  ${last}`);
  };
  const env = portalEnv(l.context, l.env);
  // Longer than the portal takes to let its operations end or hand them over.
  const graceMs = 15_000 + (isPortal ? l.context.config.drainSeconds * 1_000 : 0);
  l.closing.push(supervise({ name, argv, env, cwd: repoFolder, graceMs, say, onLine: output.add, ...reactions }).stop);
}

const portalMark = (home: string): string => join(runFolder(home), "portal.json");

function rememberPortal(home: string, pid: number): void {
  const mark = markOf(pid);
  if (mark !== null) writeFileSync(portalMark(home), JSON.stringify(mark));
}

/** A launcher that was killed leaves a portal that is on its way down: wait for it, or two would share the database. */
async function endLeftover(home: string): Promise<void> {
  const text = await readFile(portalMark(home), "utf8").catch(() => null);
  if (text !== null) await endProcesses([JSON.parse(text) as ProcessMark], 15_000);
}

/** 2: a person has to change something before another start can help. */
export const exitCodeOf = (error: unknown): number =>
  [WrongSettings, PortTaken, CannotStart].some((kind) => error instanceof kind) ? 2 : 1;

const aborted = (signal: AbortSignal): Promise<void> =>
  signal.aborted ? Promise.resolve() : new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));

if (import.meta.main) {
  const startedAt = startOf(process.argv, Date.now());
  const say = (text: string): void => console.log(stamped(startedAt, Date.now(), text));
  const stop = new AbortController();
  for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) {
    process.on(signal, () => {
      if (!stop.signal.aborted) say("stopping the portal; machines keep running");
      stop.abort();
    });
  }
  const entry = join(repoFolder, "app", "server", "main.ts");
  try {
    fetchThroughProxies(process.env);
    // systemd sets it for programs whose output goes to its journal.
    const journal = process.env.JOURNAL_STREAM !== undefined && !process.stdout.isTTY;
    await launch({ env: process.env, say, signal: stop.signal, entry, steps: everyStep, journal });
    process.exit(0);
  } catch (error) {
    say(errorInEnglish(error));
    process.exit(exitCodeOf(error));
  }
}
