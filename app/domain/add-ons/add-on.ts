/** Something that is put into a Kubernetes cluster and kept there: one definition per file, and its line in all.ts. */
import type { z } from "zod";

/** JSON values by the name of the setting. */
export type AddOnSettings = Readonly<Record<string, unknown>>;

export interface AddOn {
  /** Its name in specs, in requests and for its texts. RFC 1123 label. */
  readonly id: string;
  /** Newest first. A cluster that gets the add-on gets the first, and keeps it. */
  readonly versions: readonly [string, ...string[]];
  /** What can be set. Every setting has a default. */
  readonly settings: z.ZodObject;
  /** Names of what another add-on of the same cluster has to provide. */
  readonly requires: readonly string[];
  /** Names of what others can require. */
  readonly provides: readonly string[];
  /** Container images of a version, by their full names. The node image has to hold them. */
  readonly images: (version: string) => readonly string[];
  /** Memory that its pods request, all together. */
  readonly memoryMiB: number;
  /** Names of what is checked after it was put in. */
  readonly checks: readonly string[];
}

/** An add-on in the spec of a cluster. */
export interface AddOnSpec {
  /** Of its definition; unique in a Kubernetes cluster. */
  readonly id: string;
  readonly version: string;
  /** Key of the Kubernetes cluster that it is in. */
  readonly kubernetes: string;
  readonly settings: AddOnSettings;
}
