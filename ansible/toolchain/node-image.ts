/**
 * The image of a Kubernetes node: Debian's root, the role node_image, the container images already unpacked, as a disk
 * with its kernel and a small initial RAM disk. The parts that take long (programs, packages) are cached one by one,
 * so an interrupted or changed build continues from there.
 */
import { copyFile, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type ArtefactRequest, artefactExists, artefactPath, ensureArtefact, hashInputs } from "#app/foundation/artefacts.ts";
import { cpio, type CpioEntry } from "./archive/cpio.ts";
import { type PackedImage, packImages } from "./archive/oci.ts";
import { binaryArtefact, binarySets, type BuildContext, ensureBinaries } from "./binaries.ts";
import { type BinaryFolders, imageRecipes } from "./container-images.ts";
import { ensureDebianParts } from "./debian-parts.ts";
import { makeRootDisk } from "./disk.ts";
import { DISK_DRIVERS, type Kernel, readKernel } from "./kernel.ts";
import { describeFiles, IMAGE_FILES, writeManifest } from "./manifest.ts";
import { debianRootArtefact, ensureDebianRoot, installedPackages, prepareRoot, unpackImages, unpackRoot } from "./rootfs.ts";
import { versions } from "./versions.ts";

const DISK_BYTES = 4 * 1024 ** 3;

const SOURCES = [
  ...["../roles/node_image", "../plugins", "../node-image.yml", "../ansible.cfg", "node-init.sh", "unpack-images.sh"],
  ...[
    "add-ons",
    "archive/cpio.ts",
    "archive/oci.ts",
    "archive/tar.ts",
    "container-images.ts",
    "disk.ts",
    "kernel.ts",
    "node-image.ts",
    "rootfs.ts",
    "versions.lock.json",
  ],
];

export async function nodeImageArtefact(c: Pick<BuildContext, "cache" | "releases">): Promise<ArtefactRequest> {
  const parts = await Promise.all(binarySets.map((set) => binaryArtefact(set, c)));
  parts.push(await debianRootArtefact(c.cache));
  const extra = parts.map((p) => `${p.name} ${p.hash}`);
  return { cache: c.cache, name: "image-node", hash: await hashInputs(import.meta.dirname, SOURCES, extra) };
}

export async function buildNodeImage(c: BuildContext): Promise<string> {
  const artefact = await nodeImageArtefact(c);
  if (artefactExists(artefact)) return artefactPath(artefact);
  const rootTar = await ensureDebianRoot(c);
  const busybox = join(await ensureDebianParts(c), "usr/bin/busybox");
  const binaries = await ensureAllBinaries(c);
  return await ensureArtefact(artefact, (folder) => assemble(folder, { rootTar, busybox, binaries, hash: artefact.hash }, c));
}

/** One after the other: a Go build uses every core by itself. */
async function ensureAllBinaries(c: BuildContext): Promise<BinaryFolders> {
  const folders: [string, string][] = [];
  for (const set of binarySets) folders.push([set.name, await ensureBinaries(set, c)]);
  return Object.fromEntries(folders) as BinaryFolders;
}

interface Parts {
  readonly rootTar: string;
  readonly busybox: string;
  readonly binaries: BinaryFolders;
  readonly hash: string;
}

async function assemble(folder: string, parts: Parts, c: BuildContext): Promise<void> {
  const work = join(folder, "work");
  const root = join(work, "root");
  c.onLine("node image: unpacking the root");
  await unpackRoot(parts.rootTar, root, c);
  c.onLine("node image: running the role node_image");
  await prepareRoot(root, parts.binaries, work, c);
  const images = await addContainerImages(root, work, parts.binaries, c);
  c.onLine("node image: writing kernel, initial RAM disk and root disk");
  const kernel = await readKernel(root, DISK_DRIVERS);
  await copyFile(kernel.image, join(folder, IMAGE_FILES.kernel));
  await writeFile(join(folder, IMAGE_FILES.initrd), cpio(await initrdEntries(kernel, parts.busybox)));
  await makeRootDisk({ ...c, tree: root, bytes: DISK_BYTES, output: join(folder, IMAGE_FILES.root) });
  const packages = await installedPackages(root);
  await rm(work, { recursive: true });
  await describe(folder, parts.hash, kernel, packages, images);
}

async function addContainerImages(root: string, work: string, binaries: BinaryFolders, c: BuildContext): Promise<PackedImage[]> {
  c.onLine("node image: packing and unpacking container images");
  const archive = join(work, "images.tar");
  const layers = join(work, "layers");
  await mkdir(layers);
  const images = await packImages(await imageRecipes(binaries, root), layers, archive);
  await unpackImages(root, archive, c);
  return images;
}

async function initrdEntries(kernel: Kernel, busybox: string): Promise<CpioEntry[]> {
  const file = (path: string, mode: number, content: Buffer): CpioEntry => ({ kind: "file", path, mode, content });
  return [
    ...["bin", "dev", "lib", "newroot", "proc", "sys"].map((path): CpioEntry => ({ kind: "folder", path })),
    file("bin/busybox", 0o755, await readFile(busybox)),
    { kind: "link", path: "bin/sh", target: "busybox" },
    file("init", 0o755, await readFile(join(import.meta.dirname, "node-init.sh"))),
    ...[...kernel.drivers].map(([name, content]) => file(`lib/${name}.ko`, 0o644, content)),
  ];
}

async function describe(
  folder: string,
  contentHash: string,
  kernel: Kernel,
  packages: { name: string; version: string }[],
  containerImages: PackedImage[],
): Promise<void> {
  await writeManifest(folder, {
    schema: 1,
    kind: "node",
    name: `debian-13-kubernetes-${versions.kubernetes}`,
    contentHash,
    builtAt: new Date().toISOString(),
    debian: versions.debian.suite,
    kernel: kernel.release,
    diskBytes: DISK_BYTES,
    files: await describeFiles(folder),
    packages,
    kubernetes: versions.kubernetes,
    etcd: versions.etcd,
    coredns: versions.coredns,
    flannel: versions.flannel,
    pause: versions.pause,
    containerd: packages.find((p) => p.name === "containerd")?.version ?? "unknown",
    containerImages,
  });
}
