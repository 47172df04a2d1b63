/** The portal's own build, into the folder that the test names. */
import { defineConfig } from "vite";
import { pagesConfig } from "./vite.config.ts";

export default defineConfig(({ isSsrBuild }) => pagesConfig(process.env["BERTH_PAGES_FOLDER"] ?? "build", isSsrBuild === true));
