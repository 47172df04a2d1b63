/** The launcher with the stand-in portal and only the steps named on the command line; for tests. */
import { join } from "node:path";
import { type SetupStepId, setupStepIds } from "#app/domain/setup.ts";
import { errorInEnglish } from "#app/messages/in-english.ts";
import { exitCodeOf, launch } from "#app/setup/launcher/launch.ts";

const stop = new AbortController();
for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, () => stop.abort());
const steps = process.argv.slice(2).filter((word): word is SetupStepId => (setupStepIds as readonly string[]).includes(word));

try {
  const entry = join(import.meta.dirname, "stand-in-portal.ts");
  await launch({
    env: process.env,
    say: (line) => console.log(line),
    signal: stop.signal,
    entry,
    steps,
    journal: process.argv.includes("--journal"),
  });
} catch (error) {
  console.log(errorInEnglish(error));
  process.exitCode = exitCodeOf(error);
}
