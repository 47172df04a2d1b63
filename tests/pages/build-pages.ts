/** Builds the pages into a folder of their own, for the tests that check at them in a browser. */
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";

/** `development`: React's development build says what its production build keeps to itself, such as attributes that differ at hydration. */
export async function buildPages(mode: "development" | "production"): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "berth-pages-"));
  await execa(process.execPath, ["node_modules/.bin/remix", "vite:build", "--config", ".config/vite.config.ts", "--mode", mode], {
    env: { BERTH_PAGES_FOLDER: folder, NODE_ENV: mode },
  });
  return folder;
}
