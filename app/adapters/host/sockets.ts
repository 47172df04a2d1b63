/** Sockets that listen, read from the kernel's tables (`/proc/<pid>/net/tcp` and its like), and whose they are. */
import { readdir, readFile, readlink } from "node:fs/promises";
import { execa } from "execa";
import ipaddr from "ipaddr.js";
import type { Listener } from "#app/domain/plan/host-obstacles.ts";

export interface Socket extends Omit<Listener, "program"> {
  readonly inode: string;
}

const tables = { tcp: ["tcp", "tcp6"], udp: ["udp", "udp6"] } as const;
/** TCP_LISTEN; a UDP socket that is bound and not connected has TCP_CLOSE. */
const listening = { tcp: "0A", udp: "07" } as const;

/** In the network namespace of that process. */
export async function socketsOf(pid: number | "self", protocol: "tcp" | "udp"): Promise<readonly Socket[]> {
  const texts = await Promise.all(tables[protocol].map((table) => readFile(`/proc/${pid}/net/${table}`, "utf8").catch(() => "")));
  return texts.flatMap((text) => parseSockets(text, protocol));
}

export function parseSockets(text: string, protocol: "tcp" | "udp"): readonly Socket[] {
  return text
    .split("\n")
    .slice(1)
    .flatMap((line) => {
      const [, local = "", , state, , , , , , inode = ""] = line.trim().split(/\s+/);
      const [address = "", port = ""] = local.split(":");
      return state === listening[protocol] ? [{ protocol, address: addressOf(address), port: Number.parseInt(port, 16), inode }] : [];
    });
}

/** Words of four bytes, each in the machine's own order: little-endian on everything that Berth runs on. */
function addressOf(hex: string): string {
  const bytes = Buffer.from(hex, "hex").swap32();
  return ipaddr.process(ipaddr.fromByteArray([...bytes]).toString()).toString();
}

/**
 * Those that take IPv4 connections. A socket at `::` takes them too unless it was made for IPv6 alone, as name servers make
 * theirs; the kernel's tables do not tell the two apart, `ss` does for this network namespace. What it does not know stays.
 */
export async function withoutIpv6Only(sockets: readonly Socket[]): Promise<readonly Socket[]> {
  if (!sockets.some((s) => s.address === "::")) return sockets;
  const env = { LC_ALL: "C", PATH: `${process.env.PATH ?? ""}:/usr/sbin:/sbin` };
  const { stdout } = await execa("ss", ["-H", "-6", "-l", "-n", "-t", "-u", "-e"], {
    reject: false,
    stdin: "ignore",
    timeout: 10_000,
    env,
  });
  const ipv6Only = parseIpv6Only(stdout ?? "");
  return sockets.filter((s) => s.address !== "::" || !ipv6Only.has(s.inode));
}

/** Inodes in what `ss -e` prints of sockets for IPv6 alone. */
export const parseIpv6Only = (text: string): ReadonlySet<string> =>
  new Set(text.split("\n").flatMap((line) => (/\bv6only:1\b/.test(line) ? (/\bino:(\d+)/.exec(line)?.[1] ?? []) : [])));

/** Inodes of the sockets that a process has open. */
export async function socketsHeldBy(pid: number): Promise<ReadonlySet<string>> {
  const names = await readdir(`/proc/${pid}/fd`).catch(() => []);
  const links = await Promise.all(names.map((name) => readlink(`/proc/${pid}/fd/${name}`).catch(() => "")));
  return new Set(links.flatMap((link) => /^socket:\[(\d+)\]$/.exec(link)?.[1] ?? []));
}

/** inode → `program (process 7)`, as far as this process may look. */
export async function programsOf(inodes: ReadonlySet<string>): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>();
  if (inodes.size === 0) return found;
  for (const pid of (await readdir("/proc")).filter((name) => /^\d+$/.test(name))) {
    const held = [...(await socketsHeldBy(Number(pid)))].filter((inode) => inodes.has(inode));
    if (held.length === 0) continue;
    const name = (await readFile(`/proc/${pid}/comm`, "utf8").catch(() => "")).trim();
    for (const inode of held) if (!found.has(inode)) found.set(inode, `${name} (process ${pid})`);
  }
  return found;
}
