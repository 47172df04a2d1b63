/**
 * Runs one command inside a private libvirt, starting that libvirt when it does not run:
 *
 *     node app/setup/libvirt/private-shell.ts [root] -- virsh list --all
 *     node app/setup/libvirt/private-shell.ts [root] --stop        (ends its machines, too)
 *
 * The root defaults to /var/lib/berth-dev. The exit code is the command's.
 */
import { spawn } from "node:child_process";
import { constants } from "node:os";
import { errorInEnglish } from "#app/messages/in-english.ts";
import { startPrivateLibvirt, stopPrivateLibvirt } from "./private-libvirt.ts";

const args = process.argv.slice(2);
const split = args.indexOf("--");
const options = split < 0 ? args : args.slice(0, split);
const command = split < 0 ? [] : args.slice(split + 1);
const root = options.find((o) => !o.startsWith("-")) ?? "/var/lib/berth-dev";

try {
  if (options.includes("--stop")) await stopPrivateLibvirt(root);
  else process.exitCode = await runInside(command.length > 0 ? command : ["bash"]);
} catch (error) {
  console.error(errorInEnglish(error));
  process.exitCode = 1;
}

async function runInside(inside: readonly string[]): Promise<number> {
  const libvirt = await startPrivateLibvirt(root);
  const [program = "nsenter", ...rest] = libvirt.argv(inside, process.cwd());
  const child = spawn(program, rest, { stdio: "inherit", env: { ...process.env, BERTH_LIBVIRT_URI: libvirt.uri } });
  const forward = (signal: NodeJS.Signals) => child.kill(signal);
  process.on("SIGTERM", forward).on("SIGINT", forward);
  return await new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code, signal) => resolve(code ?? 128 + constants.signals[signal ?? "SIGKILL"]));
  });
}
