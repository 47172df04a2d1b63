/**
 * Network and mount namespaces of Berth's own, for a libvirt that the rest of the machine never sees. A small process
 * (the holder) keeps them while nothing else runs inside; everything else enters. They are recognised by what is
 * mounted in them, not by a pid: as long as one process is left inside (a machine, say), they are found again.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, openSync, closeSync, readFileSync, statSync } from "node:fs";
import { mkdir, readdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Message, message, MessageError, reported } from "#app/domain/message/message.ts";
import { isAlive, markOf, type ProcessMark } from "#app/foundation/process.ts";
import { allPids } from "#app/foundation/processes.ts";

/** Folder below the root → where it is mounted inside. */
const mounts = [
  ["etc-libvirt", "/etc/libvirt"],
  ["var-lib-libvirt", "/var/lib/libvirt"],
  ["run-libvirt", "/run/libvirt"],
  ["var-log-libvirt", "/var/log/libvirt"],
  ["var-cache-libvirt", "/var/cache/libvirt"],
] as const;

export interface Namespaces {
  readonly root: string;
  /** Any live process inside; entering goes through it. */
  readonly pid: number;
}

const holderFile = (root: string): string => join(root, "holder.json");

/** Finds namespaces made earlier for this root, or null. Fast while the holder lives. */
export function findNamespaces(root: string): Namespaces | null {
  const holder = readHolder(root);
  if (holder !== null && isInside(root, holder.pid)) return { root, pid: holder.pid };
  const pid = processesInside(root)[0]?.pid;
  return pid === undefined ? null : { root, pid };
}

/** Every process inside the namespaces of this root, the holder included. */
export function processesInside(root: string): ProcessMark[] {
  if (!existsSync(join(root, "run-libvirt"))) return [];
  return allPids()
    .filter((pid) => isInside(root, pid))
    .map(markOf)
    .filter((mark) => mark !== null);
}

/** Makes the namespaces unless they are there. Callers hold the root's lock. */
export async function ensureNamespaces(root: string): Promise<Namespaces> {
  const found = findNamespaces(root);
  if (found !== null) return await ensureHolder(found);
  // What libvirt noted about running things is of a time before a reboot; left there, it would start nothing by itself.
  await rm(join(root, "run-libvirt"), { recursive: true, force: true });
  await removeMachineFolders(root);
  for (const [folder, target] of mounts) {
    await mkdir(join(root, folder), { recursive: true });
    await mkdir(target, { recursive: true });
  }
  const args = ["--net", "--mount", "--propagation", "slave", "sh", "-c", prepareScript, "berth-namespaces", root];
  return { root, pid: await startHolder(root, "unshare", args) };
}

/** What libvirt keeps of each machine while it runs. Of machines that a power cut ended nobody removes it otherwise. */
async function removeMachineFolders(root: string): Promise<void> {
  for (const folder of ["qemu", "qemu/channel/target"].map((name) => join(root, "var-lib-libvirt", name))) {
    const left = (await readdir(folder).catch(() => [])).filter((name) => name.startsWith("domain-"));
    for (const name of left) await rm(join(folder, name), { recursive: true, force: true });
  }
}

/** argv (program first) that runs `command` inside, in the folder `cwd`. */
export function enterArgv(ns: Namespaces, command: readonly string[], cwd: string): readonly string[] {
  const enter = ["nsenter", `--net=/proc/${ns.pid}/ns/net`, `--mount=/proc/${ns.pid}/ns/mnt`, "--"];
  // nsenter leaves the working folder in the old namespace, where libvirt's folders are other ones: change it inside.
  return [...enter, "sh", "-c", 'cd "$1" && shift && exec "$@"', "sh", cwd, ...command];
}

/** A holder that was killed is replaced, so that the namespaces outlive the last machine. */
async function ensureHolder(ns: Namespaces): Promise<Namespaces> {
  const holder = readHolder(ns.root);
  if (holder !== null && isAlive(holder)) return ns;
  const [program = "nsenter", ...args] = enterArgv(ns, ["sh", "-c", holdScript], "/");
  return { root: ns.root, pid: await startHolder(ns.root, program, args) };
}

async function startHolder(root: string, program: string, args: readonly string[]): Promise<number> {
  const errors = openSync(join(root, "namespaces.err"), "w");
  const child = spawn(program, [...args], { detached: true, stdio: ["ignore", "pipe", errors], cwd: "/" });
  closeSync(errors);
  const failed = new Promise<never>((_, reject) => {
    child.once("error", (cause) => reject(notMade(message("program-not-started", { program }), { cause })));
    child.once("exit", () => reject(notMade(readErrors(root))));
  });
  failed.catch(() => undefined);
  const { stdout } = child;
  if (stdout === null) throw new Error("making network namespaces: the holder has no output");
  await Promise.race([once(stdout, "data"), failed]);
  stdout.destroy();
  child.unref();
  const mark = child.pid === undefined ? null : markOf(child.pid);
  if (mark === null) throw notMade(readErrors(root));
  await writeFile(`${holderFile(root)}.new`, JSON.stringify(mark));
  await rename(`${holderFile(root)}.new`, holderFile(root));
  return mark.pid;
}

const notMade = (reason: Message, options?: ErrorOptions): MessageError =>
  new MessageError([message("making-namespaces"), reason], options);

function readErrors(root: string): Message {
  const text = readFileSync(join(root, "namespaces.err"), "utf8").trim().replaceAll("\n", " | ");
  return text === "" ? message("ended-early") : reported(text);
}

function readHolder(root: string): ProcessMark | null {
  try {
    const mark = JSON.parse(readFileSync(holderFile(root), "utf8")) as ProcessMark;
    return isAlive(mark) ? mark : null;
  } catch {
    return null;
  }
}

/** True when the process sees this root's folder as /run/libvirt: nothing outside the namespaces does. */
function isInside(root: string, pid: number): boolean {
  try {
    const seen = statSync(`/proc/${pid}/root/run/libvirt`);
    const ours = statSync(join(root, "run-libvirt"));
    return seen.ino === ours.ino && seen.dev === ours.dev;
  } catch {
    return false;
  }
}

const holdScript = "echo ready; exec >/dev/null 2>&1; exec sleep infinity";

// sysfs shows the network devices of the namespace it was mounted in, and libvirt reads bridges there: mount it again.
// Where that is not allowed, libvirt falls back to ioctl, which is enough.
const prepareScript = `set -eu
root=$1
${mounts.map(([folder, target]) => `mount --bind "$root/${folder}" ${target}`).join("\n")}
mkdir -p "$root/cgroup"
if mount --rbind /sys/fs/cgroup "$root/cgroup" 2>/dev/null && mount -t sysfs sysfs /sys 2>/dev/null; then
  mount --rbind "$root/cgroup" /sys/fs/cgroup
fi
ip link set lo up
echo 1 > /proc/sys/net/ipv4/ip_forward
${holdScript}
`;
