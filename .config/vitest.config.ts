import { defineConfig } from "vitest/config";

// What needs no machine, engine, Debian program or browser; the rest is in vitest.machines.config.ts.
export default defineConfig({
  root: new URL("..", import.meta.url).pathname,
  test: {
    include: ["{app,pulumi,programs,ansible,tests}/**/*.test.{ts,tsx}"],
    exclude: ["**/node_modules/**", "tests/{setup,toolchain,engine,faults/machines,pages,e2e}/**"],
    // The components' ES modules import style sheets, which only Vite can read.
    server: { deps: { inline: [/@patternfly\//] } },
    pool: "forks",
    environment: "node",
    testTimeout: 30_000,
    hookTimeout: 60_000,
    maxWorkers: 2,
  },
});
