/** When a cluster's certificates end, and which end soon. Pure. */
import type { ClusterSpec } from "./spec.ts";

export const authorities = ["cluster-ca", "etcd-ca", "front-proxy-ca"] as const;
/** `control-plane`: all that kubeadm makes for a year: those of the API server, etcd, the controller manager, the scheduler. */
export const certificateKinds = [...authorities, "control-plane"] as const;
export type Authority = (typeof authorities)[number];
export type CertificateKind = (typeof certificateKinds)[number];

/** `made`: Berth made it. `read`: a drift check saw it. `estimated`: not seen yet; the end is not sooner than this. */
export type EndSource = "made" | "read" | "estimated";

export interface CertificateEnd {
  readonly kind: CertificateKind;
  /** Epoch milliseconds. */
  readonly endsAt: number;
  readonly source: EndSource;
  readonly standing: CertificateState;
}

/** `soon`: within {@link warnDays}. */
export const certificateStates = ["valid", "soon", "ended"] as const;
export type CertificateState = (typeof certificateStates)[number];

const day = 86_400_000;
/** kubeadm's default. */
const kubeadmLifetime = 365 * day;
export const warnDays = 30;

export interface CertificateFacts {
  /** Ends of the authorities that are known. */
  readonly authorities: Readonly<Partial<Record<Authority, number>>>;
  /** The end that a drift check read from the API server; null: none did yet. */
  readonly readEnd: number | null;
  /** kubeadm made its certificates later than this: when the cluster was created, or its last renewal approved. */
  readonly createdAt: number;
}

export function certificateEnds({ authorities: known, readEnd, createdAt }: CertificateFacts, now: number): readonly CertificateEnd[] {
  const made = authorities.flatMap((kind) => {
    const endsAt = known[kind];
    return endsAt === undefined ? [] : [{ kind, endsAt, source: "made" as const }];
  });
  const controlPlane = {
    kind: "control-plane" as const,
    endsAt: controlPlaneEnd({ readEnd, createdAt }),
    source: readEnd === null ? ("estimated" as const) : ("read" as const),
  };
  return [controlPlane, ...made].map((row) => ({ ...row, standing: certificateStateAt(row.endsAt, now) }));
}

export type ControlPlaneFacts = Pick<CertificateFacts, "readEnd" | "createdAt">;

const controlPlaneEnd = ({ readEnd, createdAt }: ControlPlaneFacts): number => readEnd ?? createdAt + kubeadmLifetime;

/** For lists, which need no more than that. */
export const controlPlaneCertificateState = (facts: ControlPlaneFacts, now: number): CertificateState =>
  certificateStateAt(controlPlaneEnd(facts), now);

function certificateStateAt(endsAt: number, now: number): CertificateState {
  if (endsAt <= now) return "ended";
  return endsAt - now <= warnDays * day ? "soon" : "valid";
}

/** How often the certificates were renewed up to this revision. */
export const renewalsIn = (spec: Pick<ClusterSpec, "kubernetes"> | null): number => spec?.kubernetes[0]?.certificates?.renewed ?? 0;

/** Whether new certificates are due: what a renewal replaces ends soon, or has ended. */
export const renewalIsDue = (ends: readonly CertificateEnd[]): boolean =>
  ends.some((e) => e.kind === "control-plane" && e.standing !== "valid");
