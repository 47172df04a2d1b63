/** How machines run here: KVM or emulation. Judged again at every start, since it costs less than remembering. */
import { message } from "#app/domain/message/message.ts";
import { judgeThisMachine } from "#app/setup/libvirt/accelerator.ts";
import { installedPackages } from "#app/setup/packages/apt.ts";
import type { SetupContext, Step, StepResult } from "#app/setup/step.ts";

async function judge(c: SetupContext): Promise<StepResult> {
  const accelerator = await judgeThisMachine(c.config.accelerator);
  return { outcome: [message(accelerator.accelerator === "kvm" ? "runs-on-kvm" : "runs-emulated"), ...accelerator.reasons], accelerator };
}

export const acceleratorStep: Step = {
  id: "accelerator",
  needs: ["packages"],
  estimateSeconds: 10,
  weight: "light",
  fix: message("enable-virtualisation", { setting: "BERTH_ACCELERATOR" }),
  check: async (c) => {
    if ((await installedPackages(["qemu-system-x86"])).length === 0) return { ready: false, missing: [message("qemu-missing")] };
    return { ready: true, ...(await judge(c)) };
  },
  run: judge,
};
