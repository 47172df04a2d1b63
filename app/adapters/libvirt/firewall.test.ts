import { describe, expect, it } from "vitest";
import { firewallOf } from "./firewall.ts";

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

const judge = async (rules: string | null, bridge: string | null, uri = "qemu:///system") => (await firewallOf(uri, () => Promise.resolve(rules)))(bridge);

describe("the firewall's rules of a network", () => {
  it.each([["iptables", iptables], ["nftables", nftables]])("are found among those of %s", async (_, rules) => {
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
    expect(await judge(null, "berth7")).toBe("unknown");
    expect(await judge(iptables, null)).toBe("unknown");
    expect(await judge("", "berth7", "qemu+ssh://host/system")).toBe("unknown");
  });
});
