import type { HostSurvey, Listener } from "#app/domain/plan/host-obstacles.ts";

/** Looks at the machine that libvirt runs on, apart from libvirt itself. Changes nothing. */
export interface HostCheck {
  /** Sockets are looked for on `dnsPort` and these published ports; nothing is taken from an earlier reading. */
  survey(publishedPorts: readonly number[]): Promise<HostSurvey>;
  /** Sockets of other programs on these TCP ports, at the address where Berth publishes, as they were at most about 2 seconds ago. */
  takenPorts(ports: readonly number[]): Promise<readonly Listener[]>;
  /** Those of these TCP ports on which nothing listened at most about 2 seconds ago, at the address where Berth publishes. */
  silentPorts(ports: readonly number[]): Promise<readonly number[]>;
}
