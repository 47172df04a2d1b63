/** Compares the live spec with what was seen. Pure; every source may be missing, and then nothing is said about its part. */
import { clusterStepName, machineStepName, serviceStepName, type ServiceStep } from "#app/domain/cluster/steps.ts";
import type { CertificateEnd } from "#app/domain/cluster/certificates.ts";
import { limits, within } from "#app/domain/cluster/sizes.ts";
import { canRejoin, hasOthers } from "#app/domain/control-plane/control-planes.ts";
import {
  type ClusterSpec,
  controlPlaneOf,
  hasApiServer,
  interfaceOf,
  isControlPlane,
  isNode,
  isSaved,
  type MachineSpec,
  networkOf,
  nodesOf,
  poolOf,
} from "#app/domain/cluster/spec.ts";
import type { PlanRow, Repair } from "#app/domain/plan/plan.ts";
import { type DriftFinding, type DriftKind, driftId, isAboutCertificates } from "./drift.ts";

/** A machine on the host: as it runs now, and as it is defined for its next start (null: that could not be read). */
export interface MachineSeen {
  readonly name: string;
  readonly state: "running" | "stopped" | "paused" | "other";
  /** It is off, and its memory is saved. Absent: it is not. */
  readonly saved?: true | undefined;
  readonly memoryMiB: number;
  readonly vcpus: number;
  readonly defined: {
    readonly memoryMiB: number;
    readonly vcpus: number;
    readonly diskPaths: readonly string[];
    readonly networks: readonly { readonly network: string; readonly mac: string }[];
  } | null;
}

export interface NetworkSeen {
  readonly name: string;
  readonly active: boolean;
  /** Whether the host's firewall still has the rules that libvirt wrote when it started the network. */
  readonly firewall: "present" | "missing" | "unknown";
}

export interface HostSeen {
  readonly machines: readonly MachineSeen[];
  readonly networks: readonly NetworkSeen[];
  readonly pools: readonly { readonly name: string; readonly active: boolean }[];
  readonly volumes: readonly { readonly pool: string; readonly name: string; readonly path: string }[];
}

export interface NodeSeen {
  readonly name: string;
  /** The condition Ready; `unknown` when the node does not report. */
  readonly ready: "true" | "false" | "unknown";
  /** False: somebody cordoned it, and no new pod is placed there. */
  readonly schedulable: boolean;
  /** Seconds since the node renewed its lease, by its own clock; negative: its clock is ahead. Null: it has no lease. */
  readonly leaseAgeSeconds: number | null;
}

/**
 * A healthy kubelet renews its lease every 10 s and counts as Ready for 40 s without; an emulated one is slower. What lies
 * beyond these bounds while the node is Ready is its clock.
 */
const clockBounds = { behind: 120, ahead: -30 } as const;

export interface Seen {
  readonly host: HostSeen | null;
  /** Rows of a preview-only refresh. */
  readonly engine: readonly PlanRow[] | null;
  readonly nodes: readonly NodeSeen[] | null;
  /** Absent where no Kubernetes has ever answered. */
  readonly certificates?: readonly CertificateEnd[];
  /** Names on the host that belong to this cluster and to nobody's spec, where somebody swept the host for them. */
  readonly orphans?: readonly { readonly kind: "machine" | "disk" | "network" | "pool"; readonly name: string }[];
}

/** `known`: further revisions whose machines are no orphans, e.g. one that an update is about to bring to life. */
export function findDrift(spec: ClusterSpec, seen: Seen, known: readonly ClusterSpec[] = []): readonly DriftFinding[] {
  const onHost = seen.host === null ? [] : hostDrift(spec, seen.host, [spec, ...known]);
  const inKubernetes = seen.nodes === null ? [] : nodeDrift(spec, seen.nodes, onHost);
  const named = [...onHost, ...inKubernetes, ...certificateDrift(spec, seen.certificates ?? []), ...(seen.orphans ?? []).map(sweptOrphan)];
  const inState = (seen.engine ?? []).filter((row) => !isFromSaving(spec, row)).flatMap((row) => engineDrift(row, named));
  const all = [...named, ...inState].map((f) => withAdoption(spec, isSaved(spec) ? whileSaved(f) : f));
  return [...new Map(all.map((f) => [f.id, f])).values()];
}

/** On machines that do not run nothing can be put right: that is for after the cluster was woken, which boots what is off. */
const whileSaved = (f: DriftFinding): DriftFinding =>
  f.machine === null || f.kind === "machine-unsaved" || isAboutCertificates(f.kind) ? f : { ...f, repair: "none" };

type Draft = Omit<DriftFinding, "id" | "adopt">;
const finding = (draft: Draft): DriftFinding => ({ id: driftId(draft.kind, draft.subject), adopt: false, ...draft });

const aboutCluster = (kind: DriftKind, subject: string, more: Partial<Draft> = {}): DriftFinding =>
  finding({ kind, subject, machine: null, expected: "", found: "", impact: "none", repair: "plan", ...more });

function hostDrift(spec: ClusterSpec, host: HostSeen, known: readonly ClusterSpec[]): readonly DriftFinding[] {
  const disksSeen = seesDisks(spec, host);
  return [
    ...networkDrift(spec, host),
    ...poolDrift(spec, host),
    ...spec.machines.flatMap((m) => machineDrift(spec, m, host, disksSeen)),
    ...strangers(spec, host, known),
  ];
}

function networkDrift(spec: ClusterSpec, host: HostSeen): readonly DriftFinding[] {
  const { name } = networkOf(spec);
  const found = host.networks.find((n) => n.name === name);
  if (!found) return [aboutCluster("network-missing", name, { impact: "restart" })];
  if (!found.active) return [aboutCluster("network-inactive", name)];
  return found.firewall === "missing" ? [aboutCluster("network-firewall", name, { expected: "present", found: "missing" })] : [];
}

function poolDrift(spec: ClusterSpec, host: HostSeen): readonly DriftFinding[] {
  const found = host.pools.find((p) => p.name === spec.prefix);
  // The engine reads disks through their pool: without it there is no plan.
  if (!found) return [aboutCluster("pool-missing", spec.prefix, { repair: "none" })];
  return found.active ? [] : [aboutCluster("pool-inactive", spec.prefix)];
}

/** Files in the cluster's pool that a machine needs, by the step that makes them. */
export const volumesOf = (m: MachineSpec): readonly { readonly step: "disk" | "seed"; readonly name: string }[] => [
  { step: "disk", name: `${m.libvirtName}.qcow2` },
  { step: "seed", name: `${m.libvirtName}-seed.iso` },
];

/** Disks of a pool that is off or gone cannot be seen; that says nothing about the disks. */
const seesDisks = (spec: ClusterSpec, host: HostSeen): boolean => poolDrift(spec, host).length === 0;

const missingVolumes = (spec: ClusterSpec, m: MachineSpec, host: HostSeen) =>
  volumesOf(m).filter((v) => !host.volumes.some((s) => s.pool === spec.prefix && s.name === v.name));

/** Steps whose thing is not there. The engine that reads the host forgets these: it makes them again, and knows none to replace. */
export function goneSteps(spec: ClusterSpec, host: HostSeen): ReadonlySet<string> {
  const disksSeen = seesDisks(spec, host);
  const goneOf = (m: MachineSpec): readonly string[] => [
    ...(host.machines.some((s) => s.name === m.libvirtName) ? [] : [machineStepName(m.name, "machine")]),
    ...(disksSeen ? missingVolumes(spec, m, host).map((v) => machineStepName(m.name, v.step)) : []),
  ];
  return new Set(spec.machines.flatMap(goneOf));
}

function machineDrift(spec: ClusterSpec, m: MachineSpec, host: HostSeen, disksSeen: boolean): readonly DriftFinding[] {
  const about = (kind: DriftKind, more: Partial<Draft>) => aboutCluster(kind, m.name, { machine: m.name, impact: "restart", ...more });
  const here = host.machines.find((s) => s.name === m.libvirtName);
  const missing = disksSeen ? missingVolumes(spec, m, host) : [];
  const diskLost = missing.some((v) => v.step === "disk");
  const lost = { impact: "replace", repair: canRemake(spec, m, host) ? "plan" : "none" } as const;
  if (!here)
    return [about("machine-missing", { expected: "running", found: diskLost ? "absent-with-disk" : "absent", ...(diskLost ? lost : {}) })];
  return [
    ...missing.map((v) => aboutCluster("disk-missing", v.name, { machine: m.name, ...(v.step === "disk" ? lost : { impact: "restart" }) })),
    ...(isSaved(spec) ? savedDrift(here, about) : powerDrift(here, about)),
    ...sizeDrift(m, here, about),
    ...deviceDrift(spec, m, here, about),
  ];
}

/**
 * A service machine is set up again. A worker joins again with a new identity, and so does a control plane whose cluster the others
 * still hold. The disk of the
 * only one held the cluster itself, which is gone for good. `host`: its disks can be seen.
 */
function canRemake(spec: ClusterSpec, m: MachineSpec, host: HostSeen): boolean {
  if (!hasApiServer(spec) || !isControlPlane(spec, m.name)) return true;
  const lost = spec.machines.filter((one) => missingVolumes(spec, one, host).some((v) => v.step === "disk")).map((one) => one.name);
  return canRejoin(spec, lost);
}

type About = (kind: DriftKind, more: Partial<Draft>) => DriftFinding;

function powerDrift(here: MachineSeen, about: About): readonly DriftFinding[] {
  switch (here.state) {
    case "stopped":
      return here.saved
        ? [about("machine-saved", { expected: "running", found: "saved", impact: "none" })]
        : [about("machine-stopped", { expected: "running", found: "stopped" })];
    case "paused":
      return [about("machine-paused", { expected: "running", found: "paused", impact: "none" })];
    // `other` is a machine on its way to one of these.
    case "running":
    case "other":
      return [];
  }
}

/** Of a cluster that is saved. A machine that is off without saved memory takes none either: it boots when the cluster is woken. */
const savedDrift = ({ state }: MachineSeen, about: About): readonly DriftFinding[] =>
  state === "running" || state === "paused" ? [about("machine-unsaved", { expected: "saved", found: state, impact: "none" })] : [];

/** What runs now counts; where that is right, what the next start would bring. */
function sizeDrift(m: MachineSpec, here: MachineSeen, about: About): readonly DriftFinding[] {
  const amount = (kind: DriftKind, expected: number, live: number, next: number | undefined) => {
    const found = here.state === "running" && live !== expected ? live : (next ?? live);
    return found === expected ? [] : [about(kind, { expected: String(expected), found: String(found) })];
  };
  return [
    ...amount("machine-memory", m.memoryMiB, here.memoryMiB, here.defined?.memoryMiB),
    ...amount("machine-vcpus", m.vcpus, here.vcpus, here.defined?.vcpus),
  ];
}

function deviceDrift(spec: ClusterSpec, m: MachineSpec, here: MachineSeen, about: About): readonly DriftFinding[] {
  const { defined } = here;
  if (defined === null) return [];
  const detached = volumesOf(m).filter((v) => !defined.diskPaths.some((path) => path.endsWith(`/${v.name}`)));
  const { name } = networkOf(spec);
  const { mac } = interfaceOf(m);
  const onNetwork = defined.networks.some((n) => n.network === name && n.mac.toLowerCase() === mac);
  return [
    ...(detached.length > 0 ? [about("machine-disk", { expected: detached.map((v) => v.name).join(", "), found: "" })] : []),
    ...(onNetwork
      ? []
      : [about("machine-network", { expected: `${name} ${mac}`, found: defined.networks.map((n) => `${n.network} ${n.mac}`).join(", ") })]),
  ];
}

/** Things with the cluster's name on them that none of its revisions knows. */
function strangers(spec: ClusterSpec, host: HostSeen, known: readonly ClusterSpec[]): readonly DriftFinding[] {
  const machines = new Set(known.flatMap((s) => s.machines.map((m) => m.libvirtName)));
  const volumes = new Set(known.flatMap((s) => s.machines.flatMap((m) => volumesOf(m).map((v) => v.name))));
  const orphan = (kind: DriftKind, subject: string) => aboutCluster(kind, subject, { repair: "none" });
  return [
    ...host.machines.filter((m) => !machines.has(m.name)).map((m) => orphan("orphan-machine", m.name)),
    ...host.volumes.filter((v) => v.pool === spec.prefix && !volumes.has(v.name)).map((v) => orphan("orphan-disk", v.name)),
  ];
}

const sweptOrphan = ({ kind, name }: { readonly kind: "machine" | "disk" | "network" | "pool"; readonly name: string }): DriftFinding =>
  aboutCluster(`orphan-${kind}`, name, { repair: "none" });

const machineTrouble: readonly DriftKind[] = ["machine-stopped", "machine-paused", "machine-saved", "machine-missing", "disk-missing"];

/** A node whose machine is off needs no second row: its machine's is the cause. */
function nodeDrift(spec: ClusterSpec, nodes: readonly NodeSeen[], onHost: readonly DriftFinding[]): readonly DriftFinding[] {
  if (!hasApiServer(spec) || isSaved(spec)) return [];
  const down = new Set(onHost.filter((f) => machineTrouble.includes(f.kind)).map((f) => f.machine));
  return nodesOf(spec)
    .filter((m) => !down.has(m.name))
    .flatMap((m) => {
      const node = nodes.find((n) => n.name === m.name);
      const about = (kind: DriftKind, more: Partial<Draft>) => aboutCluster(kind, m.name, { machine: m.name, expected: "true", ...more });
      // Its kubelet registers it again when it starts. The new Node gets other pod addresses, so a new kubelet is not enough.
      if (!node) return [about("node-missing", { found: "absent", impact: "restart" })];
      if (node.ready !== "true") return [about("node-not-ready", { found: node.ready, impact: "restart" })];
      return [
        ...(node.schedulable ? [] : [about("node-cordoned", { found: "false" })]),
        ...clockDrift(node).map((found) => about("node-clock", { expected: "", found, impact: "restart" })),
      ];
    });
}

function clockDrift({ leaseAgeSeconds: age }: NodeSeen): readonly ("behind" | "ahead")[] {
  if (age === null) return [];
  if (age > clockBounds.behind) return ["behind"];
  return age < clockBounds.ahead ? ["ahead"] : [];
}

/** Of those that a renewal replaces. */
function certificateDrift(spec: ClusterSpec, ends: readonly CertificateEnd[]): readonly DriftFinding[] {
  const end = ends.find((e) => e.kind === "control-plane");
  if (!hasApiServer(spec) || end === undefined || end.standing === "valid") return [];
  const kind = end.standing === "soon" ? "certificates-expiring" : "certificates-expired";
  return [aboutCluster(kind, controlPlaneOf(spec).name, { found: new Date(end.endsAt).toISOString().slice(0, 10) })];
}

/** The engine does not know that the machines of a saved cluster are not to run. */
const isFromSaving = (spec: ClusterSpec, { type, change, changed }: PlanRow): boolean =>
  isSaved(spec) && type.endsWith(":Domain") && change === "update" && changed.every((path) => path === "running" || path === "autostart");

/** What the engine's own reading of the host found and nothing above has a row for. */
function engineDrift(row: PlanRow, named: readonly DriftFinding[]): readonly DriftFinding[] {
  if (row.change === "same") return [];
  if (named.some((f) => covers(f, row))) return [];
  return [
    aboutCluster("resource", row.name, {
      machine: row.machine,
      expected: "",
      found: row.change === "delete" ? "absent" : row.changed.join(", "),
    }),
  ];
}

function covers(f: DriftFinding, row: PlanRow): boolean {
  if (row.type.endsWith(":Network")) return f.kind.startsWith("network-");
  if (row.type.endsWith(":Pool")) return f.kind.startsWith("pool-");
  return f.machine !== null && f.machine === row.machine;
}

/** The spec has one size for the control planes and one for each pool; a service has as many machines as its kind says. */
function withAdoption(spec: ClusterSpec, f: DriftFinding): DriftFinding {
  const m = spec.machines.find((s) => s.name === f.machine);
  if (!m) return f;
  switch (f.kind) {
    case "machine-memory":
    case "machine-vcpus":
      return { ...f, adopt: standsAlone(spec, m) && isPossibleSize(spec, m, f) };
    case "machine-missing":
    case "disk-missing":
      return { ...f, adopt: poolOf(spec, m.name) !== undefined };
    default:
      return f;
  }
}

const standsAlone = (spec: ClusterSpec, m: MachineSpec): boolean =>
  isControlPlane(spec, m.name) ? spec.kubernetes.every((k) => k.controlPlane.length === 1) : poolOf(spec, m.name)?.nodes.length === 1;

function isPossibleSize(spec: ClusterSpec, m: MachineSpec, { kind, found }: DriftFinding): boolean {
  const control = isControlPlane(spec, m.name);
  const limit =
    kind === "machine-memory"
      ? control
        ? limits.controlPlaneMemoryMiB
        : limits.memoryMiB
      : control
        ? limits.controlPlaneVcpus
        : limits.vcpus;
  return within(Number(found), limit);
}

/** What puts these findings right; those that nothing brings back are left out. */
export function repairOf(spec: ClusterSpec, findings: readonly DriftFinding[]): Repair {
  const repairable = findings.filter((f) => f.repair === "plan");
  const again = new Set(repairable.flatMap((f) => stepsAgain(spec, f)));
  if (repairable.length > 0 && !isSaved(spec)) for (const { key } of spec.kubernetes) again.add(clusterStepName(key, "smoke"));
  // The engine cannot read a machine whose disk is gone: then nothing is read, and the disk is simply made again.
  const unreadable = repairable.some((f) => f.kind === "disk-missing");
  return { refresh: !unreadable && repairable.some((f) => refreshed.includes(f.kind)), again: [...again].sort() };
}

const refreshed: readonly DriftKind[] = [
  "machine-stopped",
  "machine-paused",
  "machine-saved",
  "machine-missing",
  "machine-memory",
  "machine-vcpus",
  "network-missing",
  "resource",
];

function stepsAgain(spec: ClusterSpec, f: DriftFinding): readonly string[] {
  const m = spec.machines.find((s) => s.name === f.machine);
  if (!m) return [];
  const step = (name: Parameters<typeof machineStepName>[1]) => machineStepName(m.name, name);
  const permit = hasApiServer(spec) ? [step("token")] : [];
  const joinAgain = !isControlPlane(spec, m.name) || hasOthers(spec) ? [step("seat"), ...permit, step("join")] : [];
  const ofService = (...steps: readonly ServiceStep[]) => (isNode(spec, m.name) ? [] : steps.map((one) => serviceStepName(m.name, one)));
  // What makes its disk more than its image.
  const again = isNode(spec, m.name) ? joinAgain : ofService("setup", "check");
  switch (f.kind) {
    // Started or woken, it is the same machine to the engine, which would not wait for it by itself.
    case "machine-stopped":
    case "machine-paused":
    case "machine-saved":
      return [step("ready"), ...ofService("check")];
    case "machine-memory":
    case "machine-vcpus":
    case "machine-disk":
    case "machine-network":
    case "node-not-ready":
    case "node-missing":
    // A machine reads the host's clock when it boots.
    case "node-clock":
      return [step("machine")];
    // Saving does all machines together.
    case "machine-unsaved":
      return [clusterStepName(networkOf(spec).key, "save")];
    case "disk-missing":
      return volumesOf(m)
        .filter((v) => v.name === f.subject)
        .flatMap((v) => (v.step === "disk" ? [step("disk"), ...again] : [step("seed")]));
    case "machine-missing":
      return f.found === "absent-with-disk" ? again : [];
    default:
      return [];
  }
}

/** The same findings give the same text: a plan holds it, and an update compares. */
export const repairMarks = (findings: readonly DriftFinding[]): readonly string[] =>
  findings
    .filter((f) => f.repair === "plan")
    .map((f) => `${f.id}=${f.found}`)
    .sort();
