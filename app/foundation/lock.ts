/**
 * A lock between processes that the kernel drops when its holder dies: `flock` holds it for us, and ends when our end
 * of its input closes.
 */
import { spawn } from "node:child_process";
import { mkdir } from "node:fs/promises";
import { dirname } from "node:path";

type Release = () => Promise<void>;

/** Runs `body` while holding the lock; waits up to `waitSeconds` for another holder. */
export async function withLock<T>(path: string, waitSeconds: number, body: () => Promise<T>): Promise<T> {
  const release = await take(path, ["-w", String(waitSeconds)]);
  if (release === null) throw new Error(`locking ${path}: another process holds it for more than ${waitSeconds} s`);
  try {
    return await body();
  } finally {
    await release();
  }
}

/** Takes the lock until it is released or this process ends; null when another process has it. */
export const tryLock = async (path: string): Promise<Release | null> => await take(path, ["-n"]);

async function take(path: string, wait: readonly string[]): Promise<Release | null> {
  await mkdir(dirname(path), { recursive: true });
  // Not in our process group: Ctrl-C must not take the lock away while things are being stopped.
  const holder = spawn("flock", [...wait, path, "sh", "-c", "echo held; read _ || true"], {
    detached: true,
    stdio: ["pipe", "pipe", "ignore"],
  });
  const ended = new Promise<void>((resolve) => holder.once("close", () => resolve()));
  return await new Promise((resolve, reject) => {
    holder.once("error", (cause) => reject(new Error(`locking ${path}: the program flock did not start`, { cause })));
    holder.once("exit", () => resolve(null));
    holder.stdout.once("data", () => {
      resolve(async () => {
        holder.stdin.end();
        await ended;
      });
    });
  });
}
