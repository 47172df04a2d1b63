/** A Debian container with systemd as its first process, in namespaces of its own, entered by ssh as a person or as root. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { openSync } from "node:fs";
import { appendFile, chmod, mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { repoFolder } from "#app/setup/all-steps.ts";
import { berthPaths } from "#app/foundation/paths.ts";
import { copyClients, copyNode, copyPersonsClients, goFolder } from "./clients.ts";
import { type Debian, ensureRoot, ensureTools, readText, run } from "./debian.ts";

const packages = [
  "systemd-sysv",
  "dbus",
  "sudo",
  "ca-certificates",
  "procps",
  "iproute2",
  "git",
  "libpam-systemd",
  "curl",
  "passwd",
  "login",
  "kmod",
  "udev",
  "openssh-server",
];

/** Debian 12's Node.js is older than Berth needs; Debian 13's is not, and is tried as it is. */
const packagesOf = (debian: Debian): readonly string[] => (debian === "13" ? [...packages, "nodejs", "npm"] : packages);

export interface Container {
  /** Runs a line as that person; rejects when it ends badly. */
  as(person: "person" | "root", line: string, options?: { readonly input?: string }): Promise<string>;
  /** A program that runs as long as the journey does. */
  start(person: "person" | "root", line: string): ChildProcess;
  boot(): Promise<void>;
  /** As a power cut: every process is gone at once. */
  cutPower(): Promise<void>;
  /** In good order, as `systemctl poweroff`. */
  shutDown(): Promise<void>;
  close(): Promise<void>;
}

interface Bed {
  readonly folder: string;
  readonly root: string;
  readonly tools: string;
  readonly cache: string;
  readonly key: string;
  /** Shown at /usr/local/go. */
  readonly go: string | null;
}

/** A fresh copy of the pristine root, this work tree's committed files in the person's home, and a copy of the cache. */
export async function makeContainer({
  debian,
  beds,
  withGo,
}: {
  readonly debian: Debian;
  readonly beds: string;
  readonly withGo: boolean;
}): Promise<Container> {
  const folder = join(beds, `container-${debian}`);
  const bed: Bed = {
    folder,
    root: join(folder, "root"),
    tools: join(beds, "tools"),
    cache: join(folder, "cache"),
    key: join(folder, "key"),
    go: withGo ? await goFolder() : null,
  };
  await ensureTools(bed.tools);
  const pristine = join(beds, `debian-${debian}-container`);
  await ensureRoot(pristine, { debian, packages: packagesOf(debian) });
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  await run("copying the root", "cp", ["-a", "--reflink=auto", pristine, bed.root]);
  await run("copying the cache", "cp", ["-a", "--reflink=auto", berthPaths(process.env, 0).cache, bed.cache]);
  await copyClients(bed.root);
  if (debian === "12") await copyNode(bed.root);
  await addPerson(bed);
  return new OpenContainer(bed);
}

async function addPerson({ root, key }: Bed): Promise<void> {
  await run("adding a person", "chroot", [root, "useradd", "--create-home", "--shell", "/bin/bash", "--groups", "sudo", "person"]);
  await writeFile(join(root, "etc", "sudoers.d", "person"), "person ALL=(ALL:ALL) NOPASSWD: ALL\n", { mode: 0o440 });
  await run("making a key", "ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", key]);
  for (const home of [join(root, "root"), join(root, "home", "person")]) {
    await mkdir(join(home, ".ssh"), { recursive: true, mode: 0o700 });
    await writeFile(join(home, ".ssh", "authorized_keys"), await readText(`${key}.pub`), { mode: 0o600 });
    await copyPersonsClients(home);
  }
  await run("cloning the work tree", "git", ["clone", "-q", "--no-hardlinks", repoFolder, join(root, "home", "person", "berth")]);
  await run("handing the home over", "chroot", [root, "chown", "-R", "person:person", "/home/person"]);
  // A guest's kernel compiles nothing here, and a fresh container has no host name that sudo could look up.
  await appendFile(join(root, "etc", "hosts"), "127.0.0.1 localhost berth-bed\n");
  await writeFile(join(root, "etc", "hostname"), "berth-bed\n");
  await chmod(key, 0o600);
}

class OpenContainer implements Container {
  readonly #bed: Bed;
  #booted: ChildProcess | null = null;

  constructor(bed: Bed) {
    this.#bed = bed;
  }

  async boot(): Promise<void> {
    const { folder, tools, root, cache, go } = this.#bed;
    await rm(join(folder, "net.pid"), { force: true });
    const log = openSync(join(folder, "boot.log"), "a");
    const binds = [`--bind=${cache}:/var/cache/berth`, ...(go === null ? [] : [`--bind-ro=${go}:/usr/local/go`])];
    const script = join(import.meta.dirname, "boot-container.sh");
    // A group of its own: whatever ends the journey ends the container and its network with it.
    const booted = spawn("unshare", ["--mount", script, folder, tools, root, ...binds], { stdio: ["ignore", log, log], detached: true });
    this.#booted = booted;
    process.once("exit", () => endGroup(booted));
    await until("the container is up", 300, async () =>
      /running|degraded/.test(await this.as("root", "systemctl is-system-running || true")),
    );
  }

  async as(person: "person" | "root", line: string, { input }: { readonly input?: string } = {}): Promise<string> {
    const [command = "", ...args] = await this.#ssh(person, line);
    return await run(`in the container (${line.slice(0, 80)})`, command, args, input === undefined ? {} : { input });
  }

  start(person: "person" | "root", line: string): ChildProcess {
    const child = spawn("bash", ["-c", 'exec "$@"', "bash", ...this.#sshNow(person, line)], { stdio: ["ignore", "pipe", "pipe"] });
    return child;
  }

  async cutPower(): Promise<void> {
    await this.#end("SIGKILL");
  }

  async shutDown(): Promise<void> {
    // systemd's own signal for an orderly power-off.
    await this.#end("SIGRTMIN+4");
  }

  async close(): Promise<void> {
    // What went wrong before says more than a container that has ended by itself.
    if (this.#booted !== null) await this.cutPower().catch(() => undefined);
  }

  async #end(signal: string): Promise<void> {
    const booted = this.#booted;
    if (booted === null || booted.pid === undefined) return;
    this.#booted = null;
    const first = await firstProcessBelow(booted.pid);
    const closed = once(booted, "close");
    await run("ending the container", "kill", ["-s", signal.replace(/^SIG/, ""), String(first)]);
    await closed;
  }

  async #ssh(person: string, line: string): Promise<readonly string[]> {
    await until("the container has a network", 60, async () => (await readText(join(this.#bed.folder, "net.pid"))).trim() !== "");
    this.#net = (await readText(join(this.#bed.folder, "net.pid"))).trim();
    return this.#sshNow(person, line);
  }

  #net = "";

  #sshNow(person: string, line: string): readonly string[] {
    const quiet = [
      "-o",
      "StrictHostKeyChecking=no",
      "-o",
      "UserKnownHostsFile=/dev/null",
      "-o",
      "LogLevel=ERROR",
      "-o",
      "ConnectTimeout=10",
      "-o",
      "ServerAliveInterval=30",
    ];
    return ["nsenter", `--net=/proc/${this.#net}/ns/net`, "ssh", "-i", this.#bed.key, ...quiet, `${person}@127.0.0.1`, line];
  }
}

function endGroup({ pid, exitCode, signalCode }: ChildProcess): void {
  if (pid !== undefined && exitCode === null && signalCode === null) process.kill(-pid, "SIGKILL");
}

/** The container's own first process: the one that is number 1 in its namespace. */
async function firstProcessBelow(pid: number): Promise<number> {
  const waiting = [pid];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (/^NSpid:.*\s1$/m.test(await readText(`/proc/${next}/status`))) return next;
    const children = await readText(`/proc/${next}/task/${next}/children`);
    waiting.push(
      ...children
        .split(" ")
        .filter((word) => word !== "")
        .map(Number),
    );
  }
  throw new Error("looking for the container's first process: there is none");
}

/** Asks until the answer is yes; what it rejects with meanwhile counts as no. */
export async function until(what: string, seconds: number, ask: () => Promise<boolean>): Promise<void> {
  const end = performance.now() + seconds * 1_000;
  while (!(await ask().catch(() => false))) {
    if (performance.now() > end) throw new Error(`waiting until ${what}: not within ${seconds} s`);
    await sleep(1_000);
  }
}

export const linesOf = (text: string): readonly string[] =>
  text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");
