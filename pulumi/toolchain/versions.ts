/**
 * The one list of versions that the engine is made of. package.json, the Go modules and the plugins' folders are
 * checked against it (tests/toolchain/versions.test.ts), so a version is changed here first.
 */
import { readFileSync } from "node:fs";
import { z } from "zod";

const versionsSchema = z.strictObject({
  node: z.string(),
  /** The oldest Go that compiles the modules, as in their `go` directive. */
  go: z.string(),
  /** Of the CLI and of the npm package alike. */
  pulumi: z.string(),
  plugins: z.strictObject({ command: z.string(), libvirt: z.string() }),
  /** Exact versions in package.json, by package name. */
  npm: z.record(z.string(), z.string()),
  /** Versions that go.mod must require, by consumer module and module path. */
  modules: z.strictObject({
    cli: z.record(z.string(), z.string()),
    libvirt: z.record(z.string(), z.string()),
    command: z.record(z.string(), z.string()),
  }),
});

export type Versions = z.infer<typeof versionsSchema>;

export const versions: Versions = versionsSchema.parse(JSON.parse(readFileSync(new URL("versions.lock.json", import.meta.url), "utf8")));
