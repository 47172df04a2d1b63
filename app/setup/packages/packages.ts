/** Which Debian packages Berth needs, and which of them are missing: pure. */

export interface PackageNeeds {
  readonly mode: "system" | "private";
  readonly forTests: boolean;
  /** libvirt's drivers for networks and pools are packages of their own, which its daemon only recommends. */
  readonly driverPackages: boolean;
}

/** Package → what it is for; the keys are what apt gets. */
export function neededPackages(n: PackageNeeds): Readonly<Record<string, string>> {
  return {
    ...machinePackages,
    ...imagePackages,
    ...(n.driverPackages ? driverPackages : {}),
    ...(n.mode === "system" ? { "libvirt-daemon-system": "libvirt as a system service" } : {}),
    ...(n.forTests ? testPackages : {}),
  };
}

const machinePackages = {
  "libvirt-daemon": "libvirt",
  "libvirt-daemon-driver-qemu": "libvirt's QEMU driver",
  "libvirt-clients": "virsh",
  "qemu-system-x86": "machines",
  "qemu-utils": "disk images",
  "dnsmasq-base": "libvirt networks",
  iptables: "libvirt networks",
  iproute2: "network namespaces",
  genisoimage: "first-boot disks of machines",
  xsltproc: "domain XML of machines",
} as const;

const driverPackages = {
  "libvirt-daemon-driver-network": "libvirt's network driver",
  "libvirt-daemon-driver-storage": "libvirt's storage driver",
} as const;

const imagePackages = {
  "ansible-core": "roles that shape the guest image",
  mmdebstrap: "the guest image's root",
  e2fsprogs: "the guest image's file system",
  "busybox-static": "the guest image's first program",
  gcc: "the pause program of the guest image",
  "libc6-dev": "the pause program of the guest image",
  "debian-archive-keyring": "checking Debian's signatures",
} as const;

const testPackages = {
  "openssh-server": "tests of remote commands",
  postgresql: "tests of the database adapters",
  "chromium-headless-shell": "tests of the pages",
} as const;

/** QEMU before this version cannot run the guest's kernel without KVM. */
export const oldestQemu = 8;

/** Packages whose version in Debian 12 is too old: they come from its backports. */
export const fromBackports = ["qemu-system-x86", "qemu-utils"] as const;

export interface InstalledPackage {
  readonly name: string;
  readonly version: string;
}

/** `dpkg-query -W -f '${Package} ${Version} ${db:Status-Status}\n'`; virtual and removed ones are left out. */
export function parseInstalled(text: string): readonly InstalledPackage[] {
  return text.split("\n").flatMap((line) => {
    const [name, version, state] = line.trim().split(" ");
    return name !== undefined && version !== undefined && state === "installed" ? [{ name, version }] : [];
  });
}

/** The upstream major version: `1:10.0.2+ds-2` → 10. */
export const majorOf = (version: string): number => Number.parseInt(version.replace(/^\d+:/, ""), 10);

/** Names that are absent, or too old to be of use. */
export function missingPackages(needed: Readonly<Record<string, string>>, installed: readonly InstalledPackage[]): readonly string[] {
  const versions = new Map(installed.map((p) => [p.name, p.version]));
  return Object.keys(needed).filter((name) => {
    const version = versions.get(name);
    if (version === undefined) return true;
    return name.startsWith("qemu-system") && majorOf(version) < oldestQemu;
  });
}

/** `mirror`: base address without a trailing slash. */
export const backportsSource = (codename: string, mirror: string): string => `Types: deb
URIs: ${mirror}
Suites: ${codename}-backports
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg
`;

/** Debian 12 has these drivers in `libvirt-daemon` itself; later releases do not. */
export const hasDriverPackages = ({ codename }: { readonly codename: string }): boolean => codename !== "bookworm";

/** Reads `ID` and `VERSION_CODENAME` of /etc/os-release. */
export function parseRelease(text: string): { readonly id: string; readonly codename: string } {
  const value = (key: string) => new RegExp(`^${key}="?([^"\n]*)"?$`, "m").exec(text)?.[1] ?? "";
  return { id: value("ID"), codename: value("VERSION_CODENAME") };
}
