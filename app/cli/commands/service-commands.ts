/** `berth service …` and `berth uninstall`: on the machine itself, in a process of their own, without the API. */
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Command } from "commander";
import { exitCodes } from "#app/cli/exit-codes.ts";

const program = fileURLToPath(new URL("../../setup/service/main.ts", import.meta.url));

interface UninstallOptions {
  readonly home?: boolean;
  readonly cache?: boolean;
  readonly yes?: boolean;
}

export function addServiceCommands(berth: Command): void {
  const service = berth.command("service").description("Berth as a systemd service of this machine (as root)");
  service
    .command("install")
    .description("copy this folder to /opt/berth and run it from there at every boot; BERTH_* settings are taken over")
    .action(() => run("install"));
  service
    .command("uninstall")
    .description("remove the service and its copy; machines, state and settings stay")
    .action(() => run("uninstall"));
  service
    .command("status")
    .description("whether the service runs, and where")
    .action(() => run("status"));
  berth
    .command("uninstall")
    .description("remove what Berth put on this machine; refused while there are clusters")
    .option("--home", "remove BERTH_HOME too: database, keys and state")
    .option("--cache", "remove BERTH_CACHE too: engine and images")
    .option("-y, --yes", "without a question")
    .action((o: UninstallOptions) =>
      run("remove", ...(["home", "cache", "yes"] as const).filter((name) => o[name]).map((name) => `--${name}`)),
    );
}

async function run(...words: readonly string[]): Promise<void> {
  const child = spawn(process.execPath, [program, ...words], { stdio: "inherit" });
  process.exitCode = await new Promise<number>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (ended) => resolve(ended ?? exitCodes.failed));
  });
}
