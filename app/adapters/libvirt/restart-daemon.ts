/**
 * Restarting libvirt's daemon. It writes the firewall rules of its networks when it starts; machines are no children of it
 * and keep running.
 */
import { readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { execa } from "execa";

/** Resolves when the daemon was told to restart; whether it answers again is for the caller to wait for. */
export type RestartDaemon = () => Promise<void>;

/** Where systemd runs libvirt: only the services that run are restarted. Debian runs libvirtd; others run virtnetworkd. */
export const restartServices: RestartDaemon = async () => {
  const { exitCode, stderr } = await execa("systemctl", ["try-restart", "libvirtd.service", "virtnetworkd.service"], { reject: false, stdin: "ignore", timeout: 90_000 });
  if (exitCode !== 0) throw new Error(`restarting libvirt's daemon, which writes the firewall rules of its networks: ${stderr.trim() || "systemctl gave no reason"}. An administrator can run: systemctl restart libvirtd`);
};

/** In Berth's own libvirt the daemon is ended, and the launcher starts it again. */
export const endPrivateDaemon: RestartDaemon = async () => {
  const pid = Number(await readFile("/run/libvirt/libvirtd.pid", "utf8"));
  if (!(pid > 1)) throw new Error("restarting libvirt's daemon: its pid file names no process");
  process.kill(pid, "SIGTERM");
  while (isAlive(pid)) await sleep(50);
};

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
