/** The command line `berth`: the portal's API from a terminal or a script. */
import { Command, CommanderError } from "commander";
import { addBackupCommands } from "./backup-commands.ts";
import { addClusterCommands } from "./cluster-commands.ts";
import { ApiProblem, createClient } from "./client.ts";
import { codeOf, Ending, exitCodes } from "./exit-codes.ts";
import { readLogin } from "./login.ts";
import { say } from "./output.ts";
import { addPortalCommands } from "./portal-commands.ts";
import { addServiceCommands } from "./service-commands.ts";

const help = `
Exit codes: 0 done, 1 the operation did not succeed, 2 wrong usage or value, 3 refused or not found, 4 portal not reached.
Settings: BERTH_URL, BERTH_TOKEN, BERTH_TENANT; on the portal's own machine root needs none of them.`;

function program(): Command {
  const berth = new Command("berth").description("Self-service Kubernetes clusters on your own machines").addHelpText("after", help).exitOverride();
  const open = () => createClient(() => readLogin(process.env));
  addClusterCommands(berth, open);
  addPortalCommands(berth, open);
  addBackupCommands(berth);
  addServiceCommands(berth);
  return inherit(berth);
}

/** Every command ends by throwing, so that the exit code is decided in one place. */
function inherit(command: Command): Command {
  for (const child of command.commands) inherit(child.exitOverride().showHelpAfterError(false));
  return command;
}

function endingOf(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.ok : exitCodes.invalid;
  if (error instanceof Ending) {
    say(`berth: ${error.message}`);
    return error.exitCode;
  }
  if (error instanceof ApiProblem) {
    say(`berth: ${error.message}`);
    return codeOf(error);
  }
  say(`berth: ${error instanceof Error ? error.message : String(error)}`);
  return exitCodes.failed;
}

// A reader that has seen enough (`| head`) is no trouble.
process.stdout.on("error", (error: NodeJS.ErrnoException) => process.exit(error.code === "EPIPE" ? 0 : exitCodes.failed));

try {
  await program().parseAsync();
} catch (error) {
  process.exitCode = endingOf(error);
}
