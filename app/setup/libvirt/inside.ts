/** virsh inside a private libvirt, called from outside of it. */
import { execa } from "execa";
import type { Virsh } from "#app/adapters/libvirt/virsh.ts";
import type { PrivateLibvirt } from "./private-libvirt.ts";

export const virshInside = (libvirt: PrivateLibvirt): Virsh => async (words) => {
  const [program = "nsenter", ...args] = libvirt.argv(["virsh", "-q", "-c", libvirt.uri, ...words]);
  const result = await execa(program, args, { reject: false, stdin: "ignore", timeout: 60_000, env: { LC_ALL: "C" } });
  if (result.exitCode === 0) return result.stdout;
  throw new Error(`asking Berth's own libvirt (virsh ${words[0] ?? ""}): ${result.stderr.replaceAll("error: ", "").trim().replaceAll("\n", ": ")}`);
};
