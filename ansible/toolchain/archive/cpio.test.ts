import { expect, test } from "vitest";
import { type CpioEntry, cpio } from "./cpio.ts";

const entries: CpioEntry[] = [
  { kind: "folder", path: "bin" },
  { kind: "file", path: "bin/busybox", mode: 0o755, content: Buffer.from("12345") },
  { kind: "link", path: "bin/sh", target: "busybox" },
];

/** Reads the format as the kernel does: header, padded name, padded content, until the trailer. */
function read(archive: Buffer): { name: string; mode: string; content: string }[] {
  const found: { name: string; mode: string; content: string }[] = [];
  const align = (n: number): number => Math.ceil(n / 4) * 4;
  for (let at = 0; ; ) {
    const field = (i: number): number => Number.parseInt(archive.toString("latin1", at + 6 + 8 * i, at + 14 + 8 * i), 16);
    expect(archive.toString("latin1", at, at + 6)).toBe("070701");
    const [mode, size, nameSize] = [field(1), field(6), field(11)];
    const name = archive.toString("utf8", at + 110, at + 110 + nameSize - 1);
    const body = align(at + 110 + nameSize);
    if (name === "TRAILER!!!") return found;
    found.push({ name, mode: mode.toString(8), content: archive.toString("utf8", body, body + size) });
    at = align(body + size);
  }
}

test("the archive holds folders, files and links in their order", () => {
  expect(read(cpio(entries))).toEqual([
    { name: "bin", mode: "40755", content: "" },
    { name: "bin/busybox", mode: "100755", content: "12345" },
    { name: "bin/sh", mode: "120777", content: "busybox" },
  ]);
});

test("the same entries give the same bytes", () => {
  expect(cpio(entries).equals(cpio(entries))).toBe(true);
});
