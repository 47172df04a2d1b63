/** The engine: Pulumi's CLI and both provider plugins, from released files or compiled from pinned Go modules. */
import { type Message, message } from "#app/domain/message/message.ts";
import { originSummary } from "#app/foundation/releases/origin.ts";
import type { SetupContext, Step } from "#app/setup/step.ts";

// Loaded when needed: a page should not wait for the toolchain's modules.
const toolchain = async () => await import("#pulumi/toolchain/build.ts");

async function outcome({ config: { cache } }: SetupContext): Promise<readonly Message[]> {
  return [message("engine-built"), ...originSummary(await (await toolchain()).engineOrigins({ cache }))];
}

export const engineStep: Step = {
  id: "engine",
  needs: [],
  estimateSeconds: 15 * 60,
  weight: "heavy",
  fix: message("run-command", { command: "npm run setup" }),
  check: async (c) => {
    const folder = await (await toolchain()).findEngine({ cache: c.config.cache });
    return folder === null ? { ready: false, missing: [message("engine-not-built")] } : { ready: true, outcome: await outcome(c) };
  },
  run: async (c, onLine, signal, onNote) => {
    await (await toolchain()).ensureEngine({ cache: c.config.cache, releases: c.releases, onLine, onNote, signal });
    return { outcome: await outcome(c) };
  },
};
