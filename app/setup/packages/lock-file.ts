/**
 * Packages for other platforms in package-lock.json. A lock file made where a registry does not serve them lacks their
 * entries, and then `npm ci` refuses it everywhere. This adds them: `node app/setup/packages/lock-file.ts`.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";

const Entry = z.looseObject({
  version: z.string().optional(),
  dev: z.boolean().optional(),
  optional: z.boolean().optional(),
  optionalDependencies: z.record(z.string(), z.string()).optional(),
});
const LockFile = z.looseObject({ packages: z.record(z.string(), Entry) });
export type LockFile = z.infer<typeof LockFile>;

interface Absent {
  readonly name: string;
  readonly version: string;
  readonly dev: boolean;
}

/** Optional packages that some package asks for in an exact version and that the lock file does not mention. */
export function absentOptionals(lock: LockFile): readonly Absent[] {
  return Object.entries(lock.packages).flatMap(([path, entry]) =>
    Object.entries(entry.optionalDependencies ?? {})
      .filter(([name, version]) => /^\d+\.\d+\.\d+/.test(version) && !isFound(lock, path, name))
      .map(([name, version]) => ({ name, version, dev: entry.dev === true })),
  );
}

/** As Node looks a module up: beside the asking package, then further up. */
function isFound(lock: LockFile, path: string, name: string): boolean {
  const here = path === "" ? `node_modules/${name}` : `${path}/node_modules/${name}`;
  if (lock.packages[here] !== undefined) return true;
  if (path === "") return false;
  return isFound(lock, path.slice(0, Math.max(0, path.lastIndexOf("/node_modules/"))), name);
}

const systems = ["android", "darwin", "linux", "win32", "freebsd", "netbsd", "openbsd", "openharmony", "sunos", "aix"];
const processors = ["arm64", "x64", "ia32", "arm", "loong64", "ppc64", "riscv64", "s390x", "mips64el"];

/** `@rollup/rollup-linux-arm64-musl` → what npm needs in order to leave it out elsewhere; null when the name does not say. */
export function platformOf(name: string): { os: string[]; cpu: string[]; libc?: string[] } | null {
  const words = name.split(/[-/.]/);
  const os = systems.find((s) => words.includes(s));
  const cpu = processors.find((p) => words.includes(p));
  if (os === undefined || cpu === undefined) return null;
  const last = words.at(-1) ?? "";
  if (os !== "linux" || !/^(musl|gnu)/.test(last)) return { os: [os], cpu: [cpu] };
  return { os: [os], cpu: [cpu], libc: [last.startsWith("musl") ? "musl" : "glibc"] };
}

/** The lock file with the absent ones added, in npm's order. */
export function completed(lock: LockFile): LockFile {
  const added = absentOptionals(lock).flatMap(({ name, version, dev }) => {
    const platform = platformOf(name);
    return platform === null ? [] : [[`node_modules/${name}`, { version, ...platform, ...(dev ? { dev } : {}), optional: true }] as const];
  });
  const entries = [...Object.entries(lock.packages), ...added].sort(([a], [b]) => a.localeCompare(b, "en"));
  return { ...lock, packages: Object.fromEntries(entries) };
}

export const lockFilePath = join(import.meta.dirname, "..", "..", "..", "package-lock.json");

/** Checked but otherwise as it is: what zod gives back has its keys in another order, and the file would change all over. */
export function readLockFile(): LockFile {
  const read: unknown = JSON.parse(readFileSync(lockFilePath, "utf8"));
  LockFile.parse(read);
  return read as LockFile;
}

if (import.meta.main) writeFileSync(lockFilePath, `${JSON.stringify(completed(readLockFile()), null, 2)}\n`);
