/** The command line `berth`: the portal's API from a terminal or a script. */
import { exitCodes } from "./exit-codes.ts";
import { createProgram, endingOf, wantsJson } from "./program.ts";

// A reader that has seen enough (`| head`) is no trouble.
process.stdout.on("error", (error: NodeJS.ErrnoException) => process.exit(error.code === "EPIPE" ? 0 : exitCodes.failed));

const json = wantsJson(process.argv.slice(2));
try {
  await createProgram(json).parseAsync();
} catch (error) {
  process.exitCode = endingOf(error, json);
}
