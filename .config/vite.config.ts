/**
 * How the pages are built. PatternFly is bundled into the server build because its ES modules import CSS, which Node
 * cannot load by itself; everything else stays an ordinary import.
 */
import { vitePlugin as remix } from "@remix-run/dev";
import { defineConfig, type UserConfig } from "vite";
import { usedStylesOnly } from "./page-styles.ts";

declare module "@remix-run/node" {
  interface Future {
    v3_singleFetch: true;
  }
}

const framework = /\/node_modules\/(react|react-dom|react-router|react-router-dom|react-i18next|i18next|scheduler|turbo-stream|@remix-run)\//;
const primitives = /\/node_modules\/(@patternfly|@fontsource-variable\/red-hat-)|\/app\/(ui|components\/(shell|text|problems))\/|\/app\/root\.tsx$/;

/**
 * One file for the framework and one, with one style sheet, for what every page is made of: a first visit makes few requests. What is
 * small and shared goes there as well: Vite would put it into the file of some page, which all others would then load.
 */
function chunkOf(id: string): string | undefined {
  if (framework.test(id)) return "framework";
  return primitives.test(id) && !id.includes("?url") ? "ui" : undefined;
}

/** Smaller pieces than this are put together where that makes no page load what it does not need. */
const smallestChunk = 12_000;

/** `folder`: where the build goes, relative to the top of the repository or absolute. */
const pagesConfig = (folder: string, forServer: boolean): UserConfig => ({
  plugins: [
    remix({
      appDirectory: "app",
      buildDirectory: folder,
      ignoredRouteFiles: ["**/*.test.{ts,tsx}"],
      future: {
        v3_fetcherPersist: true,
        // The list of all pages is one small file that browsers keep for ever; asking for parts of it would be more requests.
        v3_lazyRouteDiscovery: false,
        v3_relativeSplatPath: true,
        v3_singleFetch: true,
        v3_throwAbortReason: true,
      },
    }),
  ],
  // For `npm run dev`: found before the first page is asked for, so that the browser need not load it twice.
  optimizeDeps: { entries: ["app/entry.client.tsx", "app/root.tsx", "app/routes/**/*.tsx"] },
  css: { postcss: { plugins: [usedStylesOnly] } },
  build: {
    target: "es2022",
    chunkSizeWarningLimit: 900,
    rollupOptions: forServer ? {} : { output: { manualChunks: chunkOf, experimentalMinChunkSize: smallestChunk } },
  },
  ssr: { noExternal: [/^@patternfly\//, /^@fontsource-variable\//] },
});

export default defineConfig(({ isSsrBuild }) => pagesConfig(process.env["BERTH_PAGES_FOLDER"] ?? "build", isSsrBuild === true));
