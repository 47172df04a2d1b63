/** How an add-on gets into a cluster: its objects, and what shows that it works. Pure: one definition per file, and its line in all.ts. */
import type { AddOnSpec } from "#app/domain/add-ons/add-on.ts";
import type { Check } from "#programs/render/check-script.ts";
import type { ProfileSettings } from "#programs/render/profile.ts";

/** An object of the Kubernetes API. */
export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string; readonly labels?: Readonly<Record<string, string>> };
  readonly [field: string]: unknown;
}

/** What an add-on's objects are made from. */
export interface AddOnInput extends Pick<AddOnSpec, "version" | "settings"> {
  /** How the machines run: emulated ones need more time for everything. */
  readonly profile: ProfileSettings;
}

export interface AddOnProgram {
  /** Of its definition in `app/domain/add-ons`. */
  readonly id: string;
  /** In the order in which they are put in. They are removed the other way round. */
  readonly manifests: (input: AddOnInput) => readonly Manifest[];
  /** By the names that the definition gives. They run on the control plane, where kubectl is an administrator. */
  readonly checks: Readonly<Record<string, Check>>;
}
