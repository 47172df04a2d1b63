/**
 * The tiny guest: an image folder of the same layout as a node's, whose whole user space is one Go program in the
 * initial RAM disk. It boots in seconds without hardware virtualisation and takes its identity from the same seed
 * disk, so that tests of the engine can make, change and destroy real machines.
 */
import { copyFile, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type ArtefactRequest, artefactExists, artefactPath, ensureArtefact, hashInputs } from "#app/foundation/artefacts.ts";
import { cpio, type CpioEntry } from "./archive/cpio.ts";
import type { OnLine } from "./command.ts";
import { ensureDebianParts } from "./debian-parts.ts";
import { makeRootDisk } from "./disk.ts";
import { goBuild, goModule, goSources, requireGo } from "./go-build.ts";
import { type Kernel, readKernel, TINY_DRIVERS } from "./kernel.ts";
import { describeFiles, IMAGE_FILES, writeManifest } from "./manifest.ts";
import { versions } from "./versions.ts";

export interface TinyGuestOptions {
  readonly cache: string;
  readonly onLine: OnLine;
  readonly signal?: AbortSignal;
}

const DISK_BYTES = 16 * 1024 * 1024;

const PROGRAM = ["guest/go.mod", "guest/go.sum", "guest/seed", "guest/cmd/tiny-guest"];
const SOURCES = ["tiny-guest.ts", "kernel.ts", "disk.ts", "archive/cpio.ts"];

export async function tinyGuestArtefact(cache: string): Promise<ArtefactRequest> {
  const extra = [versions.debian.suite, String(versions.debian.snapshot)];
  return { cache, name: "image-tiny", hash: await hashInputs(import.meta.dirname, [...SOURCES, ...(await goSources(PROGRAM))], extra) };
}

/** Resolves with the image folder; builds it (about 15 s) when it is not in the cache. */
export async function ensureTinyGuest(options: TinyGuestOptions): Promise<string> {
  const artefact = await tinyGuestArtefact(options.cache);
  if (artefactExists(artefact)) return artefactPath(artefact);
  const debs = await ensureDebianParts(options);
  return await ensureArtefact(artefact, (folder) => buildTinyGuest(folder, debs, artefact.hash, options));
}

async function buildTinyGuest(folder: string, debs: string, contentHash: string, o: TinyGuestOptions): Promise<void> {
  await requireGo();
  const kernel = await readKernel(debs, TINY_DRIVERS);
  o.onLine("tiny guest: compiling its program");
  const program = join(folder, "init");
  await goBuild({ ...o, module: goModule("guest"), packages: ["./cmd/tiny-guest"], output: program });
  o.onLine("tiny guest: writing kernel, initial RAM disk and root disk");
  await writeFile(join(folder, IMAGE_FILES.initrd), cpio(await initrdEntries(program, debs, kernel)));
  await rm(program);
  await copyFile(kernel.image, join(folder, IMAGE_FILES.kernel));
  await makeRootDisk({ ...o, bytes: DISK_BYTES, output: join(folder, IMAGE_FILES.root) });
  await writeManifest(folder, {
    schema: 1,
    kind: "tiny",
    name: "tiny-guest",
    contentHash,
    builtAt: new Date().toISOString(),
    debian: versions.debian.suite,
    kernel: kernel.release,
    diskBytes: DISK_BYTES,
    files: await describeFiles(folder),
    packages: [],
  });
}

async function initrdEntries(program: string, debs: string, kernel: Kernel): Promise<CpioEntry[]> {
  const folders = ["bin", "dev", "disk", "etc", "lib", "lib/modules", "proc", "root", "run", "sys", "tmp"];
  const executable = async (path: string, source: string): Promise<CpioEntry> => ({
    kind: "file",
    path,
    mode: 0o755,
    content: await readFile(source),
  });
  return [
    ...folders.map((path): CpioEntry => ({ kind: "folder", path })),
    await executable("init", program),
    await executable("bin/busybox", join(debs, "usr/bin/busybox")),
    // A node's check, so that one program suits both: this machine is ready when it answers at all.
    { kind: "file", path: "bin/berth-ready", mode: 0o755, content: Buffer.from("#!/bin/sh\nexit 0\n") },
    textFile("etc/passwd", "root:x:0:0:root:/root:/bin/sh\n"),
    textFile("etc/group", "root:x:0:\n"),
    ...[...kernel.drivers].map(([name, content]): CpioEntry => ({ kind: "file", path: `lib/modules/${name}.ko`, mode: 0o644, content })),
  ];
}

const textFile = (path: string, text: string): CpioEntry => ({
  kind: "file",
  path,
  mode: 0o644,
  content: Buffer.from(text),
});
