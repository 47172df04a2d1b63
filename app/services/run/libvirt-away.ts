/** What a libvirt that does not answer means for an operation. */
import type { HostId } from "#app/domain/host/libvirt-host.ts";
import type { Failure } from "#app/domain/operation/failure.ts";
import { kindOf } from "#app/domain/operation/kinds.ts";
import type { Operation } from "#app/domain/operation/operation.ts";
import type { ByHost } from "#app/ports/hosts/by-host.ts";
import type { Hypervisor } from "#app/ports/hypervisor.ts";

type Asked = ByHost<Pick<Hypervisor, "ping">>;

/** A host that this process cannot reach does not answer it. */
export const answers = async (hypervisors: Asked, hostId: HostId): Promise<boolean> => {
  try {
    await hypervisors.of(hostId).ping();
    return true;
  } catch {
    return false;
  }
};

/** What these say may come of a libvirt that is away. */
const vague: ReadonlySet<Failure["cause"]> = new Set(["unknown", "command-failed", "boot-timeout", "phase-budget", "engine-hung"]);

/** What fails for a reason that says little while libvirt does not answer failed for that. */
export async function attributeToLibvirt(hypervisors: Asked, hostId: HostId, failure: Failure): Promise<Failure> {
  if (!vague.has(failure.cause) || (await answers(hypervisors, hostId))) return failure;
  return { ...failure, cause: "libvirt-unreachable", next: "check-libvirt" };
}

/** Work that somebody approved outlasts what passes; a question is answered by why it cannot be answered now. */
export const waitsForLibvirt = (operation: Pick<Operation, "kind">, { cause }: Failure): boolean =>
  cause === "libvirt-unreachable" && kindOf(operation).needsPlan;
