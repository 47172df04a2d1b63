/**
 * Under sudo, work inside the tree is done as the person who owns it, so that nothing there ends up belonging to root.
 */
import { stat } from "node:fs/promises";
import { execa } from "execa";

export interface TreeOwner {
  readonly ids: { readonly uid?: number; readonly gid?: number };
  readonly env: Readonly<Record<string, string>>;
}

export async function treeOwner(repo: string): Promise<TreeOwner> {
  const { SUDO_UID } = process.env;
  const owner = await stat(repo);
  if (process.getuid?.() !== 0 || SUDO_UID === undefined || owner.uid !== Number(SUDO_UID) || owner.uid === 0) return { ids: {}, env: {} };
  return {
    ids: { uid: owner.uid, gid: owner.gid },
    env: { HOME: await homeOf(owner.uid), USER: process.env.SUDO_USER ?? "", LOGNAME: process.env.SUDO_USER ?? "" },
  };
}

/** sudo gives root's home; a program that runs as the person would find that closed. */
async function homeOf(uid: number): Promise<string> {
  const { stdout } = await execa("getent", ["passwd", String(uid)], { reject: false });
  return stdout.split(":")[5] || "/nonexistent";
}
