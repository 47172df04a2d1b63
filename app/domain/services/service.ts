/**
 * What a machine of a cluster does that is no node of Kubernetes: file storage, a database, a load balancer. One definition
 * per file, and its line in all.ts.
 */
import type { z } from "zod";
import type { ImageKind } from "#app/domain/cluster/spec.ts";
import type { MachineSize } from "#app/domain/cluster/sizes.ts";

/** JSON values by the name of the setting. */
export type ServiceSettings = Readonly<Record<string, unknown>>;

/**
 * Who may reach a port. `nodes`: every node of Kubernetes, and pods on them, whose packets leave with the address of their
 * node. `machines`: every machine of the cluster.
 */
export const serviceClients = ["control-planes", "nodes", "machines"] as const;
export type ServiceClients = (typeof serviceClients)[number];

export interface ServicePort {
  readonly protocol: "tcp" | "udp";
  readonly port: number;
  readonly from: ServiceClients;
}

export interface ServiceKind {
  /** Its name in specs, in requests and for its texts; its machines are called after it. RFC 1123 label that ends in a letter. */
  readonly id: string;
  /** What can be set. Every setting has a default. */
  readonly settings: z.ZodObject;
  /** How many machines it has. */
  readonly machines: number;
  /** Of each of them. */
  readonly size: MachineSize;
  /** Root disk of each of them; null: as large as its image. */
  readonly diskGiB: number | null;
  /** Kind of image that its machines are made from. */
  readonly image: ImageKind;
  /** What of it can be reached, and by whom; everything else is closed but SSH. None: nothing is closed. */
  readonly ports: readonly ServicePort[];
  /** Names of what is checked after it was set up. */
  readonly checks: readonly string[];
  /** Names of what can be done on its machines later. */
  readonly commands: readonly string[];
}

/** A service in the spec of a cluster. */
export interface ServiceSpec {
  /** Id of its definition; unique in a cluster. */
  readonly kind: string;
  /** Names of its machines. */
  readonly machines: readonly string[];
  readonly settings: ServiceSettings;
}
