/** Test files with machines, one queue for several lanes: each lane takes the next file when it is free. */
import { readdirSync } from "node:fs";
import { join } from "node:path";

/** Folders below `tests/` whose files need machines, the engine, Debian programs or a browser, and run in lanes beside each other. */
export const laneFolders = ["setup", "toolchain", "engine", "faults/machines", "pages"];

/** Files that take minutes, longest first: one that starts last would leave the other lanes without work. */
const long = [
  "tests/pages/pages.test.ts",
  "tests/engine/backup.test.ts",
  "tests/engine/drift/drift-storage.test.ts",
  "tests/engine/machine-stopped.test.ts",
  "tests/engine/commands.test.ts",
  "tests/engine/recovery.test.ts",
  "tests/engine/disk-source.test.ts",
];

/** The long ones first, the others by name. */
export function longestFirst(files: readonly string[]): readonly string[] {
  const rank = (file: string): number => (long.includes(file) ? long.indexOf(file) : long.length);
  return files.toSorted((a, b) => rank(a) - rank(b) || a.localeCompare(b));
}

/** Every test file of these folders, relative to the repository, in the order in which they are best started. */
export function machineTestFiles(repoFolder: string): readonly string[] {
  const found = laneFolders.flatMap((folder) =>
    readdirSync(join(repoFolder, "tests", folder), { recursive: true, encoding: "utf8" })
      .filter((name) => /\.test\.tsx?$/.test(name))
      .map((name) => join("tests", folder, name)),
  );
  return longestFirst(found);
}

/** Hands out each item once, to whoever asks first; undefined when none is left. */
export function queueOf<T>(items: readonly T[]): () => T | undefined {
  const left = [...items];
  return () => left.shift();
}
