/**
 * What Berth itself repairs before the engine starts: an inactive network or pool, lost firewall rules, a
 * paused machine, a cordoned node. Machines that are off are the engine's.
 */
import type { Wake } from "#app/domain/drift/repair.ts";
import type { HostInspection } from "#app/ports/host-inspection.ts";

export interface Waker {
  readonly host: Pick<HostInspection, "wake">;
  /** Absent where there is no Kubernetes API to ask. */
  readonly uncordon?: (node: string) => Promise<void>;
}

/**
 * Networks and pools first: machines need them. Rejects with libvirt's reason, unless it may be half made; what was awake already
 * is fine.
 */
export async function wakeHost(
  waker: Waker,
  wakes: readonly Wake[],
  tell: (wake: Wake, status: "running" | "done") => Promise<void>,
): Promise<void> {
  const order: readonly Wake["kind"][] = ["network", "firewall", "pool", "machine", "node"];
  for (const wake of [...wakes].sort((a, b) => order.indexOf(a.kind) - order.indexOf(b.kind))) {
    await tell(wake, "running");
    if (await woken(waker, wake)) await tell(wake, "done");
  }
}

async function woken({ host, uncordon }: Waker, { kind, name, mayBeHalfMade }: Wake): Promise<boolean> {
  try {
    if (kind === "node") await uncordon?.(name);
    else await host.wake(kind, name);
    return true;
  } catch (error) {
    if (mayBeHalfMade) return false;
    throw error;
  }
}
