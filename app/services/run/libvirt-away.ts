/** What a libvirt that does not answer means for an operation. */
import type { Failure } from "#app/domain/operation/failure.ts";
import { kindOf } from "#app/domain/operation/kinds.ts";
import type { Operation } from "#app/domain/operation/operation.ts";
import type { Hypervisor } from "#app/ports/hypervisor.ts";

type Asked = Pick<Hypervisor, "ping">;

export const answers = (hypervisor: Asked): Promise<boolean> =>
  hypervisor.ping().then(
    () => true,
    () => false,
  );

/** What these say may come of a libvirt that is away. */
const vague: ReadonlySet<Failure["cause"]> = new Set(["unknown", "command-failed", "boot-timeout", "phase-budget", "engine-hung"]);

/** What fails for a reason that says little while libvirt does not answer failed for that. */
export async function toldByLibvirt(hypervisor: Asked, failure: Failure): Promise<Failure> {
  if (!vague.has(failure.cause) || (await answers(hypervisor))) return failure;
  return { ...failure, cause: "libvirt-unreachable", next: "check-libvirt" };
}

/** Work that somebody approved outlasts what passes; a question is answered by why it cannot be answered now. */
export const outlasts = (operation: Pick<Operation, "kind">, { cause }: Failure): boolean => cause === "libvirt-unreachable" && kindOf(operation).needsPlan;
