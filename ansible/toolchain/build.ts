/**
 * Guest images. From the shell: `node ansible/toolchain/build.ts [node|tiny]` makes the image unless it is there and
 * prints its folder. `BERTH_RELEASES` names a folder or mirror of release files to use instead of compiling.
 */
import { berthPaths } from "#app/foundation/paths.ts";
import { artefactExists, artefactPath } from "#app/foundation/artefacts.ts";
import type { BuildContext } from "./binaries.ts";
import type { OnLine } from "./command.ts";
import { buildNodeImage, nodeImageArtefact } from "./node-image.ts";
import { openReleases } from "./releases.ts";
import { ensureTinyGuest, tinyGuestArtefact } from "./tiny-guest.ts";
import { versions } from "./versions.ts";

export { ensureTinyGuest } from "./tiny-guest.ts";
export { listImages } from "./manifest.ts";

export interface NodeImageOptions {
  readonly cache: string;
  readonly onLine: OnLine;
  /** Folder or http(s) address of release files; see releases.ts. Without it everything is compiled. */
  readonly releases?: string | undefined;
  readonly signal?: AbortSignal;
}

/** Resolves with the folder of the node image; with empty caches it takes about 15 minutes on two cores. */
export async function ensureNodeImage(options: NodeImageOptions): Promise<string> {
  const releases = options.releases === undefined ? null : await openReleases(options.releases);
  const context: BuildContext = { ...options, releases };
  return await buildNodeImage(context);
}

/** The folder of the node image of this version of Berth, or null when it must be built first. */
export async function findNodeImage(o: Pick<NodeImageOptions, "cache" | "releases">): Promise<string | null> {
  const releases = o.releases === undefined ? null : await openReleases(o.releases);
  const artefact = await nodeImageArtefact({ cache: o.cache, releases });
  return artefactExists(artefact) ? artefactPath(artefact) : null;
}

export interface PlannedNodeImage {
  readonly name: string;
  readonly kind: "node";
  readonly contentHash: string;
  /** Where it will be, or is. */
  readonly folder: string;
  readonly kubernetesVersion: string;
}

/** What {@link ensureNodeImage} makes, known before it is made: an image is named by what it is made from. */
export async function plannedNodeImage(o: Pick<NodeImageOptions, "cache" | "releases">): Promise<PlannedNodeImage> {
  const releases = o.releases === undefined ? null : await openReleases(o.releases);
  const artefact = await nodeImageArtefact({ cache: o.cache, releases });
  return {
    name: `debian-13-kubernetes-${versions.kubernetes}`,
    kind: "node",
    contentHash: artefact.hash,
    folder: artefactPath(artefact),
    kubernetesVersion: versions.kubernetes,
  };
}

export async function findTinyGuest(o: { readonly cache: string }): Promise<string | null> {
  const artefact = await tinyGuestArtefact(o.cache);
  return artefactExists(artefact) ? artefactPath(artefact) : null;
}

async function main(kind: string): Promise<void> {
  const options = {
    cache: berthPaths(process.env, process.getuid?.() ?? -1).cache,
    onLine: (line: string): void => console.error(line),
    releases: process.env.BERTH_RELEASES || undefined,
  };
  switch (kind) {
    case "node":
      return console.log(await ensureNodeImage(options));
    case "tiny":
      return console.log(await ensureTinyGuest(options));
    default:
      throw new Error(`making an image: there is no kind "${kind}", only "node" and "tiny"`);
  }
}

if (import.meta.main) {
  await main(process.argv[2] ?? "node").catch((error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  });
}
