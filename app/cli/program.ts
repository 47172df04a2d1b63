/** All commands of `berth`, and how each of them ends. */
import { Command, CommanderError } from "commander";
import { addBackupCommands } from "./commands/backup-commands.ts";
import { addClusterCommands } from "./commands/cluster-commands.ts";
import { ApiProblem, createClient } from "./client.ts";
import { codeOf, Ending, exitCodes } from "./exit-codes.ts";
import { readLogin } from "./commands/login.ts";
import { argumentOutput, say, sayJson } from "./output.ts";
import { addPortalCommands } from "./commands/portal-commands.ts";
import { addServiceCommands } from "./commands/service-commands.ts";

const help = `
Exit codes: 0 done, 1 the operation did not succeed, 2 wrong usage or value, 3 refused or not found, 4 portal not reached.
With -o json standard output is one JSON document; what goes wrong is the last line of standard error:
{"error":{"code":"…","message":"…","exitCode":…}}. What was made before something went wrong is printed all the same.
Settings: BERTH_URL, BERTH_TOKEN, BERTH_TENANT; on the portal's own machine root needs none of them.`;

/** `json`: errors of usage are told as JSON, too. */
export function createProgram(json: boolean): Command {
  const berth = new Command("berth")
    .description("Self-service Kubernetes clusters on your own machines")
    .addHelpText("after", help)
    .exitOverride()
    .configureOutput(argumentOutput);
  const open = () => createClient(() => readLogin(process.env));
  addClusterCommands(berth, open);
  addPortalCommands(berth, open);
  addBackupCommands(berth);
  addServiceCommands(berth);
  return inherit(berth, json);
}

/** Every command ends by throwing, so that the exit code is decided in one place. */
function inherit(command: Command, json: boolean): Command {
  if (json) command.configureOutput({ outputError: () => undefined });
  for (const child of command.commands) inherit(child.exitOverride().showHelpAfterError(false), json);
  return command;
}

/** Whether these arguments ask for JSON; they may be wrong in every other way. */
export const wantsJson = (args: readonly string[]): boolean =>
  args.some(
    (arg, i) => ["-ojson", "-o=json", "--output=json"].includes(arg) || ((arg === "-o" || arg === "--output") && args[i + 1] === "json"),
  );

interface ErrorText {
  readonly code: string;
  readonly message: string;
  readonly exitCode: number;
  readonly issues?: unknown;
}

function errorText(error: unknown): ErrorText {
  if (error instanceof CommanderError)
    return { code: "usage", message: error.message.replace(/^error: /, ""), exitCode: exitCodes.invalid };
  if (error instanceof Ending)
    return {
      code: Object.entries(exitCodes).find(([, code]) => code === error.exitCode)?.[0] ?? "failed",
      message: error.message,
      exitCode: error.exitCode,
    };
  if (error instanceof ApiProblem) {
    const { issues } = error.members;
    return { code: error.code, message: error.message, exitCode: codeOf(error), ...(issues === undefined ? {} : { issues }) };
  }
  return { code: "failed", message: error instanceof Error ? error.message : String(error), exitCode: exitCodes.failed };
}

/** Says what went wrong and gives the exit code. */
export function endingOf(error: unknown, json: boolean): number {
  // Help and version were asked for.
  if (error instanceof CommanderError && error.exitCode === 0) return exitCodes.ok;
  const told = errorText(error);
  if (json) sayJson({ error: told });
  // The library has said it already.
  else if (!(error instanceof CommanderError)) say(`berth: ${told.message}`);
  return told.exitCode;
}
