/** The kernel and busybox as Debian packages, unpacked: the stuff of initial RAM disks. */
import { join } from "node:path";
import { ensureArtefact, hashInputs } from "#app/foundation/artefacts.ts";
import { debianMirrors } from "#app/setup/packages/debian-mirror.ts";
import type { OnLine } from "./command.ts";
import { unpackPackages } from "./debian.ts";
import { versions } from "./versions.ts";

const PACKAGES = ["linux-image-cloud-amd64>", "busybox-static"];

/** Resolves with the folder that the packages were unpacked into. */
export async function ensureDebianParts(o: { readonly cache: string; readonly onLine: OnLine }): Promise<string> {
  const { suite, architecture, snapshot } = versions.debian;
  const hash = await hashInputs(import.meta.dirname, [], [suite, architecture, String(snapshot), ...PACKAGES]);
  return await ensureArtefact({ cache: o.cache, name: "debian-parts", hash }, async (folder) => {
    const source = { suite, architecture, mirrors: await debianMirrors() };
    await unpackPackages(source, PACKAGES, folder, join(folder, "work"), o.onLine);
  });
}
