/** Where the portal is and who is asking: environment, then the file that `berth sign-in` wrote, then this machine's own token. */
import { mkdirSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { berthPaths } from "#app/foundation/paths.ts";
import { writePrivateFile } from "#app/cli/private-file.ts";

export interface Login {
  /** Without a slash at the end. */
  readonly url: string;
  readonly token: string | null;
}

const kept = z.object({ url: z.url(), token: z.string() });

export function readLogin(env: NodeJS.ProcessEnv): Login {
  const file = readKept(env);
  const here = `http://127.0.0.1:${env.BERTH_PORT || "7480"}`;
  const url = (env.BERTH_URL || (file?.url ?? here)).replace(/\/+$/, "");
  // A token is only ever sent to the portal that it was given for.
  const own = file?.url.replace(/\/+$/, "") === url ? file.token : null;
  return { url, token: env.BERTH_TOKEN || own || (url === here ? localToken(env) : null) };
}

/** `<config folder>/berth/login.json`. */
export const loginFile = (env: NodeJS.ProcessEnv): string => join(env.XDG_CONFIG_HOME || join(homedir(), ".config"), "berth", "login.json");

export function writeLogin(env: NodeJS.ProcessEnv, login: { readonly url: string; readonly token: string }): string {
  const path = loginFile(env);
  mkdirSync(join(path, ".."), { recursive: true, mode: 0o700 });
  writePrivateFile(path, `${JSON.stringify(login)}\n`, { replace: true, hint: "" });
  return path;
}

function readKept(env: NodeJS.ProcessEnv): z.output<typeof kept> | null {
  const read = kept.safeParse(parsed(readText(loginFile(env))));
  return read.success ? read.data : null;
}

/** The portal leaves it for whoever may read root's files on the same machine. */
function localToken(env: NodeJS.ProcessEnv): string | null {
  const { home } = berthPaths(env, process.getuid?.() ?? 0);
  return readText(join(home, "run", "local-token"))?.trim() || null;
}

function readText(path: string): string | null {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return null;
  }
}

function parsed(text: string | null): unknown {
  try {
    return text === null ? null : JSON.parse(text);
  } catch {
    return null;
  }
}
