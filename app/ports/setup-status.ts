import type { ImageKind } from "#app/domain/cluster/spec.ts";
import type { StoredMessage } from "#app/domain/message/message.ts";
import type { SetupState } from "#app/domain/setup.ts";

/** Set-up as the launcher last wrote it. */
export interface SetupStatus {
  read(): Promise<SetupState>;
  /** Images that are ready to use, newest first. */
  images(): Promise<readonly ReadyImage[]>;
  /**
   * The node image that set-up makes of these sources, while it is not ready; null once it is. Its hash is that of what it
   * is made from, so specs can name it and be previewed before it is there.
   */
  plannedImage(): Promise<PlannedImage | null>;
}

export type PlannedImage = Pick<ReadyImage, "name" | "kind" | "contentHash" | "folder" | "kubernetesVersion"> &
  Partial<Pick<ReadyImage, "containerImages">>;

export interface ReadyImage {
  readonly name: string;
  readonly kind: ImageKind;
  readonly contentHash: string;
  readonly folder: string;
  readonly kubernetesVersion: string | null;
  readonly sizeBytes: number;
  readonly builtAt: string;
  readonly packages: readonly { readonly name: string; readonly version: string }[];
  readonly components: Readonly<Record<string, string>>;
  /** Full names of the container images in it. */
  readonly containerImages: readonly string[];
  /** Where the programs in it came from; empty where its manifest does not say. */
  readonly parts: readonly ImagePart[];
}

export type ImagePart = { readonly part: string; readonly version: string } & (
  | { readonly from: "release"; readonly url: string; readonly checksum: string; readonly checksumSource: string }
  | { readonly from: "source"; readonly reason: StoredMessage | null }
);
