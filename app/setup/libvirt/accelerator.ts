/** How machines run on this host: the setting, else the processor's flag and a probe that boots. */
import { readFile } from "node:fs/promises";
import { message } from "#app/domain/message/message.ts";
import type { AcceleratorVerdict } from "#app/domain/setup.ts";
import { type ProbeResult, probeBoot } from "./boot-probe.ts";

const probeTimeoutMs = 10_000;

/** The flag that offers virtualisation (`vmx`: Intel, `svm`: AMD), or null. */
export function virtualisationFlag(cpuinfo: string): "vmx" | "svm" | null {
  const flags = new Set(/^flags\s*:(.*)$/m.exec(cpuinfo)?.[1]?.trim().split(/\s+/));
  if (flags.has("vmx")) return "vmx";
  return flags.has("svm") ? "svm" : null;
}

/** Decides; `probe` runs only when the flag is there. */
export async function judgeAccelerator(
  setting: "auto" | "kvm" | "tcg",
  cpuinfo: string,
  probe: () => Promise<ProbeResult>,
): Promise<AcceleratorVerdict> {
  if (setting !== "auto")
    return {
      accelerator: setting,
      chosenBy: "setting",
      reasons: [message("setting-is", { setting: "BERTH_ACCELERATOR", choice: setting })],
    };
  const flag = virtualisationFlag(cpuinfo);
  if (flag === null) return { accelerator: "tcg", chosenBy: "probe", reasons: [message("no-virtualisation")] };
  const { boots, reason } = await probe();
  return { accelerator: boots ? "kvm" : "tcg", chosenBy: "probe", reasons: [message("processor-flag", { flag }), reason] };
}

export const judgeThisMachine = async (setting: "auto" | "kvm" | "tcg"): Promise<AcceleratorVerdict> =>
  await judgeAccelerator(setting, await readFile("/proc/cpuinfo", "utf8"), () => probeBoot("kvm", probeTimeoutMs));
