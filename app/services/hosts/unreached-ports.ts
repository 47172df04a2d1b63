/** Published ports that do not lead to their machine now. */
import { holderOf } from "#app/domain/plan/host-obstacles.ts";
import type { HostCheck } from "#app/ports/host-check.ts";
import type { TakenPort } from "./portal-nodes.ts";

/**
 * Of `ports` those where another program listens, and of `published`, which have to be open by now, those where none does.
 * None where there is no host to ask, or it does not say.
 */
export async function unreachedPorts(
  hostCheck: HostCheck | undefined,
  ports: readonly number[],
  published: readonly number[],
): Promise<readonly TakenPort[]> {
  if (hostCheck === undefined) return [];
  const taken = await hostCheck.takenPorts(ports).catch(() => []);
  const silent = await hostCheck.silentPorts(published).catch(() => []);
  return [...taken.map((l) => ({ port: l.port, holder: holderOf(l) })), ...silent.map((port) => ({ port, holder: null }))];
}
