/**
 * One call of `virsh`: the only door to libvirt outside of a Pulumi run. Answers are in English (LC_ALL=C) because
 * they are parsed.
 */
import { execa } from "execa";
import { message, MessageError } from "#app/domain/message/message.ts";
import { programReason } from "#app/domain/message/program-reason.ts";

/** Runs virsh with these words and resolves to its standard output. Rejects with libvirt's reason, as a {@link MessageError}. */
export type Virsh = (words: readonly string[]) => Promise<string>;

export const virshAt =
  (uri: string, seconds = 60): Virsh =>
  async (words) => {
    const result = await execa("virsh", ["-q", "-c", uri, ...words], {
      reject: false,
      stdin: "ignore",
      timeout: seconds * 1_000,
      env: { LC_ALL: "C" },
    });
    if (result.exitCode === 0) return result.stdout;
    throw new MessageError([message("asking-libvirt", { uri, command: words[0] ?? "" }), programReason("virsh", result, seconds)]);
  };
