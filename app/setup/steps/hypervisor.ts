/** libvirt answers: this machine's, or one of Berth's own that is started here. */
import { libvirtHypervisor } from "#app/adapters/libvirt/hypervisor.ts";
import { type Message, message, reasonsOf } from "#app/domain/message/message.ts";
import { findPrivateLibvirt, type PrivateLibvirt, startPrivateLibvirt } from "#app/setup/libvirt/private-libvirt.ts";
import { virshInside } from "#app/setup/libvirt/inside.ts";
import { orphansAreReaped, reaperAdvice } from "#app/setup/libvirt/reaper.ts";
import { inEnglish } from "#app/messages/in-english.ts";
import type { SetupContext, Step, StepCheck } from "#app/setup/step.ts";

async function versions(c: SetupContext, inside: PrivateLibvirt | null): Promise<readonly Message[]> {
  const virsh = inside === null ? {} : { virsh: virshInside(inside) };
  const hypervisor = libvirtHypervisor({ uri: c.hypervisor.uri, disksFolder: c.config.home, ...virsh });
  const { libvirtVersion, qemuVersion } = await hypervisor.ping();
  return [
    message(c.hypervisor.mode === "system" ? "system-libvirt" : "own-libvirt", { version: libvirtVersion, qemu: qemuVersion }),
    ...c.hypervisor.reasons,
  ];
}

export const hypervisorStep: Step = {
  id: "hypervisor",
  needs: ["packages"],
  estimateSeconds: 10,
  weight: "light",
  fix: message("run-command", { command: "npm run setup" }),
  check: async (c) => {
    const inside = c.hypervisor.mode === "private" ? findPrivateLibvirt(c.libvirtRoot) : null;
    if (c.hypervisor.mode === "private" && inside === null) return { ready: false, missing: [message("own-libvirt-not-running")] };
    return await versions(c, inside).then(
      (outcome) => ({ ready: true, outcome }),
      (error: unknown) => ({ ready: false, missing: reasonsOf(error) }),
    );
  },
  examine: async (c) => {
    if (c.hypervisor.mode === "system") return await examineSystem(c);
    if (findPrivateLibvirt(c.libvirtRoot) !== null) return await hypervisorStep.check(c);
    const slow = (await orphansAreReaped()) ? [] : [reaperAdvice];
    return { ready: true, outcome: [message("own-libvirt-later"), ...c.hypervisor.reasons, ...slow] };
  },
  run: async (c, onLine) => {
    if (c.hypervisor.mode === "system") return { outcome: await versions(c, null) };
    const reaped = await orphansAreReaped();
    if (!reaped) onLine(inEnglish([reaperAdvice]));
    const outcome = await versions(c, await startPrivateLibvirt(c.libvirtRoot, onLine));
    return { outcome: reaped ? outcome : [...outcome, reaperAdvice] };
  },
};

/** This machine's libvirt answers root; whether it runs cannot be seen by somebody whom it does not answer. */
async function examineSystem(c: SetupContext): Promise<StepCheck> {
  const check = await hypervisorStep.check(c);
  if (check.ready || process.getuid?.() === 0) return check;
  return { ready: false, missing: [message("libvirt-needs-root")], fix: message("run-command", { command: "sudo npm run doctor" }) };
}
