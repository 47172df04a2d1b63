/** Writes docs/settings.md from the table of settings. */
import { writeFileSync } from "node:fs";
import { settingsPage } from "#app/foundation/config.server.ts";

writeFileSync(new URL("../../docs/settings.md", import.meta.url), settingsPage());
