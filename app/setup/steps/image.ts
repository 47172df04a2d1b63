/** The guest image with Kubernetes in it; for tests the tiny guest as well. */
import { type Message, message } from "#app/domain/message/message.ts";
import { originSummary } from "#app/foundation/releases/origin.ts";
import type { SetupContext, Step } from "#app/setup/step.ts";

// Loaded when needed: a page should not wait for the toolchain's modules.
const toolchain = async () => await import("#ansible/toolchain/build.ts");

async function outcome({ forTests }: SetupContext, folder: string): Promise<readonly Message[]> {
  const manifest = await (await toolchain()).readManifest(folder);
  const parts = manifest.kind === "node" ? (manifest.parts ?? []) : [];
  return [message(forTests ? "images-built" : "image-built"), ...originSummary(parts)];
}

export const imageStep: Step = {
  id: "image",
  needs: ["packages"],
  estimateSeconds: 15 * 60,
  weight: "heavy",
  fix: message("run-command", { command: "npm run setup" }),
  check: async (c) => {
    const { findNodeImage, findTinyGuest } = await toolchain();
    const { cache } = c.config;
    const folder = await findNodeImage({ cache });
    if (folder === null) return { ready: false, missing: [message("image-not-built")] };
    if (c.forTests && (await findTinyGuest({ cache })) === null) return { ready: false, missing: [message("tiny-guest-not-built")] };
    return { ready: true, outcome: await outcome(c, folder) };
  },
  run: async (c, onLine, signal, onNote) => {
    const { ensureNodeImage, ensureTinyGuest } = await toolchain();
    const { cache } = c.config;
    if (c.forTests) await ensureTinyGuest({ cache, onLine, signal });
    const folder = await ensureNodeImage({ cache, releases: c.releases, onLine, onNote, signal });
    return { outcome: await outcome(c, folder) };
  },
};
