import { describe, expect, it } from "vitest";
import { hasDriverPackages, majorOf, missingPackages, neededPackages, parseInstalled, parseRelease } from "./packages.ts";

const installed = (...lines: string[]) => parseInstalled(lines.join("\n"));

describe("Debian packages", () => {
  it("takes a package for missing when it was removed but left its settings", () => {
    expect(missingPackages({ iptables: "" }, installed("iptables 1.8.9-2 config-files"))).toEqual(["iptables"]);
    expect(missingPackages({ iptables: "" }, installed("iptables 1.8.9-2 installed"))).toEqual([]);
  });

  it("takes an old QEMU for missing: it cannot run the guest's kernel", () => {
    const needed = { "qemu-system-x86": "" };
    expect(missingPackages(needed, installed("qemu-system-x86 1:7.2+dfsg-7+deb12u18 installed"))).toEqual(["qemu-system-x86"]);
    expect(missingPackages(needed, installed("qemu-system-x86 1:10.0.2+ds-2+deb13u1~bpo12+1 installed"))).toEqual([]);
  });

  it("installs the system service only where the system's libvirt is used, and test programs only for tests", () => {
    const needs = { mode: "private", forTests: false, driverPackages: false } as const;
    expect(neededPackages(needs)).not.toHaveProperty("libvirt-daemon-system");
    expect(neededPackages({ ...needs, mode: "system" })).toHaveProperty("libvirt-daemon-system");
    expect(neededPackages(needs)).not.toHaveProperty("openssh-server");
    expect(neededPackages({ ...needs, forTests: true })).toHaveProperty("openssh-server");
  });

  it("asks for libvirt's network and storage drivers where they are packages of their own", () => {
    const drivers = (release: string) =>
      Object.keys(neededPackages({ mode: "private", forTests: false, driverPackages: hasDriverPackages(parseRelease(release)) })).filter(
        (name) => /-driver-(network|storage)$/.test(name),
      );
    expect(drivers("ID=debian\nVERSION_CODENAME=bookworm\n")).toEqual([]);
    expect(drivers("ID=debian\nVERSION_CODENAME=trixie\n")).toEqual(["libvirt-daemon-driver-network", "libvirt-daemon-driver-storage"]);
    expect(drivers("ID=debian\nVERSION_CODENAME=forky\n")).toHaveLength(2);
  });

  it("reads versions and releases", () => {
    expect(majorOf("9.0.0-4+deb12u2")).toBe(9);
    expect(parseRelease('ID=debian\nVERSION_ID="12"\nVERSION_CODENAME=bookworm\n')).toEqual({ id: "debian", codename: "bookworm" });
    expect(parseRelease("VERSION_CODENAME=noble\nID=ubuntu\nID_LIKE=debian\n").id).toBe("ubuntu");
  });
});
