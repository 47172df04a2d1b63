import { describe, expect, it } from "vitest";
import { forwardDrops } from "./forward-policy.ts";

const chain = (name: string, ...lines: string[]) => `\tchain ${name} {\n${lines.map((l) => `\t\t${l}\n`).join("")}\t}\n`;
const table = (name: string, ...chains: string[]) => `table ${name} {\n${chains.join("\n")}}\n`;
const forward = (policy: string) => `type filter hook forward priority filter; policy ${policy};`;
const libvirt = table(
  "ip libvirt_network",
  chain("forward", forward("accept"), "counter packets 0 bytes 0 jump guest_cross"),
  chain("guest_cross", 'iif "virbr0" oif "virbr0" counter packets 0 bytes 0 accept'),
);

const docker = table(
  "ip filter",
  chain("DOCKER", 'iifname != "docker0" oifname "docker0" counter packets 0 bytes 0 drop'),
  chain("DOCKER-USER", "counter packets 0 bytes 0 return"),
  chain(
    "FORWARD",
    forward("drop"),
    "counter packets 0 bytes 0 jump DOCKER-USER",
    'oifname "docker0" xt match "conntrack" counter packets 0 bytes 0 accept',
    'oifname "docker0" counter packets 0 bytes 0 jump DOCKER',
    'iifname "docker0" oifname != "docker0" counter packets 0 bytes 0 accept',
    'iifname "docker0" oifname "docker0" counter packets 0 bytes 0 accept',
  ),
);
const site = (...rules: string[]) =>
  table(
    "inet filter",
    "\tset trusted {\n\t\ttype ipv4_addr\n\t\telements = { 192.0.2.1,\n\t\t\t     192.0.2.2 }\n\t}\n",
    chain("forward", forward("drop"), ...rules),
    chain("more", "tcp dport 80 accept"),
  );
const found = (...texts: string[]) => forwardDrops(texts.join(""), ["eth0"]);

describe("a forward policy that libvirt's rules cannot override", () => {
  it("is found in the chains of Docker and of a site's own rules", () => {
    expect(found(libvirt, docker)).toEqual([{ chain: "ip filter FORWARD", accepts: ["docker0"] }]);
    expect(found(site("ct state established,related accept", 'iifname "lan1" accept', "icmp type echo-request accept"), libvirt)).toEqual([
      { chain: "inet filter forward", accepts: ["lan1"] },
    ]);
  });

  it("is not one where libvirt writes iptables rules, which stand in the same chain before the policy", () => {
    expect(found(docker)).toEqual([]);
    expect(found("")).toEqual([]);
  });

  it.each([
    ["accepts", libvirt, docker.replace("policy drop", "policy accept")],
    ["has a rule for bridges by pattern", libvirt, docker.replace("counter packets 0 bytes 0 return", 'iifname "berth*" accept')],
    ["has a rule for addresses", libvirt, site("ip saddr 10.91.0.0/16 accept")],
    ["has a rule for what leaves by the way out", libvirt, site('oifname "eth0" accept')],
    ["jumps to a chain that accepts something", libvirt, site("jump more")],
    ["decides by a map", libvirt, site("ct state vmap { established : accept, new : jump more }")],
    ["queues packets for a program", libvirt, site("queue num 0")],
    ["has a match that nft cannot show", libvirt, site('xt match "set" counter packets 0 bytes 0 accept')],
    [
      "belongs to firewalld, which libvirt tells of each network",
      libvirt,
      table("inet firewalld", chain("filter_FORWARD", forward("drop"))),
    ],
    ["filters bridges", libvirt, table("bridge filter", chain("forward", forward("drop")))],
  ])("is not known for sure where the chain %s", (_, ...texts) => {
    expect(found(...texts)).toEqual([]);
  });
});
