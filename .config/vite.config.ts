/**
 * How the pages are built. PatternFly is bundled into the server build because its ES modules import CSS, which Node
 * cannot load by itself; everything else stays an ordinary import.
 */
import { vitePlugin as remix } from "@remix-run/dev";
import type { UserConfig } from "vite";

declare module "@remix-run/node" {
  interface Future {
    v3_singleFetch: true;
  }
}

/** `folder`: where the build goes, relative to the top of the repository or absolute. */
export const pagesConfig = (folder: string): UserConfig => ({
  plugins: [
    remix({
      appDirectory: "app",
      buildDirectory: folder,
      ignoredRouteFiles: ["**/*.test.{ts,tsx}"],
      future: {
        v3_fetcherPersist: true,
        v3_lazyRouteDiscovery: true,
        v3_relativeSplatPath: true,
        v3_singleFetch: true,
        v3_throwAbortReason: true,
      },
    }),
  ],
  build: { target: "es2022", chunkSizeWarningLimit: 900 },
  ssr: { noExternal: [/^@patternfly\//] },
});

export default pagesConfig("build");
