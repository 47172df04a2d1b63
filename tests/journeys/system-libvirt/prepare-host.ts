/** Runs inside a bed, as root: set-up's own steps that install Debian's packages and wait for libvirt, and no more. */
import { setupContext, stepsOf } from "#app/setup/all-steps.ts";
import { setUp } from "#app/setup/setup.ts";
import { readConfig } from "#app/foundation/config.server.ts";

const context = setupContext(readConfig(process.env, process.getuid?.() ?? -1), false);
console.log(`libvirt: ${context.hypervisor.mode}`);
const open = await setUp(context, stepsOf(["packages", "hypervisor"]), (line) => console.log(line), new AbortController().signal);
process.exitCode = open.length === 0 ? 0 : 1;
