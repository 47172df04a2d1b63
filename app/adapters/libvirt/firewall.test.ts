import { describe, expect, it } from "vitest";
import { firewallOf, readRules } from "./firewall.ts";

/** Written by libvirt 9.0, as `iptables-save` prints it. */
const iptables = `*filter
:LIBVIRT_FWI - [0:0]
:LIBVIRT_FWO - [0:0]
-A FORWARD -j LIBVIRT_FWX
-A LIBVIRT_FWI -d 10.91.7.0/24 -o berth7 -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
-A LIBVIRT_FWI -o berth7 -j REJECT --reject-with icmp-port-unreachable
-A LIBVIRT_FWO -s 10.91.7.0/24 -i berth7 -j ACCEPT
COMMIT
`;

/** Written by libvirt 11, as \`nft list ruleset\` prints it. */
const nftables = `table ip libvirt_network {
	chain guest_output {
		ip saddr 10.91.7.0/24 iif "berth7" counter packets 0 bytes 0 accept
		iif "berth7" counter packets 0 bytes 0 reject
	}
}
`;

const judge = async (text: string, bridge: string | null, { uri = "qemu:///system", complete = true } = {}) =>
  (await firewallOf(uri, () => Promise.resolve({ text, complete })))(bridge);

describe("the firewall's rules of a network", () => {
  it.each([
    ["iptables", iptables],
    ["nftables", nftables],
  ])("are found among those of %s", async (_, rules) => {
    expect(await judge(rules, "berth7")).toBe("present");
  });

  it.each([
    ["after a flush", ""],
    ["where only another bridge has some", iptables.replaceAll("berth7", "berth71")],
    ["where only the chains are left", "*filter\n:LIBVIRT_FWI - [0:0]\nCOMMIT\n"],
  ])("are missing %s", async (_, rules) => {
    expect(await judge(rules, "berth7")).toBe("missing");
  });

  it("are unknown where they cannot be read, for a network without a bridge, and for a libvirt elsewhere", async () => {
    expect(await judge("", "berth7", { complete: false })).toBe("unknown");
    expect(await judge(iptables, null)).toBe("unknown");
    expect(await judge("", "berth7", { uri: "qemu+ssh://host/system" })).toBe("unknown");
  });

  const prints = (text: string) => ["printf", ["%s", text]] as const;
  const fails = ["sh", ["-c", "echo 'table filter is incompatible' >&2; exit 1"]] as const;
  const absent = ["berth-no-such-program", []] as const;

  it.each([
    ["a reader that is not installed is left out", [absent, prints("")], "missing"],
    ["what a reader that failed would list may be there", [fails, prints("")], "unknown"],
    ["whichever reader it is", [prints(""), fails], "unknown"],
    ["what one reader lists is there, whatever the other did", [fails, prints(iptables)], "present"],
    ["without any reader nothing is known", [absent, absent], "unknown"],
  ] as const)("are judged by all readers: %s", async (_, commands, verdict) => {
    expect((await firewallOf("qemu:///system", () => readRules(commands)))("berth7")).toBe(verdict);
  });
});
