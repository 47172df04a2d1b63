/** The host check of this machine, through `ip` and the kernel's tables. */
import { access, readFile, statfs } from "node:fs/promises";
import { dirname } from "node:path";
import { execa } from "execa";
import { z } from "zod";
import { dnsPort, type HostSurvey, type Listener } from "#app/domain/plan/host-obstacles.ts";
import { message, MessageError } from "#app/domain/message/message.ts";
import { programReason } from "#app/domain/message/program-reason.ts";
import type { HostCheck } from "#app/ports/host-check.ts";
import { missingForAppArmor, securityModelsIn } from "./app-armor.ts";
import { forwardDrops } from "./forward-policy.ts";
import { listenerOf, type PortReading, type Publisher, readPorts, recentPorts } from "./port-reading.ts";
import { programsOf, socketsOf, withoutIpv6Only } from "./sockets.ts";

export interface HostCheckOptions extends Publisher {
  /** Folder below which machine disks lie; it need not exist yet. */
  readonly disksFolder: string;
  /** `virsh capabilities`; absent: that libvirt is not this machine's. */
  readonly capabilities?: () => Promise<string>;
  /** How long pages share one reading of the sockets. */
  readonly keptMs?: number;
  readonly now?: () => number;
}

export function localHostCheck(o: HostCheckOptions): HostCheck {
  const recent = recentPorts(o, o.keptMs ?? 2_000, o.now ?? Date.now);
  return {
    async survey(publishedPorts) {
      const [links, routes] = [await readIp(["address", "show"], Links), await readIp(["-4", "route", "show"], Routes)];
      return {
        addresses: links.flatMap((link) =>
          link.addr_info
            .filter((a) => a.family === "inet")
            .map(({ local, prefixlen }) => ({ device: link.ifname, address: local, bits: prefixlen })),
        ),
        devices: links.map((link) => link.ifname),
        routes: routes.flatMap(({ dst, dev }) =>
          dst === "default" || dev === undefined ? [] : [{ device: dev, range: dst.includes("/") ? dst : `${dst}/32` }],
        ),
        listeners: await dnsListeners(),
        // What a plan is judged by is read now.
        published: await takenPorts(readPorts(o), publishedPorts),
        storage: await storageOf(o.disksFolder),
        ipForwarding: await ipForwarding(),
        forwardDrops: forwardDrops(
          await ruleset(),
          routes.flatMap(({ dst, dev }) => (dst === "default" && dev !== undefined ? [dev] : [])),
        ),
        appArmorMissing: await appArmorMissing(o),
      };
    },
    takenPorts: (ports) => takenPorts(recent(), ports),
    silentPorts: async (ports) => {
      if (ports.length === 0) return [];
      const heard = new Set((await recent().sockets()).map((s) => s.port));
      // No table at all: it could not be read, and nothing is known.
      return heard.size === 0 ? [] : ports.filter((port) => !heard.has(port));
    },
  };
}

/** What the publisher itself listens on is Berth's. */
async function takenPorts(reading: PortReading, ports: readonly number[]): Promise<readonly Listener[]> {
  if (ports.length === 0) return [];
  return await reading.foreign((await reading.sockets()).filter((s) => ports.includes(s.port)));
}

async function dnsListeners(): Promise<readonly Listener[]> {
  const all = [...(await socketsOf("self", "tcp")), ...(await socketsOf("self", "udp"))];
  const found = await withoutIpv6Only(all.filter((s) => s.port === dnsPort));
  const programs = await programsOf(new Set(found.map((s) => s.inode)));
  return found.map((s) => listenerOf(s, programs));
}

const Links = z.array(
  z.object({
    ifname: z.string(),
    addr_info: z.array(z.object({ family: z.string(), local: z.string().default(""), prefixlen: z.number() })).default([]),
  }),
);
const Routes = z.array(z.object({ dst: z.string(), dev: z.string().optional() }));

const ipSeconds = 10;

async function readIp<T>(words: readonly string[], schema: z.ZodType<T>): Promise<T> {
  const result = await execa("ip", ["-json", ...words], { reject: false, stdin: "ignore", timeout: ipSeconds * 1_000 });
  if (result.exitCode !== 0)
    throw new MessageError([message("reading-host-network", { command: `ip ${words.join(" ")}` }), programReason("ip", result, ipSeconds)]);
  return schema.parse(JSON.parse(result.stdout === "" ? "[]" : result.stdout));
}

async function ipForwarding(): Promise<boolean | null> {
  const text = await readFile("/proc/sys/net/ipv4/ip_forward", "utf8").catch(() => null);
  return text === null ? null : text.trim() !== "0";
}

/** Empty where nobody may read it, or nothing is there that could. */
async function ruleset(): Promise<string> {
  const env = { LC_ALL: "C", PATH: `${process.env.PATH ?? ""}:/usr/sbin:/sbin` };
  const { exitCode, stdout } = await execa("nft", ["list", "ruleset"], { reject: false, stdin: "ignore", timeout: 10_000, env });
  return exitCode === 0 ? stdout : "";
}

/** A libvirt that does not answer is noticed elsewhere. */
async function appArmorMissing({ capabilities }: HostCheckOptions): Promise<readonly string[]> {
  const text = await capabilities?.().catch(() => "");
  return await missingForAppArmor(securityModelsIn(text ?? ""), (path) =>
    access(path).then(
      () => true,
      () => false,
    ),
  );
}

async function storageOf(folder: string): Promise<HostSurvey["storage"]> {
  const disk = await statfs(folder).catch(() => null);
  if (disk === null) return folder === "/" ? { folder, freeMiB: 0, freeInodes: 0 } : await storageOf(dirname(folder));
  return { folder, freeMiB: Math.floor((disk.bavail * disk.bsize) / 2 ** 20), freeInodes: disk.files === 0 ? null : disk.ffree };
}
