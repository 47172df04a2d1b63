/**
 * Builds the pages and nothing else. The bootstrap runs it beside the compiler of the SQLite binding, since both
 * processors would otherwise not be used while a person waits; the launcher then finds the pages built.
 */
import { readConfig } from "#app/foundation/config.server.ts";
import { setupContext } from "#app/setup/all-steps.ts";
import { portalStep } from "#app/setup/steps/portal.ts";

const context = setupContext(readConfig(process.env, process.getuid?.() ?? -1), false);
const check = await portalStep.check(context);
if (!check.ready)
  await portalStep.run(
    context,
    (line) => console.log(line),
    new AbortController().signal,
    () => undefined,
  );
