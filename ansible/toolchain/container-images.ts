/** The container images that every node carries, by the names under which kubeadm and the portal ask for them. */
import { realpath } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { AddOnImage } from "./add-ons/add-on.ts";
import { allAddOnImages } from "./add-ons/all.ts";
import type { ImageRecipe } from "./archive/oci.ts";
import type { TarEntry } from "./archive/tar.ts";
import { type AddOnSet, addOnSetName, type OwnSet } from "./binaries.ts";
import { run } from "./command.ts";
import { versions } from "./versions.ts";

const UPSTREAM = "registry.k8s.io";
/** A name that can never be resolved: these images exist only inside the node image. */
const OWN = "berth.invalid";

export const SANDBOX_IMAGE = `${UPSTREAM}/pause:${versions.pause}`;
export const FLANNEL_IMAGE = `${OWN}/flannel:v${versions.flannel}`;
export const PROBE_IMAGE = `${OWN}/probe:${versions.guest}`;

export const addOnImageName = ({ name, version }: Pick<AddOnImage, "name" | "version">): string => `${OWN}/${name}:v${version}`;

/** Set name to the folder of its files. */
export type BinaryFolders = Readonly<Record<OwnSet, string> & Record<AddOnSet, string>>;

const folderOf = (binaries: BinaryFolders, set: OwnSet | AddOnSet): string => {
  const found = binaries[set];
  if (found === undefined) throw new Error(`packing container images: the programs of ${set} were not built`);
  return found;
};

/** `root` is the guest's root folder: kube-proxy and flannel use its nft. */
export async function imageRecipes(binaries: BinaryFolders, root: string): Promise<ImageRecipe[]> {
  const base = baseLayer(root);
  const nft = await programLayer(root, "/usr/sbin/nft");
  const program = (path: string, set: OwnSet | AddOnSet, file: string): TarEntry[] => [
    ...parents([path]),
    { kind: "file", path, mode: 0o755, source: join(folderOf(binaries, set), file) },
  ];
  const kubernetes = (name: string): TarEntry[] => program(`usr/local/bin/${name}`, "kubernetes", name);
  const tag = `v${versions.kubernetes}`;
  return [
    // kubeadm's manifests name the program; an entry point would come in front of it.
    ...["kube-apiserver", "kube-controller-manager", "kube-scheduler"].map((name) => ({
      name: `${UPSTREAM}/${name}:${tag}`,
      layers: [base, kubernetes(name)],
      entrypoint: [],
    })),
    { name: `${UPSTREAM}/kube-proxy:${tag}`, layers: [base, nft, kubernetes("kube-proxy")], entrypoint: [] },
    {
      name: `${UPSTREAM}/etcd:${versions.etcdImageTag}`,
      layers: [base, program("usr/local/bin/etcd", "etcd", "etcd")],
      entrypoint: [],
    },
    {
      name: `${UPSTREAM}/coredns/coredns:v${versions.coredns}`,
      layers: [base, program("coredns", "coredns", "coredns")],
      entrypoint: ["/coredns"],
    },
    { name: SANDBOX_IMAGE, layers: [program("pause", "pause", "pause")], entrypoint: ["/pause"] },
    {
      name: FLANNEL_IMAGE,
      layers: [base, nft, program("opt/bin/flanneld", "flannel", "flanneld")],
      entrypoint: ["/opt/bin/flanneld"],
    },
    { name: PROBE_IMAGE, layers: [base, program("probe", "guest", "berth-probe")], entrypoint: ["/probe"] },
    ...allAddOnImages.map((image) => ({
      name: addOnImageName(image),
      layers: [base, program(image.name, addOnSetName(image), image.name)],
      entrypoint: [`/${image.name}`],
    })),
  ];
}

function baseLayer(root: string): TarEntry[] {
  const certificates = "etc/ssl/certs/ca-certificates.crt";
  const text = (path: string, content: string): TarEntry => ({ kind: "file", path, mode: 0o644, content: Buffer.from(content) });
  return [
    ...["dev", "etc", "etc/ssl", "etc/ssl/certs", "proc", "root", "run", "sys"].map(folder),
    { kind: "folder", path: "tmp", mode: 0o1777 },
    folder("var"),
    text("etc/group", "root:x:0:\nnobody:x:65534:\n"),
    text("etc/nsswitch.conf", "hosts: files dns\n"),
    text("etc/passwd", "root:x:0:0:root:/root:/sbin/nologin\nnobody:x:65534:65534::/:/sbin/nologin\n"),
    { kind: "file", path: certificates, mode: 0o644, source: join(root, certificates) },
  ];
}

/** A program of the guest's root with the shared libraries that it loads, at the same paths. */
async function programLayer(root: string, program: string): Promise<TarEntry[]> {
  const listed = await run({ doing: `reading the libraries of ${program}`, file: "chroot", args: [root, "ldd", program] });
  const libraries = [...listed.matchAll(/(\/\S+)/g)].flatMap((m) => m[1] ?? []);
  const paths = [...new Set([program, ...libraries])].sort().map((p) => p.slice(1));
  const files = await Promise.all(
    paths.map(async (path): Promise<TarEntry> => ({ kind: "file", path, mode: 0o755, source: await resolveInside(root, path) })),
  );
  return [...parents(paths), ...files];
}

/** Links inside the root may be absolute, so the program that follows them must run inside too. */
async function resolveInside(root: string, path: string): Promise<string> {
  const real = await run({ doing: `finding ${path}`, file: "chroot", args: [root, "readlink", "-f", `/${path}`] });
  return await realpath(join(root, real));
}

const folder = (path: string): TarEntry => ({ kind: "folder", path });

/** The folders above the given paths, outermost first. */
function parents(paths: readonly string[]): TarEntry[] {
  const all = new Set<string>();
  for (const path of paths) {
    for (let p = dirname(path); p !== "."; p = dirname(p)) all.add(p);
  }
  return [...all].sort().map(folder);
}
