/**
 * Restarting libvirt's daemon. It writes the firewall rules of its networks when it starts; machines are no children of it
 * and keep running.
 */
import { readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { execa } from "execa";
import { type Message, message, MessageError } from "#app/domain/message/message.ts";
import { type ProgramEnd, programReason } from "#app/domain/message/program-reason.ts";

/** Resolves when the daemon was told to restart; whether it answers again is for the caller to wait for. */
export type RestartDaemon = () => Promise<void>;

/** libvirtd tries every QEMU program before it answers; on a slow machine that is minutes. */
export const daemonStartSeconds = 180;

/** Runs `systemctl` with these words for so many seconds at most. */
export type Systemctl = (words: readonly string[], seconds: number) => Promise<ProgramEnd & { readonly stdout?: string | undefined }>;

const systemctl: Systemctl = (words, seconds) =>
  execa("systemctl", [...words], { reject: false, stdin: "ignore", timeout: seconds * 1_000, env: { LC_ALL: "C" } });

/** Debian runs libvirtd; distributions with one daemon per driver run virtnetworkd. */
const units = ["libvirtd.service", "virtnetworkd.service"] as const;
const askSeconds = 10;
const restartSeconds = 90;

/** Where systemd runs libvirt: only the services that run are restarted. */
export const restartUnits =
  (run: Systemctl): RestartDaemon =>
  async () => {
    const active = await activeUnits(run);
    if (active.length === 0) throw notRestarted(message("units-inactive", { units }));
    const end = await run(["restart", ...active], restartSeconds);
    if (end.exitCode !== 0) throw notRestarted(programReason("systemctl", end, restartSeconds));
  };

export const restartServices: RestartDaemon = restartUnits(systemctl);

/** `systemctl is-active` prints a state also for a unit that does not exist; printing none, it could not ask systemd. */
async function activeUnits(run: Systemctl): Promise<readonly string[]> {
  const active: string[] = [];
  for (const unit of units) {
    const end = await run(["is-active", unit], askSeconds);
    const state = (end.stdout ?? "").trim();
    if (state === "") throw notRestarted(programReason("systemctl", end, askSeconds));
    if (["active", "activating", "reloading"].includes(state)) active.push(unit);
  }
  return active;
}

const notRestarted = (reason: Message): MessageError =>
  new MessageError([message("restarting-libvirt"), reason, message("administrator-can-run", { command: "systemctl restart libvirtd" })]);

/** In Berth's own libvirt the daemon is ended, and the launcher starts it again. */
export const endPrivateDaemon: RestartDaemon = () => endDaemon("/run/libvirt/libvirtd.pid");

/** Ends with SIGTERM, after `termMs` with SIGKILL, and rejects when the process is still there `killMs` later. */
export async function endDaemon(pidFile: string, { termMs = 30_000, killMs = 5_000 } = {}): Promise<void> {
  const pid = Number(await readFile(pidFile, "utf8"));
  if (!(pid > 1)) throw new MessageError([message("restarting-libvirt"), message("no-process-in", { file: pidFile })]);
  const started = await startTimeOf(pid);
  if (started === null) return;
  process.kill(pid, "SIGTERM");
  if (await isGone(pid, started, termMs)) return;
  process.kill(pid, "SIGKILL");
  if (!(await isGone(pid, started, killMs))) throw new MessageError([message("restarting-libvirt"), message("outlived-kill", { pid })]);
}

async function isGone(pid: number, started: string, withinMs: number): Promise<boolean> {
  const end = Date.now() + withinMs;
  while ((await startTimeOf(pid)) === started) {
    if (Date.now() > end) return false;
    await sleep(50);
  }
  return true;
}

/** Field 22 of /proc/<pid>/stat, by which a reused pid is told apart; null when the process is gone or a zombie. */
async function startTimeOf(pid: number): Promise<string | null> {
  const stat = await readFile(`/proc/${pid}/stat`, "latin1").catch(() => null);
  const fields = stat === null ? [] : stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return fields[0] === "Z" ? null : (fields[19] ?? null);
}
