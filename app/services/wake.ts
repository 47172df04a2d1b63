/** Waking what sleeps on the host: an inactive network or pool, a paused machine. Machines that are off are the engine's. */
import type { Wake } from "#app/domain/drift/repair.ts";
import type { HostLook } from "#app/ports/host-look.ts";

/** Networks and pools first: machines need them. Rejects with libvirt's reason, unless it may be half made; what was awake already is fine. */
export async function wakeHost(host: HostLook, wakes: readonly Wake[], tell: (wake: Wake, status: "running" | "done") => Promise<void>): Promise<void> {
  const order = ["network", "pool", "machine"];
  for (const wake of [...wakes].sort((a, b) => order.indexOf(a.kind) - order.indexOf(b.kind))) {
    await tell(wake, "running");
    if (await woken(host, wake)) await tell(wake, "done");
  }
}

async function woken(host: HostLook, { kind, name, mayBeHalfMade }: Wake): Promise<boolean> {
  try {
    await host.wake(kind, name);
    return true;
  } catch (error) {
    if (mayBeHalfMade) return false;
    throw error;
  }
}
