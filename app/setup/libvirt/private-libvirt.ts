/**
 * A libvirt of Berth's own, for machines where no system libvirt runs (containers, minimal installations) and for
 * tests. Starting is idempotent: what runs is kept, what died is started again, machines are never doubled or stopped.
 */
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { execa } from "execa";
import { type Message, message, MessageError, reported } from "#app/domain/message/message.ts";
import { programReason } from "#app/domain/message/program-reason.ts";
import { daemonStartSeconds } from "#app/adapters/libvirt/restart-daemon.ts";
import { withLock } from "#app/foundation/lock.ts";
import { ensureNamespaces, enterArgv, findNamespaces, type Namespaces, processesInside } from "./namespaces.ts";
import { endProcesses, executableOf } from "#app/foundation/processes.ts";
import { inEnglish } from "#app/messages/in-english.ts";
import { orphansAreReaped, reaperAdvice } from "./reaper.ts";

export interface PrivateLibvirt {
  readonly root: string;
  /** The address inside the namespaces. */
  readonly uri: string;
  /** argv (program first) that runs a command inside. Ask again for each run: the way in may have changed. */
  readonly argv: (command: readonly string[], cwd?: string) => readonly string[];
}

const uri = "qemu:///system";
const lockOf = (root: string): string => join(root, "start.lock");

const patienceMs = daemonStartSeconds * 1_000;
const lockSeconds = 60 + patienceMs / 1_000;

type OnLine = (line: string) => void;

/** Starts (or finds) the libvirt of this root; resolves when it answers. Throws a {@link MessageError} when it does not. */
export async function startPrivateLibvirt(root: string, onLine: OnLine = () => undefined): Promise<PrivateLibvirt> {
  await mkdir(root, { recursive: true, mode: 0o755 });
  return await withLock(lockOf(root), lockSeconds, async () => {
    const namespaces = await ensureNamespaces(root);
    await writeSettings(root);
    await ensureAccount();
    await startDaemon(namespaces, "virtlogd");
    await startDaemon(namespaces, "libvirtd");
    const libvirt = handle(root);
    await waitForAnswer(libvirt, onLine);
    return libvirt;
  });
}

/** The namespaces alone, without libvirt in them: the portal can start there before libvirt's packages are installed. */
export async function startPrivateNamespaces(root: string): Promise<PrivateLibvirt> {
  await mkdir(root, { recursive: true, mode: 0o755 });
  return await withLock(lockOf(root), lockSeconds, async () => {
    await ensureNamespaces(root);
    return handle(root);
  });
}

/** The running one, or null. */
export function findPrivateLibvirt(root: string): PrivateLibvirt | null {
  return findNamespaces(root) === null ? null : handle(root);
}

/** Ends everything inside, machines too. Only for tests and for a person who asks for it. */
export async function stopPrivateLibvirt(root: string): Promise<void> {
  if (!existsSync(root)) return;
  await withLock(lockOf(root), lockSeconds, async () => {
    // The daemons first: a libvirtd that sees its machines die would write about it while its folders go away.
    const order = (pid: number) => (/(libvirtd|virtlogd)$/.test(executableOf(pid) ?? "") ? 0 : 1);
    const inside = processesInside(root);
    await endProcesses(
      inside.filter((mark) => order(mark.pid) === 0),
      10_000,
    );
    await endProcesses(inside, 5_000);
  });
}

/** Runs `body` with a private libvirt in a folder that is removed afterwards (a temporary one unless given). */
export async function withPrivateLibvirt<T>(root: string | null, body: (libvirt: PrivateLibvirt) => Promise<T>): Promise<T> {
  const folder = root ?? (await mkdtemp(join(tmpdir(), "berth-libvirt-")));
  try {
    return await body(await startPrivateLibvirt(folder));
  } finally {
    await stopPrivateLibvirt(folder);
    await rm(folder, { recursive: true, force: true });
  }
}

function handle(root: string): PrivateLibvirt {
  const argv = (command: readonly string[], cwd = "/") => {
    const namespaces = findNamespaces(root);
    if (namespaces === null) throw new MessageError([message("own-libvirt-gone", { folder: root })]);
    return enterArgv(namespaces, command, cwd);
  };
  return { root, uri, argv };
}

/** libvirtd looks this account up before it reads its settings; only Debian's libvirt-daemon-system makes it. */
async function ensureAccount(): Promise<void> {
  const isThere = async () => (await execa("getent", ["passwd", "libvirt-qemu"], { reject: false })).exitCode === 0;
  if (await isThere()) return;
  const made = await execa(
    "useradd",
    ["--system", "--user-group", "--home-dir", "/var/lib/libvirt", "--shell", "/usr/sbin/nologin", "libvirt-qemu"],
    { reject: false, env: daemonPath() },
  );
  // Another libvirt of Berth's that starts for the first time in this instant may have been quicker.
  if (made.exitCode !== 0 && !(await isThere()))
    throw new MessageError([message("making-account", { account: "libvirt-qemu" }), programReason("useradd", made, 0)]);
}

const isRunning = (root: string, program: string): boolean =>
  processesInside(root).some(({ pid }) => basename(executableOf(pid) ?? "") === program);

/** Both daemons live; whether they answer is another question. */
export function privateDaemonsRun(root: string): boolean {
  const programs = processesInside(root).map(({ pid }) => basename(executableOf(pid) ?? ""));
  return programs.includes("virtlogd") && programs.includes("libvirtd");
}

async function startDaemon(ns: Namespaces, program: "virtlogd" | "libvirtd"): Promise<void> {
  if (isRunning(ns.root, program)) return;
  const pidFile = `/run/libvirt/${program}.pid`;
  await rm(join(ns.root, "run-libvirt", `${program}.pid`), { force: true });
  const [file = "nsenter", ...args] = enterArgv(ns, [program, "-d", "--pid-file", pidFile], "/");
  const { exitCode, stderr } = await execa(file, args, { reject: false, stdin: "ignore", env: daemonPath() });
  if (exitCode === 0) return;
  const printed = stderr.trim();
  throw new MessageError([
    message("starting-program", { program }),
    ...(printed === "" ? await logOf(ns.root, program) : [reported(printed)]),
  ]);
}

/** libvirtd needs /usr/sbin (dnsmasq, iptables) even when a person's PATH lacks it. */
const daemonPath = (): Record<string, string> => ({ PATH: `/usr/sbin:/usr/bin:/sbin:/bin:${process.env.PATH ?? ""}` });

async function waitForAnswer(libvirt: PrivateLibvirt, onLine: OnLine): Promise<void> {
  const startedAt = Date.now();
  const end = startedAt + patienceMs;
  let sayAt = startedAt + 10_000;
  for (;;) {
    const silence = await askVersion(libvirt, Math.max(5_000, end - Date.now()));
    if (silence === null) return;
    if (!isRunning(libvirt.root, "libvirtd")) {
      throw new MessageError([
        message("starting-program", { program: "libvirtd" }),
        message("ended-early"),
        ...(await logOf(libvirt.root, "libvirtd")),
      ]);
    }
    if (Date.now() > end) throw new MessageError(await whyNoAnswer(libvirt.root, silence));
    if (Date.now() > sayAt) {
      onLine(`libvirtd runs, and has not answered for ${Math.round((Date.now() - startedAt) / 1000)} s: ${inEnglish([silence])}`);
      sayAt = Date.now() + 10_000;
    }
    await sleep(200);
  }
}

/** Null when it answered, else what it did instead. */
async function askVersion(libvirt: PrivateLibvirt, mostMs: number): Promise<Message | null> {
  const timeout = Math.min(15_000, mostMs);
  const [file = "nsenter", ...args] = libvirt.argv(["virsh", "-c", uri, "version", "--daemon"]);
  const result = await execa(file, args, { reject: false, stdin: "ignore", timeout });
  return result.exitCode === 0 ? null : programReason("virsh", result, timeout / 1000);
}

async function whyNoAnswer(root: string, silence: Message): Promise<readonly Message[]> {
  const advice = (await orphansAreReaped()) ? [] : [reaperAdvice];
  return [
    message("libvirtd-unanswering", { minutes: patienceMs / 60_000 }),
    message("last-attempt"),
    silence,
    ...(await logOf(root, "libvirtd")),
    ...advice,
  ];
}

/** The last lines that the program wrote to its log. */
async function logOf(root: string, program: string): Promise<readonly Message[]> {
  const text = await readFile(join(root, "var-log-libvirt", `${program}.log`), "utf8").catch(() => "");
  const lines = text.trim().split("\n").slice(-3).join(" | ");
  return lines === "" ? [message("log-empty")] : [message("log-ends-with"), reported(lines)];
}

async function writeSettings(root: string): Promise<void> {
  const folder = join(root, "etc-libvirt");
  await mkdir(folder, { recursive: true });
  await mkdir(join(root, "var-lib-libvirt", "images"), { recursive: true });
  await writeFile(join(folder, "qemu.conf"), qemuSettings);
  await writeFile(join(folder, "libvirtd.conf"), daemonSettings("libvirtd"));
  await writeFile(join(folder, "virtlogd.conf"), `${logSettings("virtlogd")}max_size = 33554432\n`);
}

// No ownership changes: a base image is shared by many machines and belongs to nobody in particular. No mount
// namespace per machine and no cgroups: neither can be had in every container.
const qemuSettings = `user = "root"
group = "root"
dynamic_ownership = 0
remember_owner = 0
security_driver = "none"
cgroup_controllers = [ ]
namespaces = [ ]
`;

const logSettings = (program: string): string => `log_outputs = "3:file:/var/log/libvirt/${program}.log"\n`;

const daemonSettings = (program: string): string => `${logSettings(program)}auth_unix_ro = "none"
auth_unix_rw = "none"
unix_sock_rw_perms = "0700"
unix_sock_ro_perms = "0700"
`;
