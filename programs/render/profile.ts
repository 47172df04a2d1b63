/**
 * The two ways a machine can run, as plain settings. Everything that only emulation needs stands here and nowhere
 * else; a machine on KVM gets none of it. Nothing here risks data.
 */
import type { ClusterSpec, MachineProfile } from "#app/domain/cluster/spec.ts";

export interface ProfileSettings {
  readonly domainType: "qemu" | "kvm";
  readonly cpuMode: "maximum" | "host-passthrough";
  /** CPU features to take away. */
  readonly cpuWithout: readonly string[];
  readonly kernelArguments: readonly string[];
  /**
   * Probes of static pods: how long one may take, how often liveness may fail, and the time between two. kubeadm asks for
   * readiness every second, which is a TLS handshake each time.
   */
  readonly probes: { readonly timeoutSeconds: number; readonly failureThreshold: number; readonly periodSeconds: number } | null;
  /** Go's GOGC for the control plane: a larger heap is collected less often. Null: Go's own. */
  readonly goGc: number | null;
  /** `answerSeconds`: how long etcd may take to answer the API server before that counts as not ready. */
  readonly etcd: { readonly heartbeatMs: number; readonly electionMs: number; readonly answerSeconds: number } | null;
  /** How often a control plane asks its own API server whether it may hold the shared address: a TLS handshake each time. */
  readonly endpointCheckSeconds: number;
  /** Multiplies every time limit. */
  readonly patience: number;
  /** Between two looks at something that is awaited: a check costs seconds of an emulated processor. */
  readonly pauseSeconds: number;
}

const profiles: Readonly<Record<MachineProfile, ProfileSettings>> = {
  emulated: {
    domainType: "qemu",
    cpuMode: "maximum",
    // Emulated "fast" string instructions are the slow ones, and protection costs a check per access. libvirt 9.0 has
    // no names for fsrs and fzrm.
    cpuWithout: ["erms", "fsrm", "la57", "smap", "smep", "pku", "pks"],
    kernelArguments: ["mitigations=off", "clearcpuid=rep_good", "nowatchdog", "no_timer_check", "audit=0", "psi=0"],
    probes: { timeoutSeconds: 60, failureThreshold: 60, periodSeconds: 15 },
    goGc: 200,
    etcd: { heartbeatMs: 1000, electionMs: 10_000, answerSeconds: 30 },
    endpointCheckSeconds: 15,
    patience: 3,
    pauseSeconds: 5,
  },
  accelerated: {
    domainType: "kvm",
    cpuMode: "host-passthrough",
    cpuWithout: [],
    kernelArguments: [],
    probes: null,
    goGc: null,
    etcd: null,
    endpointCheckSeconds: 2,
    patience: 1,
    pauseSeconds: 1,
  },
};

export const settingsOf = (spec: Pick<ClusterSpec, "profile">): ProfileSettings => profiles[spec.profile];

/**
 * `tscKhz`: rate of the host's time-stamp counter, null when unknown. An emulated machine reads time fastest from that
 * counter, but may rely on it only when its kernel was told the rate (see host-clock.ts).
 */
export const kernelCommandLine = (settings: ProfileSettings, tscKhz: number | null): string =>
  [
    ...["root=/dev/vda", "rw", "console=ttyS0", "net.ifnames=0", "quiet", "loglevel=5", "random.trust_cpu=on"],
    ...settings.kernelArguments,
    ...(settings.domainType === "qemu" && tscKhz !== null ? ["tsc=reliable", "clocksource=tsc", `tsc_early_khz=${tscKhz}`] : []),
  ].join(" ");
