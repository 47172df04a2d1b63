/** Reads closely what one cluster has on the libvirt host, and wakes what sleeps there. Makes and removes nothing. */
import type { HostSeen } from "#app/domain/drift/find-drift.ts";

export interface HostInspection {
  /**
   * Everything whose name starts with `prefix` and `-` or equals it; machines also as they are defined for their next
   * start. Rejects with a sentence when libvirt does not answer.
   */
  inspect(prefix: string): Promise<HostSeen>;
  /**
   * Starts a network or pool that is off; resumes a paused machine, and starts one whose memory is saved; restores the firewall
   * rules of a network, for which libvirt's daemon is restarted. Fine when it is so already; absent is an error.
   */
  wake(kind: "network" | "pool" | "machine" | "firewall", name: string): Promise<void>;
}
