/** The guest image with Kubernetes in it; for tests the tiny guest as well. */
import { type Message, message } from "#app/domain/message/message.ts";
import type { SetupContext, Step } from "#app/setup/step.ts";

// Loaded when needed: a page should not wait for the toolchain's modules.
const toolchain = async () => await import("#ansible/toolchain/build.ts");

const outcome = (c: SetupContext): readonly Message[] => [message(c.forTests ? "images-built" : "image-built")];

export const imageStep: Step = {
  id: "image",
  needs: ["packages"],
  estimateSeconds: 15 * 60,
  weight: "heavy",
  fix: message("run-command", { command: "npm run setup" }),
  check: async (c) => {
    const { findNodeImage, findTinyGuest } = await toolchain();
    const { cache } = c.config;
    if ((await findNodeImage({ cache, releases: c.config.releases ?? undefined })) === null)
      return { ready: false, missing: [message("image-not-built")] };
    if (c.forTests && (await findTinyGuest({ cache })) === null) return { ready: false, missing: [message("tiny-guest-not-built")] };
    return { ready: true, outcome: outcome(c) };
  },
  run: async (c, onLine, signal) => {
    const { ensureNodeImage, ensureTinyGuest } = await toolchain();
    const { cache } = c.config;
    if (c.forTests) await ensureTinyGuest({ cache, onLine, signal });
    await ensureNodeImage({ cache, onLine, signal, releases: c.config.releases ?? undefined });
    return { outcome: outcome(c) };
  },
};
