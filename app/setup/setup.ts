/** `npm run setup`: all of set-up, without starting the portal. Exit code 1 when a step failed. */
import { freemem } from "node:os";
import { readConfig, WrongSettings } from "#app/foundation/config.server.ts";
import { fetchThroughProxies } from "#app/foundation/releases/proxy.ts";
import { errorInEnglish } from "#app/messages/in-english.ts";
import { allSteps, setupContext } from "./all-steps.ts";
import { heavyAtOnceWith } from "./order.ts";
import { runSteps } from "./runner.ts";
import { openSetupState } from "#app/setup/state-file.ts";
import type { SetupContext, Step } from "./step.ts";
import { stamped, startOf } from "#app/foundation/terminal.ts";

/** Runs these steps and resolves to the ids of those that are not done. */
export async function setUp(
  context: SetupContext,
  steps: readonly Step[],
  say: (line: string) => void,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const file = openSetupState(context.config.home, steps, context.hypervisor, Date.now);
  await runSteps({ steps, context, file, signal, say, now: Date.now, heavyAtOnce: heavyAtOnceWith(freemem()) });
  file.flush();
  return file
    .state()
    .steps.filter((s) => s.step.state !== "done")
    .map((s) => s.id);
}

if (import.meta.main) {
  const startedAt = startOf(process.argv, Date.now());
  const say = (text: string): void => console.log(stamped(startedAt, Date.now(), text));
  const stop = new AbortController();
  for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) process.on(signal, () => stop.abort());
  try {
    fetchThroughProxies(process.env);
    const context = setupContext(readConfig(process.env, process.getuid?.() ?? -1), false);
    const open = await setUp(context, allSteps, say, stop.signal);
    say(open.length === 0 ? "set-up is complete" : `set-up is not complete: ${open.join(", ")}`);
    process.exitCode = open.length === 0 ? 0 : 1;
  } catch (error) {
    say(errorInEnglish(error));
    process.exitCode = error instanceof WrongSettings ? 2 : 1;
  }
}
