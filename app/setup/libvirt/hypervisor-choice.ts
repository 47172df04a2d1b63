/** Which libvirt Berth uses: a pure choice from the setting and two facts about this machine. */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { message } from "#app/domain/message/message.ts";
import type { HypervisorChoice } from "#app/domain/setup.ts";

export interface HypervisorFacts {
  readonly setting: "auto" | "system" | "private";
  /** systemd is process 1: a system libvirt can be installed and started. */
  readonly systemd: boolean;
  /** A libvirt of this machine answers at its socket already. */
  readonly socket: boolean;
  readonly uri: string;
}

export function chooseHypervisor(f: HypervisorFacts): HypervisorChoice {
  if (f.setting !== "auto")
    return { mode: f.setting, uri: f.uri, reasons: [message("setting-is", { setting: "BERTH_HYPERVISOR", choice: f.setting })] };
  if (f.socket) return { mode: "system", uri: f.uri, reasons: [message("libvirt-runs")] };
  if (f.systemd) return { mode: "system", uri: f.uri, reasons: [message("systemd-runs")] };
  return { mode: "private", uri: f.uri, reasons: [message("nothing-runs")] };
}

export const hypervisorFacts = (setting: HypervisorFacts["setting"], uri: string): HypervisorFacts => ({
  setting,
  uri,
  systemd: existsSync("/run/systemd/system"),
  socket: answersAt("/run/libvirt/libvirt-sock") || answersAt("/run/libvirt/virtqemud-sock"),
});

const dial = "require('node:net').connect(process.argv[1]).on('connect', () => process.exit(0)).on('error', () => process.exit(1))";

/** Whether somebody listens at a socket: a libvirt that was killed leaves its file behind, and nobody answers there. */
export const answersAt = (socket: string): boolean =>
  existsSync(socket) && spawnSync(process.execPath, ["-e", dial, socket], { stdio: "ignore", timeout: 5_000 }).status === 0;
