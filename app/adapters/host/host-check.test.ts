import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it, vi } from "vitest";
import { message } from "#app/domain/message/message.ts";
import { localHostCheck } from "./host-check.ts";
import { parseIpv6Only, parseSockets } from "./sockets.ts";

const servers: Server[] = [];
afterEach(() => {
  vi.unstubAllEnvs();
  for (const server of servers.splice(0)) server.close();
});

async function listenAt(host: string, ipv6Only = false): Promise<number> {
  const server = createServer();
  servers.push(server);
  server.listen({ port: 0, host, ipv6Only });
  await once(server, "listening");
  const address = server.address();
  return typeof address === "object" && address !== null ? address.port : 0;
}

const checkAs = (publisher: number, publishAddress = "0.0.0.0") =>
  localHostCheck({ disksFolder: join(tmpdir(), "not", "there"), publishAddress, publisher, keptMs: 0 });

describe("ports that are to be published", () => {
  it("are taken by another program, which is named", async () => {
    const port = await listenAt("127.0.0.1");
    expect(await checkAs(process.ppid).takenPorts([port, port === 1 ? 2 : 1])).toEqual([
      { protocol: "tcp", address: "127.0.0.1", port, program: expect.stringContaining(`(process ${process.pid})`) },
    ]);
  });

  it("are not taken by the publisher itself, nor by who listens at another address", async () => {
    const port = await listenAt("127.0.0.1");
    expect(await checkAs(process.pid).takenPorts([port])).toEqual([]);
    expect(await checkAs(process.ppid, "192.0.2.1").takenPorts([port])).toEqual([]);
    expect(await checkAs(process.ppid, "127.0.0.1").takenPorts([port])).toHaveLength(1);
  });
});

describe("sockets at every IPv6 address", () => {
  it("take a published port only where they take IPv4 as well", async () => {
    const both = await listenAt("::");
    const ipv6 = await listenAt("::", true);
    expect((await checkAs(process.ppid).takenPorts([both, ipv6])).map((l) => [l.address, l.port])).toEqual([["::", both]]);
    expect((await checkAs(process.ppid).survey([both, ipv6])).published.map((l) => l.port)).toEqual([both]);
    expect((await checkAs(process.ppid, "::").takenPorts([ipv6])).map((l) => l.port)).toEqual([ipv6]);
    expect(await checkAs(process.ppid).silentPorts([both, ipv6])).toEqual([ipv6]);
  });

  it("are told apart by what ss prints", () => {
    const lines = [
      "udp UNCONN 0 0 [::]:53 [::]:* uid:101 ino:21 sk:1 cgroup:/ v6only:1 <->",
      "udp UNCONN 0 0 *:5353 *:* ino:22 sk:2 cgroup:/ v6only:0 <->",
      "tcp LISTEN 0 9 [::1]:53 [::]:* ino:23 sk:3",
    ];
    expect([...parseIpv6Only(lines.join("\n"))]).toEqual(["21"]);
  });
});

it("one reading is shared for a while, and a plan gets one of its own", async () => {
  let time = 0;
  const check = localHostCheck({ disksFolder: tmpdir(), publishAddress: "0.0.0.0", publisher: process.ppid, now: () => time });
  const first = await listenAt("127.0.0.1");
  expect(await check.takenPorts([first])).toHaveLength(1);
  const second = await listenAt("127.0.0.1");
  time = 1_999;
  expect([(await check.takenPorts([first, second])).map((l) => l.port), await check.silentPorts([second])]).toEqual([[first], [second]]);
  expect((await check.survey([second])).published).toHaveLength(1);
  time = 2_000;
  expect([(await check.takenPorts([second])).map((l) => l.port), await check.silentPorts([second])]).toEqual([[second], []]);
});

it("ports on which nothing listens are told from those where something does", async () => {
  const port = await listenAt("127.0.0.1");
  const other = port === 1 ? 2 : 1;
  expect(await checkAs(process.ppid).silentPorts([port, other])).toEqual([other]);
  expect(await checkAs(process.ppid, "127.0.0.1").silentPorts([port])).toEqual([]);
  expect(await checkAs(process.ppid).silentPorts([])).toEqual([]);
});

it("the host is seen with its addresses, devices and the nearest folder's disk", async () => {
  const survey = await checkAs(process.ppid).survey([]);
  expect(survey.addresses).toContainEqual({ device: "lo", address: "127.0.0.1", bits: 8 });
  expect(survey.devices).toContain("lo");
  expect(survey.storage.folder).toBe(tmpdir());
  expect(survey.storage.freeMiB).toBeGreaterThan(0);
  expect(survey.ipForwarding).toBe(readFileSync("/proc/sys/net/ipv4/ip_forward", "utf8").trim() === "1");
  expect(survey.appArmorMissing).toEqual([]);
});

it("the kernel's table is read with addresses of both kinds, and only those that listen", () => {
  const head = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n";
  const row = (local: string, state: string) =>
    `   0: ${local} 00000000:0000 ${state} 00000000:00000000 00:00000000 00000000     0        0 4711 1 0\n`;
  const read = (local: string, state = "0A") =>
    parseSockets(head + row(local, state), "tcp").map((s) => `${s.address} ${s.port} ${s.inode}`);
  expect(read("0100007F:0035")).toEqual(["127.0.0.1 53 4711"]);
  expect(read("00000000000000000000000000000000:7530")).toEqual([":: 30000 4711"]);
  expect(read("0000000000000000FFFF00000100A8C0:0050")).toEqual(["192.168.0.1 80 4711"]);
  expect(read("0100007F:0035", "01")).toEqual([]);
});

it("names the program that is missing when the host's network cannot be read", async () => {
  vi.stubEnv("PATH", join(tmpdir(), "no", "programs"));
  await expect(checkAs(process.pid).survey([])).rejects.toMatchObject({
    reasons: [message("reading-host-network", { command: "ip address show" }), message("program-missing", { program: "ip" })],
  });
});
