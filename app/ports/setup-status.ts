import type { SetupState } from "#app/domain/setup.ts";

/** Set-up as the launcher last wrote it. */
export interface SetupStatus {
  read(): Promise<SetupState>;
  /** Images that are ready to use, newest first. */
  images(): Promise<readonly ReadyImage[]>;
}

export interface ReadyImage {
  readonly name: string;
  readonly kind: "node" | "tiny";
  readonly contentHash: string;
  readonly folder: string;
  readonly kubernetesVersion: string | null;
  readonly sizeBytes: number;
  readonly builtAt: string;
  readonly packages: readonly { readonly name: string; readonly version: string }[];
  readonly components: Readonly<Record<string, string>>;
}
