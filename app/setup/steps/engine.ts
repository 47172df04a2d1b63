/** The engine: Pulumi's CLI and both provider plugins, compiled from pinned Go modules. */
import { message } from "#app/domain/message/message.ts";
import type { Step } from "#app/setup/step.ts";

// Loaded when needed: a page should not wait for the toolchain's modules.
const toolchain = async () => await import("#pulumi/toolchain/build.ts");

const outcome = [message("engine-built")];

export const engineStep: Step = {
  id: "engine",
  needs: [],
  estimateSeconds: 15 * 60,
  weight: "heavy",
  fix: message("run-command", { command: "npm run setup" }),
  check: async (c) => {
    const folder = await (await toolchain()).findEngine({ cache: c.config.cache });
    return folder === null ? { ready: false, missing: [message("engine-not-built")] } : { ready: true, outcome };
  },
  run: async (c, onLine, signal) => {
    await (await toolchain()).ensureEngine({ cache: c.config.cache, onLine, signal });
    return { outcome };
  },
};
