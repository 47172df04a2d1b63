/** `berth service install|uninstall|status` and `berth uninstall`, on the machine itself. Exit code 3: refused. */
import { existsSync } from "node:fs";
import { createInterface } from "node:readline/promises";
import { execa } from "execa";
import { virshAt } from "#app/adapters/libvirt/virsh.ts";
import { readConfig, WrongSettings } from "#app/foundation/config.server.ts";
import { errorInEnglish } from "#app/messages/in-english.ts";
import { repoFolder, setupContext } from "#app/setup/all-steps.ts";
import { virshInside } from "#app/setup/libvirt/inside.ts";
import { findPrivateLibvirt, stopPrivateLibvirt } from "#app/setup/libvirt/private-libvirt.ts";
import type { SetupContext } from "#app/setup/step.ts";
import { environmentOf, installedSettings } from "./installed.ts";
import { servicePlaces } from "./places.ts";
import {
  describeService,
  installService,
  type RunProgram,
  type ServiceContext,
  demandRoot,
  ServiceRefused,
  uninstallService,
} from "./service.ts";
import { demandNoClusters, listUninstall, type Uninstall, uninstall } from "./uninstall.ts";

const run: RunProgram = async (command, args) => {
  const { exitCode, stdout, stderr } = await execa(command, [...args], { reject: false, stdin: "ignore" });
  if (exitCode === 0) return stdout;
  throw new Error(`${command} ${args.slice(0, 3).join(" ")}: ${stderr.trim() || `it ended with ${exitCode ?? "a signal"}`}`);
};

const say = (line: string): void => console.log(line);

function contextOf(setup: SetupContext): ServiceContext {
  const systemd = existsSync("/run/systemd/system");
  return {
    places: servicePlaces(),
    config: setup.config,
    mode: setup.hypervisor.mode,
    repo: repoFolder,
    env: process.env,
    uid: process.getuid?.() ?? -1,
    systemd,
    run,
    say,
  };
}

function uninstallOf({ hypervisor, libvirtRoot }: SetupContext, args: readonly string[]): Uninstall {
  const own = hypervisor.mode === "private" ? findPrivateLibvirt(libvirtRoot) : null;
  const system = hypervisor.mode === "system" && existsSync("/usr/bin/virsh") ? virshAt(hypervisor.uri) : null;
  return {
    virsh: own === null ? system : virshInside(own),
    stopOwnLibvirt: async () => (hypervisor.mode === "private" ? await stopPrivateLibvirt(libvirtRoot) : undefined),
    home: args.includes("--home"),
    cache: args.includes("--cache"),
  };
}

async function confirmed(args: readonly string[]): Promise<boolean> {
  if (args.includes("--yes")) return true;
  if (!process.stdin.isTTY) throw new ServiceRefused("nothing was removed: say --yes to remove this without a question");
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  const answer = await lines.question("Remove this? Type yes: ").finally(() => lines.close());
  return answer.trim() === "yes";
}

async function uninstallAll(setup: SetupContext, args: readonly string[]): Promise<number> {
  const [c, u] = [contextOf(setup), uninstallOf(setup, args)];
  demandRoot(c);
  await demandNoClusters(c, u);
  for (const line of await listUninstall(c, u)) say(`  ${line}`);
  if (!(await confirmed(args))) return 3;
  await uninstall(c, u);
  say("Berth is removed. Debian packages, and the caches of npm and Go, stay.");
  return 0;
}

async function main([command, ...args]: readonly string[]): Promise<number> {
  const env = environmentOf(command, process.env, await installedSettings(servicePlaces()));
  const setup = setupContext(readConfig(env, process.getuid?.() ?? -1), false);
  switch (command) {
    case "install":
      await installService(contextOf(setup));
      return 0;
    case "uninstall":
      await uninstallService(contextOf(setup));
      return 0;
    case "status": {
      const { lines, active } = await describeService(contextOf(setup));
      for (const line of lines) say(line);
      return active ? 0 : 1;
    }
    case "remove":
      return await uninstallAll(setup, args);
    default:
      throw new ServiceRefused("usage: install | uninstall | status | remove");
  }
}

process.exitCode = await main(process.argv.slice(2)).catch((error: unknown) => {
  console.error(`berth: ${errorInEnglish(error)}`);
  return error instanceof ServiceRefused ? 3 : error instanceof WrongSettings ? 2 : 1;
});
