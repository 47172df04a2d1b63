/**
 * How a machine gives its service: its files, its units, and what shows that it works. Pure: one definition per file, and its line
 * in all.ts.
 */
import type { ServiceKind, ServiceSpec } from "#app/domain/services/service.ts";
import type { BundledFile } from "#programs/render/bundle.ts";
import type { Check } from "#programs/render/check-script.ts";
import type { ProfileSettings } from "#programs/render/profile.ts";

export interface MachineFacts {
  readonly name: string;
  /** IPv4 in the cluster's network. */
  readonly address: string;
}

/** What the files of one machine are made from. */
export interface ServiceInput extends Pick<ServiceSpec, "settings"> {
  readonly machine: MachineFacts;
  /** All machines of the service, this one among them, in the order of the spec. */
  readonly machines: readonly MachineFacts[];
  /** Nodes of Kubernetes. */
  readonly nodes: readonly MachineFacts[];
  /** How the machines run: emulated ones need more time for everything. */
  readonly profile: ProfileSettings;
}

export interface ServiceProgram {
  /** Its definition in `app/domain/services`. */
  readonly kind: ServiceKind;
  /** Complete texts. They come to the machine by standard input, so they may hold secrets. */
  readonly files: (input: ServiceInput) => readonly BundledFile[];
  /** Names of systemd units that are enabled and started, in this order. They restart, or reload, when a file is another. */
  readonly units: readonly string[];
  /** Shell commands that run when the files are there and before the units start. They may run again at any time. */
  readonly setUp: (input: ServiceInput) => string;
  /** By the names that the definition gives. They run on the machine. */
  readonly checks: Readonly<Record<string, Check>>;
  /** Shell commands by the names that the definition gives, for later. They run on the machine. */
  readonly commands: Readonly<Record<string, (input: ServiceInput) => string>>;
}
