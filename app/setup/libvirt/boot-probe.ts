/**
 * Does a machine really boot under KVM? /dev/kvm that opens is no proof: without the processor's support a guest
 * hangs. The probe boots a disk of one sector that computes a little, prints a word and ends QEMU through its debug-exit device.
 */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { type Message, message } from "#app/domain/message/message.ts";

/** QEMU's debug-exit device turns the value v into the exit code 2v + 1. */
const exitValue = 0x10;
const word = "BERTH\n";
const textOffset = 0x40;
/** A tenth of a second on a real processor; minutes where a "KVM" without hardware interprets every instruction. */
const turns = 200_000_000;

const littleEndian = (n: number): number[] => [0, 8, 16, 24].map((shift) => (n >>> shift) & 0xff);

/** 512 bytes: count down for a while, print the word on the first serial port, write to port 0xf4, halt. */
export function bootSector(): Buffer {
  const textAt = 0x7c00 + textOffset;
  const code = [
    0xfa, // cli
    0x31,
    0xc0,
    0x8e,
    0xd8, // xor ax, ax; mov ds, ax
    0xba,
    0xf8,
    0x03, // mov dx, 0x3f8
    0xbe,
    textAt & 0xff,
    textAt >> 8, // mov si, text
    0x66,
    0xb9,
    ...littleEndian(turns), // mov ecx, turns
    0x66,
    0x49,
    0x75,
    0xfc, // turn: dec ecx; jnz turn
    0xac,
    0x84,
    0xc0,
    0x74,
    0x03,
    0xee,
    0xeb,
    0xf8, // next: lodsb; test al, al; jz out; out dx, al; jmp next
    0xba,
    0xf4,
    0x00,
    0xb0,
    exitValue,
    0xee, // out: mov dx, 0xf4; mov al, value; out dx, al
    0xf4,
    0xeb,
    0xfd, // halt: hlt; jmp halt
  ];
  const sector = Buffer.alloc(512);
  Buffer.from(code).copy(sector);
  sector.write(`${word}\0`, textOffset, "latin1");
  sector.writeUInt16LE(0xaa55, 510);
  return sector;
}

export interface ProbeResult {
  readonly boots: boolean;
  readonly reason: Message;
}

/** Boots the sector under the given accelerator. Takes well under a second when it works. */
export async function probeBoot(accelerator: "kvm" | "tcg", timeoutMs: number): Promise<ProbeResult> {
  const folder = await mkdtemp(join(tmpdir(), "berth-probe-"));
  try {
    const disk = join(folder, "sector.img");
    await writeFile(disk, bootSector());
    const result = await execa("qemu-system-x86_64", qemuWords(accelerator, disk), {
      reject: false,
      stdin: "ignore",
      timeout: timeoutMs,
      killSignal: "SIGKILL",
    });
    if (result.exitCode === 2 * exitValue + 1 && result.stdout.includes(word.trim()))
      return { boots: true, reason: message("probe-booted") };
    if (result.timedOut) return { boots: false, reason: message("probe-slow", { seconds: timeoutMs / 1000 }) };
    if (result.code === "ENOENT") return { boots: false, reason: message("qemu-missing") };
    const said = result.stderr.trim().split("\n").at(-1) ?? "";
    return { boots: false, reason: message("probe-not-started", { line: said || `exit code ${result.exitCode ?? "unknown"}` }) };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const qemuWords = (accelerator: string, disk: string): string[] => [
  ...["-machine", `pc,accel=${accelerator}`, "-m", "16", "-nodefaults", "-no-user-config", "-display", "none"],
  ...["-serial", "stdio", "-device", "isa-debug-exit,iobase=0xf4,iosize=0x04"],
  ...["-drive", `file=${disk},format=raw,if=ide`, "-boot", "c"],
];
