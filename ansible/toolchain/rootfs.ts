/** Makes the root of a node: Debian's packages by mmdebstrap, then the role node_image, then the container images. */
import { mkdir, readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parse } from "yaml";
import { z } from "zod";
import { type ArtefactRequest, ensureArtefact, hashInputs } from "#app/foundation/artefacts.ts";
import { debianMirrors } from "#app/setup/packages/debian-mirror.ts";
import { type BuildContext, KUBERNETES_PROGRAMS, type OwnSet } from "./binaries.ts";
import { type BinaryFolders, SANDBOX_IMAGE } from "./container-images.ts";
import { run } from "./command.ts";
import { sourceLines } from "./debian.ts";
import { versions } from "./versions.ts";

const ANSIBLE = join(import.meta.dirname, "..");
const ROLE_DEFAULTS = join(ANSIBLE, "roles/node_image/defaults/main.yml");

const Defaults = z.looseObject({ node_image_packages: z.array(z.string()) });

/** The role's own list, so that there is one. */
export async function nodePackages(): Promise<string[]> {
  return Defaults.parse(parse(await readFile(ROLE_DEFAULTS, "utf8"))).node_image_packages;
}

export async function debianRootArtefact(cache: string): Promise<ArtefactRequest> {
  const { suite, architecture, snapshot } = versions.debian;
  const extra = [suite, architecture, String(snapshot), ...LEAN, ...(await nodePackages())];
  return { cache, name: "debian-root", hash: await hashInputs(import.meta.dirname, [], extra) };
}

/** Manual pages and translations are half of a small root and of no use on a node. */
const LEAN = [
  "path-exclude=/usr/share/man/*",
  "path-exclude=/usr/share/doc/*",
  "path-include=/usr/share/doc/*/copyright",
  "path-exclude=/usr/share/locale/*",
];

const ROOT_TAR = "root.tar";

/** Resolves with the path of a tar of the root as Debian's packages leave it. */
export async function ensureDebianRoot(c: BuildContext): Promise<string> {
  const artefact = await debianRootArtefact(c.cache);
  const done = await ensureArtefact(artefact, async (folder) => {
    c.onLine("node image: installing Debian's packages (about 60 s)");
    const { suite, architecture } = versions.debian;
    const source = { suite, architecture, mirrors: await debianMirrors() };
    const sources = join(folder, "sources.list");
    await writeFile(sources, `${sourceLines(source).join("\n")}\n`);
    await run({
      ...c,
      doing: "installing Debian's packages",
      file: "mmdebstrap",
      args: [
        ...["--variant=minbase", `--architectures=${architecture}`, ...LEAN.map((l) => `--dpkgopt=${l}`)],
        ...[`--include=${(await nodePackages()).join(",")}`, suite, join(folder, ROOT_TAR), sources],
      ],
      // The image has its own small initial RAM disk; making Debian's takes longer than all the rest.
      env: { INITRD: "No" },
    });
  });
  return join(done, ROOT_TAR);
}

export async function unpackRoot(tarFile: string, root: string, c: BuildContext): Promise<void> {
  await mkdir(root, { recursive: true });
  await run({ ...c, doing: "unpacking Debian's root", file: "tar", args: ["-C", root, "--numeric-owner", "-xpf", tarFile] });
}

/** Runs the role node_image on the folder. */
export async function prepareRoot(root: string, binaries: BinaryFolders, work: string, c: BuildContext): Promise<void> {
  const programs = join(work, "programs");
  await mkdir(programs, { recursive: true });
  const wanted: readonly (readonly [OwnSet, string])[] = [
    ...KUBERNETES_PROGRAMS.slice(0, 3).map((p) => ["kubernetes", p] as const),
    ["etcd", "etcdctl"],
    ["cni-flannel", "flannel"],
    ["guest", "berth-seed"],
  ];
  for (const [set, name] of wanted) await symlink(join(binaries[set], name), join(programs, name));
  await run({
    ...c,
    doing: "preparing the root of a node",
    file: "ansible-playbook",
    args: [
      ...["--inventory", `${root},`, "--connection", "berth_chroot"],
      ...["--extra-vars", JSON.stringify(roleVariables(programs)), "node-image.yml"],
    ],
    cwd: ANSIBLE,
    env: { ANSIBLE_CONFIG: join(ANSIBLE, "ansible.cfg"), ANSIBLE_HOME: join(work, "ansible"), ANSIBLE_FORCE_COLOR: "0" },
  });
}

const roleVariables = (programs: string): Record<string, string> => ({
  node_image_binaries: programs,
  node_image_kubernetes_version: versions.kubernetes,
  node_image_sandbox_image: SANDBOX_IMAGE,
});

/** Unpacks the container images of an OCI archive into the root's containerd. */
export async function unpackImages(root: string, archive: string, c: BuildContext): Promise<void> {
  const script = join(import.meta.dirname, "unpack-images.sh");
  await run({
    ...c,
    doing: "unpacking container images",
    file: "unshare",
    args: ["--mount", "--pid", "--fork", "--kill-child", "sh", script, root, archive],
  });
}

/** Installed packages of the root, in the order of their names. */
export async function installedPackages(root: string): Promise<{ name: string; version: string }[]> {
  const text = await run({
    doing: "reading the root's packages",
    file: "dpkg-query",
    args: [`--admindir=${join(root, "var/lib/dpkg")}`, "--show", "--showformat", "${Package} ${Version}\\n"],
  });
  return text.split("\n").flatMap((line) => {
    const [name, version] = line.split(" ");
    return name !== undefined && version !== undefined ? [{ name, version }] : [];
  });
}
