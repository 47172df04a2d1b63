/**
 * The image of a Kubernetes node: Debian's root, the role node_image, the container images already unpacked, as a disk
 * with its kernel and a small initial RAM disk. The parts that take long (programs, packages) are cached one by one,
 * so an interrupted or changed build continues from there.
 */
import { copyFile, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Mutex } from "async-mutex";
import { type ArtefactRequest, artefactExists, artefactPath, ensureArtefact, hashInputs } from "#app/foundation/artefacts.ts";
import type { Origin } from "#app/foundation/releases/origin.ts";
import { together } from "#app/foundation/together.ts";
import { cpio, type CpioEntry } from "./archive/cpio.ts";
import { type PackedImage, packImages } from "./archive/oci.ts";
import { binariesOrigin, binaryArtefact, binarySets, type BuildContext, ensureBinaries } from "./binaries.ts";
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

export async function nodeImageArtefact(cache: string): Promise<ArtefactRequest> {
  const parts = await Promise.all(binarySets.map((set) => binaryArtefact(set, cache)));
  parts.push(await debianRootArtefact(cache));
  const extra = parts.map((p) => `${p.name} ${p.hash}`);
  return { cache, name: "image-node", hash: await hashInputs(import.meta.dirname, SOURCES, extra) };
}

/** Debian's packages come over the network and are unpacked by one processor, so Go compiles beside that. */
export async function buildNodeImage(c: BuildContext): Promise<string> {
  const artefact = await nodeImageArtefact(c.cache);
  if (artefactExists(artefact)) return artefactPath(artefact);
  const debian = async (signal: AbortSignal): Promise<DebianPlaces> => {
    const rootTar = await ensureDebianRoot({ ...c, signal });
    return { rootTar, busybox: join(await ensureDebianParts(c), "usr/bin/busybox") };
  };
  const programs = async (signal: AbortSignal): Promise<BinaryFolders> => await ensureAllBinaries({ ...c, signal });
  const [places, binaries] = (await together<DebianPlaces | BinaryFolders>([debian, programs], c.signal)) as [DebianPlaces, BinaryFolders];
  return await ensureArtefact(artefact, (folder) => assemble(folder, { ...places, binaries, hash: artefact.hash }, c));
}

/** Released files are fetched side by side; what must be compiled takes turns. */
async function ensureAllBinaries(c: BuildContext): Promise<BinaryFolders> {
  const compiling = new Mutex();
  const works = binarySets.map((set) => (signal: AbortSignal) => ensureBinaries(set, { ...c, signal }, compiling));
  const folders = await together(works, c.signal);
  return Object.fromEntries(binarySets.map(({ name }, i) => [name, folders[i]])) as BinaryFolders;
}

interface DebianPlaces {
  readonly rootTar: string;
  readonly busybox: string;
}

interface Parts extends DebianPlaces {
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
  await describe(folder, { contentHash: parts.hash, kernel, packages, containerImages: images, parts: await originsOf(parts.binaries) });
}

const originsOf = async (binaries: BinaryFolders): Promise<Origin[]> =>
  await Promise.all(binarySets.map((set) => binariesOrigin(set, binaries[set.name] ?? "")));

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

interface Contents {
  readonly contentHash: string;
  readonly kernel: Kernel;
  readonly packages: { name: string; version: string }[];
  readonly containerImages: PackedImage[];
  readonly parts: Origin[];
}

async function describe(folder: string, { kernel, ...contents }: Contents): Promise<void> {
  await writeManifest(folder, {
    schema: 1,
    kind: "node",
    name: `debian-13-kubernetes-${versions.kubernetes}`,
    builtAt: new Date().toISOString(),
    debian: versions.debian.suite,
    kernel: kernel.release,
    diskBytes: DISK_BYTES,
    files: await describeFiles(folder),
    kubernetes: versions.kubernetes,
    etcd: versions.etcd,
    coredns: versions.coredns,
    flannel: versions.flannel,
    pause: versions.pause,
    containerd: contents.packages.find((p) => p.name === "containerd")?.version ?? "unknown",
    ...contents,
  });
}
