/**
 * Under sudo, work inside the tree is done as the person who owns it, so that nothing there ends up belonging to root.
 */
import { stat } from "node:fs/promises";

export interface TreeOwner {
  readonly ids: { readonly uid?: number; readonly gid?: number };
  readonly env: Readonly<Record<string, string>>;
}

export async function treeOwner(repo: string): Promise<TreeOwner> {
  const { SUDO_UID } = process.env;
  const owner = await stat(repo);
  if (process.getuid?.() !== 0 || SUDO_UID === undefined || owner.uid !== Number(SUDO_UID) || owner.uid === 0) return { ids: {}, env: {} };
  return { ids: { uid: owner.uid, gid: owner.gid }, env: { HOME: process.env.SUDO_HOME ?? "/nonexistent" } };
}
