/**
 * Drift: what is not as the live spec says, seen on the libvirt host, in the engine's state and in Kubernetes. A finding
 * is one check's word about one thing; a record is what is kept of a cluster between checks: since when, and what a person
 * decided about it.
 */
import type { Message } from "#app/domain/message/message.ts";
import type { NodeImpact } from "#app/domain/plan/plan.ts";

export const driftKinds = [
  "machine-stopped",
  "machine-paused",
  "machine-saved",
  "machine-unsaved",
  "machine-missing",
  "machine-memory",
  "machine-vcpus",
  "machine-disk",
  "machine-network",
  "disk-missing",
  "network-missing",
  "network-inactive",
  "network-firewall",
  "pool-missing",
  "pool-inactive",
  "node-missing",
  "node-not-ready",
  "node-cordoned",
  "node-clock",
  "certificates-expiring",
  "certificates-expired",
  "orphan-machine",
  "orphan-disk",
  "orphan-network",
  "orphan-pool",
  "resource",
] as const;
export type DriftKind = (typeof driftKinds)[number];

export interface DriftFinding {
  /** `<kind>:<subject>`; the same thing keeps it over checks. */
  readonly id: string;
  readonly kind: DriftKind;
  /** What it is about, as a person calls it: node name, else the name on the host or of the engine's resource. */
  readonly subject: string;
  /** Name of the machine, or null when it is about the cluster as a whole. */
  readonly machine: string | null;
  /** A machine's state, an amount (MiB, vCPU), a name; empty where the kind says it all. */
  readonly expected: string;
  readonly found: string;
  /** What repairing does to the node. */
  readonly impact: NodeImpact;
  /** `plan`: a plan can put it right. `none`: nothing that Berth can do brings it back. */
  readonly repair: "plan" | "none";
  /** The spec can be changed to what is there. */
  readonly adopt: boolean;
}

/** Repaired by a revision of the spec that renews them. */
export const isAboutCertificates = (kind: DriftKind): boolean => kind === "certificates-expiring" || kind === "certificates-expired";

/** What a person or a check knows of one source. `silent`: asked, without an answer. `absent`: there is nothing to ask. */
export type SourceWord = "seen" | "silent" | "absent";

export interface DriftSources {
  readonly host: SourceWord;
  readonly engine: SourceWord;
  readonly nodes: SourceWord;
}

/** One check of one cluster. */
export interface DriftCheckResult {
  /** When it began, epoch milliseconds. */
  readonly at: number;
  /** The live revision it was compared with. */
  readonly revision: number;
  readonly sources: DriftSources;
  /** Why the check could not be completed; null: it was. Then `findings` are not to be trusted and are left out. */
  readonly trouble: readonly Message[] | null;
  readonly findings: readonly DriftFinding[];
  /** When the certificate ends that the API server showed, epoch milliseconds; absent or null: it showed none. */
  readonly certificateEndsAt?: number | null;
}

export interface DriftRow extends DriftFinding {
  /** First seen so. */
  readonly since: number;
  /** Not shown as open until then; null: it is open. */
  readonly ignored: { readonly until: number; readonly by: string } | null;
}

export interface DriftRecord {
  /** Of the last check that was completed; null before the first. */
  readonly at: number | null;
  readonly revision: number;
  readonly sources: DriftSources;
  /** Why the newest check could not be completed, if it could not. */
  readonly trouble: { readonly at: number; readonly reasons: readonly Message[] } | null;
  readonly rows: readonly DriftRow[];
  /** As the API server showed it last; absent: no check has seen it, or not since the certificates were renewed. */
  readonly certificateEndsAt?: number | null;
  /** A renewal of the certificates succeeded that was approved then; absent: none did. */
  readonly certificatesRenewedAt?: number;
  /** A person wants a check as soon as possible: since when. */
  readonly wantedAt: number | null;
  /** Somebody is looking until then at the latest. */
  readonly lookingUntil: number | null;
}

const unseen: DriftSources = { host: "absent", engine: "absent", nodes: "absent" };
export const noRecord: DriftRecord = {
  at: null,
  revision: 0,
  sources: unseen,
  trouble: null,
  rows: [],
  wantedAt: null,
  lookingUntil: null,
};

export const driftId = (kind: DriftKind, subject: string): string => `${kind}:${subject}`;

export const isOpen = (row: DriftRow, now: number): boolean => row.ignored === null || row.ignored.until <= now;

export const openRows = (record: DriftRecord | null, now: number): readonly DriftRow[] =>
  (record?.rows ?? []).filter((r) => isOpen(r, now));
