/**
 * Where Berth keeps things. `home` holds what must not be lost (database, keys, stack state); `cache` holds what can
 * be built again (engine, images). Both are overridden by BERTH_HOME and BERTH_CACHE.
 */
import { homedir } from "node:os";
import { join } from "node:path";

export interface BerthPaths {
  readonly home: string;
  readonly cache: string;
}

/** Where Node.js keeps what it compiled: each run of the engine is a process of its own, and would compile it all again. */
export const compiledFolder = (cache: string): string => join(cache, "compiled");

export function berthPaths(env: Readonly<Record<string, string | undefined>>, uid: number): BerthPaths {
  const root = uid === 0;
  return {
    home: env.BERTH_HOME?.trim() || (root ? "/var/lib/berth" : join(homedir(), ".local/share/berth")),
    cache: env.BERTH_CACHE?.trim() || (root ? "/var/cache/berth" : join(homedir(), ".cache/berth")),
  };
}
