/** Writes initial RAM disks: the "newc" cpio format that the kernel unpacks, byte for byte the same every time. */

export type CpioEntry =
  | { readonly kind: "folder"; readonly path: string }
  | { readonly kind: "file"; readonly path: string; readonly mode: number; readonly content: Buffer }
  | { readonly kind: "link"; readonly path: string; readonly target: string };

const TRAILER = "TRAILER!!!";

/** Entries keep their order: a folder must come before what it holds. */
export function cpio(entries: readonly CpioEntry[]): Buffer {
  const parts = entries.flatMap((e, i) => record(i + 1, mode(e), e.path, content(e)));
  return Buffer.concat([...parts, ...record(0, 0, TRAILER, Buffer.alloc(0))]);
}

function mode(e: CpioEntry): number {
  switch (e.kind) {
    case "folder":
      return 0o040755;
    case "file":
      return 0o100000 | e.mode;
    case "link":
      return 0o120777;
  }
}

function content(e: CpioEntry): Buffer {
  switch (e.kind) {
    case "folder":
      return Buffer.alloc(0);
    case "file":
      return e.content;
    case "link":
      return Buffer.from(e.target);
  }
}

function record(inode: number, fileMode: number, path: string, body: Buffer): Buffer[] {
  const name = Buffer.from(`${path}\0`);
  const fields = [inode, fileMode, 0, 0, 1, 0, body.length, 0, 0, 0, 0, name.length, 0];
  const header = Buffer.from(`070701${fields.map((n) => n.toString(16).padStart(8, "0")).join("")}`);
  return [header, name, padding(header.length + name.length), body, padding(body.length)];
}

const padding = (length: number): Buffer => Buffer.alloc((4 - (length % 4)) % 4);
