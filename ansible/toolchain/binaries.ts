/**
 * The programs that go into a node: each set is one cached artefact, taken from released files where they can be had, else
 * compiled from its pinned Go module. Both give the same programs, so the artefact is the same one.
 */
import { join } from "node:path";
import { Mutex } from "async-mutex";
import { type ArtefactRequest, artefactExists, artefactPath, ensureArtefact, hashInputs } from "#app/foundation/artefacts.ts";
import { type Origin, type OriginNote, originNote, readOrigin, writeOrigin } from "#app/foundation/releases/origin.ts";
import type { ReleaseFiles } from "#app/foundation/releases/release-files.ts";
import type { AddOnImage } from "./add-ons/add-on.ts";
import { allAddOnImages } from "./add-ons/all.ts";
import { type OnLine, run } from "./command.ts";
import { goBuild, goModule, goSources, requireGo } from "./go-build.ts";
import { type Versions, versions } from "./versions.ts";

export interface BuildContext {
  readonly cache: string;
  readonly onLine: OnLine;
  /** What was taken as a released file, what is compiled, and why. */
  readonly onNote?: OnNote;
  readonly releases: ReleaseFiles;
  readonly signal?: AbortSignal;
}

export type OnNote = (note: OriginNote) => void;

/** Programs that every node has. */
export type OwnSet = "kubernetes" | "etcd" | "coredns" | "flannel" | "cni-flannel" | "pause" | "guest";
/** The program of an add-on's image. */
export type AddOnSet = `add-on-${string}`;
export const addOnSetName = ({ name }: Pick<AddOnImage, "name">): AddOnSet => `add-on-${name}`;

export interface BinarySet {
  readonly name: OwnSet | AddOnSet;
  readonly version: string;
  readonly files: readonly string[];
  /** What the compiled files depend on, below this folder. */
  readonly sources: readonly string[];
  /** Seconds that compiling takes with empty caches on two cores. */
  readonly estimate: number;
  readonly compile: (folder: string, context: BuildContext) => Promise<void>;
}

export const KUBERNETES_PROGRAMS = [
  "kubeadm",
  "kubelet",
  "kubectl",
  "kube-apiserver",
  "kube-controller-manager",
  "kube-scheduler",
  "kube-proxy",
] as const;

const CNI_FLANNEL = "github.com/containernetworking/plugins/plugins/meta/flannel";

const ownSets: readonly BinarySet[] = [
  {
    name: "kubernetes",
    version: versions.kubernetes,
    files: KUBERNETES_PROGRAMS,
    sources: ["modules/kubernetes"],
    estimate: 490,
    compile: (folder, c) =>
      goBuild({
        ...c,
        module: goModule("modules/kubernetes"),
        packages: KUBERNETES_PROGRAMS.map((p) => `k8s.io/kubernetes/cmd/${p}`),
        output: `${folder}/`,
        set: kubernetesStamps(versions),
      }),
  },
  {
    name: "etcd",
    version: versions.etcd,
    files: ["etcd", "etcdctl"],
    sources: ["modules/etcd"],
    estimate: 85,
    compile: compileEtcd,
  },
  {
    name: "coredns",
    version: versions.coredns,
    files: ["coredns"],
    sources: ["modules/coredns"],
    estimate: 155,
    compile: (folder, c) => goBuild({ ...c, module: goModule("modules/coredns"), packages: ["."], output: join(folder, "coredns") }),
  },
  {
    name: "flannel",
    version: versions.flannel,
    files: ["flanneld"],
    sources: ["modules/flannel"],
    estimate: 150,
    compile: (folder, c) => goBuild({ ...c, module: goModule("modules/flannel"), packages: ["."], output: join(folder, "flanneld") }),
  },
  {
    name: "cni-flannel",
    version: versions.flannelCni,
    files: ["flannel"],
    sources: ["modules/cni-flannel"],
    estimate: 20,
    compile: (folder, c) =>
      goBuild({ ...c, module: goModule("modules/cni-flannel"), packages: [CNI_FLANNEL], output: join(folder, "flannel") }),
  },
  {
    name: "pause",
    version: versions.pause,
    files: ["pause"],
    sources: ["modules/kubernetes/go.mod"],
    estimate: 2,
    compile: compilePause,
  },
  {
    name: "guest",
    version: versions.guest,
    files: ["berth-seed", "berth-probe"],
    sources: ["guest/go.mod", "guest/go.sum", "guest/seed", "guest/cmd/berth-seed", "guest/cmd/berth-probe"],
    estimate: 15,
    compile: compileGuest,
  },
];

const addOnSet = (image: AddOnImage): BinarySet => ({
  name: addOnSetName(image),
  version: image.version,
  files: [image.name],
  sources: [`modules/${image.name}`],
  estimate: image.estimate,
  compile: (folder, c) =>
    goBuild({
      ...c,
      module: goModule(`modules/${image.name}`),
      packages: [image.package],
      output: join(folder, image.name),
      set: image.set,
    }),
});

export const binarySets: readonly BinarySet[] = [...ownSets, ...allAddOnImages.map(addOnSet)];

/** What `kubeadm version` and the API server report; without it they call themselves v0.0.0. */
export function kubernetesStamps(v: Versions): Record<string, string> {
  const [major = "", minor = ""] = v.kubernetes.split(".");
  const values = {
    gitVersion: `v${v.kubernetes}`,
    gitMajor: major,
    gitMinor: minor,
    gitTreeState: "clean",
    gitCommit: v.kubernetesCommit,
    buildDate: v.kubernetesBuilt,
  };
  return Object.fromEntries(Object.entries(values).map(([k, text]) => [`k8s.io/component-base/version.${k}`, text]));
}

/** etcdctl takes the member of a lost control plane out. */
async function compileEtcd(folder: string, c: BuildContext): Promise<void> {
  const module = goModule("modules/etcd");
  await goBuild({ ...c, module, packages: ["go.etcd.io/etcd/server/v3"], output: join(folder, "etcd") });
  await goBuild({ ...c, module, packages: ["go.etcd.io/etcd/etcdctl/v3"], output: join(folder, "etcdctl") });
}

async function compileGuest(folder: string, c: BuildContext): Promise<void> {
  for (const program of ["berth-seed", "berth-probe"]) {
    await goBuild({ ...c, module: goModule("guest"), packages: [`./cmd/${program}`], output: join(folder, program) });
  }
}

/** pause is C: its source comes with the Kubernetes module. */
async function compilePause(folder: string, c: BuildContext): Promise<void> {
  const module = goModule("modules/kubernetes");
  await run({ doing: "fetching the Kubernetes sources", file: "go", args: ["mod", "download", "k8s.io/kubernetes"], cwd: module });
  const args = ["list", "-m", "-f", "{{.Dir}}", "k8s.io/kubernetes"];
  const sources = await run({ doing: "finding the Kubernetes sources", file: "go", args, cwd: module });
  await run({
    doing: "compiling pause",
    file: "gcc",
    args: ["-Os", "-static", "-s", `-DVERSION=v${versions.pause}`, "-o", join(folder, "pause"), join(sources, "build/pause/linux/pause.c")],
    onLine: c.onLine,
  });
}

export async function binaryArtefact(set: BinarySet, cache: string): Promise<ArtefactRequest> {
  const extra = [set.version, ...Object.values(set.name === "kubernetes" ? kubernetesStamps(versions) : {})];
  return { cache, name: `${set.name}-bin`, hash: await hashInputs(import.meta.dirname, await goSources(set.sources), extra) };
}

/** Where the set's programs came from, once they are in the folder. */
export const binariesOrigin = (set: BinarySet, folder: string): Promise<Origin> => readOrigin(folder, set.name, set.version);

/** Resolves with the folder that holds the set's files. A Go build uses every processor by itself: `compiling` gives turns. */
export async function ensureBinaries(set: BinarySet, c: BuildContext, compiling = new Mutex()): Promise<string> {
  const artefact = await binaryArtefact(set, c.cache);
  if (artefactExists(artefact)) return artefactPath(artefact);
  return await ensureArtefact(artefact, async (folder) => {
    const origin = await c.releases.take({ part: set.name, version: set.version, programs: set.files }, folder, c.signal);
    const note = originNote(origin);
    if (note !== null) c.onNote?.(note);
    if (origin.from === "source") await compiling.runExclusive(() => compileSet(set, folder, c));
    await writeOrigin(folder, origin);
  });
}

async function compileSet(set: BinarySet, folder: string, c: BuildContext): Promise<void> {
  c.signal?.throwIfAborted();
  c.onLine(`${set.name} ${set.version}: compiling (about ${set.estimate} s with empty caches)`);
  await requireGo();
  await set.compile(folder, c);
}
