import { defineConfig } from "vitest/config";

// Tests that need machines, the engine, Debian programs or a browser. `npm test` runs them inside a private libvirt.
export default defineConfig({
  root: new URL("..", import.meta.url).pathname,
  test: {
    include: ["tests/{setup,toolchain,engine,faults/machines,pages,e2e}/**/*.test.{ts,tsx}"],
    exclude: ["**/node_modules/**"],
    pool: "forks",
    environment: "node",
    testTimeout: 300_000,
    hookTimeout: 300_000,
    // Machines under emulation take both processors of a small host: one file at a time.
    fileParallelism: false,
  },
});
