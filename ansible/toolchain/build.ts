/**
 * Guest images. From the shell: `node ansible/toolchain/build.ts [node|tiny]` makes the image unless it is there and
 * prints its folder. `BERTH_RELEASES` says where released files come from.
 */
import { artefactExists, artefactPath } from "#app/foundation/artefacts.ts";
import { readConfig } from "#app/foundation/config.server.ts";
import { noteForLogs } from "#app/foundation/releases/origin.ts";
import { configuredReleases, type ReleaseFiles } from "#app/foundation/releases/release-files.ts";
import type { OnNote } from "./binaries.ts";
import type { OnLine } from "./command.ts";
import { buildNodeImage, nodeImageArtefact } from "./node-image.ts";
import { ensureTinyGuest, tinyGuestArtefact } from "./tiny-guest.ts";
import { versions } from "./versions.ts";

export { ensureTinyGuest } from "./tiny-guest.ts";
export { listImages, readManifest } from "./manifest.ts";

export interface NodeImageOptions {
  readonly cache: string;
  readonly onLine: OnLine;
  readonly onNote?: OnNote;
  readonly releases: ReleaseFiles;
  readonly signal?: AbortSignal;
}

type Cache = Pick<NodeImageOptions, "cache">;

/** Resolves with the folder of the node image. */
export const ensureNodeImage = (options: NodeImageOptions): Promise<string> => buildNodeImage(options);

/** The folder of the node image of this version of Berth, or null when it must be built first. */
export async function findNodeImage({ cache }: Cache): Promise<string | null> {
  const artefact = await nodeImageArtefact(cache);
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
export async function plannedNodeImage({ cache }: Cache): Promise<PlannedNodeImage> {
  const artefact = await nodeImageArtefact(cache);
  return {
    name: `debian-13-kubernetes-${versions.kubernetes}`,
    kind: "node",
    contentHash: artefact.hash,
    folder: artefactPath(artefact),
    kubernetesVersion: versions.kubernetes,
  };
}

export async function findTinyGuest(o: Cache): Promise<string | null> {
  const artefact = await tinyGuestArtefact(o.cache);
  return artefactExists(artefact) ? artefactPath(artefact) : null;
}

async function main(kind: string): Promise<void> {
  const config = readConfig(process.env, process.getuid?.() ?? -1);
  const onLine = (line: string): void => console.error(line);
  const onNote: OnNote = (note) => onLine(noteForLogs(note));
  const options = { cache: config.cache, onLine, onNote, releases: configuredReleases(config) };
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
