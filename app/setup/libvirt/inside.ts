/** virsh inside a private libvirt, called from outside of it. */
import { execa } from "execa";
import { message, MessageError } from "#app/domain/message/message.ts";
import { programReason } from "#app/domain/message/program-reason.ts";
import type { Virsh } from "#app/adapters/libvirt/virsh.ts";
import type { PrivateLibvirt } from "./private-libvirt.ts";

const seconds = 60;

export const virshInside =
  (libvirt: PrivateLibvirt): Virsh =>
  async (words) => {
    const [program = "nsenter", ...args] = libvirt.argv(["virsh", "-q", "-c", libvirt.uri, ...words]);
    const result = await execa(program, args, { reject: false, stdin: "ignore", timeout: seconds * 1_000, env: { LC_ALL: "C" } });
    if (result.exitCode === 0) return result.stdout;
    throw new MessageError([message("asking-own-libvirt", { command: words[0] ?? "" }), programReason("virsh", result, seconds)]);
  };
