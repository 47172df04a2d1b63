/** The portal's own build, into the folder that the test names. */
import { pagesConfig } from "./vite.config.ts";

export default pagesConfig(process.env["BERTH_PAGES_FOLDER"] ?? "build");
