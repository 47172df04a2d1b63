/** Specs that versions before node pools wrote, and how they are read today: with the names that their resources have. */
import { localHost } from "#app/domain/host/libvirt-host.ts";
import type { OperationEvent } from "#app/domain/operation/event.ts";
import type { Plan, PlanRow } from "#app/domain/plan/plan.ts";
import { kubernetesPort } from "./published-ports.ts";
import {
  type KubernetesStep,
  kubernetesSteps,
  type MachineStep,
  machineSteps,
  type NetworkStep,
  networkSteps,
  type StepKind,
} from "./steps.ts";
import type { ClusterSpec, DiskSource, ImageRef, MachineProfile, MachineSpec, NodeRole, Publication } from "./spec.ts";

interface MachineOfSchema1 {
  readonly nodeName: string;
  readonly libvirtName: string;
  readonly role: NodeRole;
  readonly vcpus: number;
  readonly memoryMiB: number;
  readonly diskGiB: number;
  readonly mac: string;
  readonly address: string;
  readonly sshHostKey: string;
  readonly publishedSshPort: number;
  readonly sinceRevision: number;
}

export interface SpecOfSchema1 {
  readonly schema: 1;
  readonly clusterId: string;
  readonly tenantId: string;
  readonly name: string;
  readonly revision: number;
  /** `machines`: without Kubernetes, for tests. */
  readonly blueprint: "single" | "machines";
  readonly stackName: string;
  readonly prefix: string;
  readonly kubernetesVersion: string;
  readonly image: ImageRef;
  readonly profile: MachineProfile;
  readonly diskSource?: DiskSource | undefined;
  readonly network: {
    readonly name: string;
    readonly bridge: string;
    readonly cidr: string;
    readonly gateway: string;
    readonly podCidr: string;
    readonly serviceCidr: string;
  };
  readonly publishedApiPort: number;
  readonly apiServerNames: readonly string[];
  readonly machines: readonly MachineOfSchema1[];
  readonly authorizedKeys: readonly string[];
  readonly portalKey: string;
  readonly certificates?: { readonly renewed: number } | undefined;
  readonly caCertHash: string;
}

/** All workers of such a cluster are one pool. */
export const formerPool = "workers";
/** What makes a cluster of the blueprint `machines`; see the tests. */
const plain = "plain";

/** A stored spec of any version. */
export const readSpec = (document: ClusterSpec | SpecOfSchema1): ClusterSpec => (document.schema === 1 ? fromSchema1(document) : document);

/** Resources were called after the cluster, so its name is the key of its network and of its Kubernetes. */
function fromSchema1(old: SpecOfSchema1): ClusterSpec {
  const key = old.name;
  const hasApi = old.blueprint === "single";
  const controlPlane = old.machines.filter((m) => m.role === "control-plane");
  const workers = old.machines.filter((m) => m.role === "worker");
  const newest = workers.toSorted((a, b) => a.sinceRevision - b.sinceRevision).at(-1) ?? old.machines[0];
  const size = workers[0] ?? controlPlane[0] ?? { vcpus: 2, memoryMiB: 2048 };
  const pool = {
    name: formerPool,
    vcpus: size.vcpus,
    memoryMiB: size.memoryMiB,
    diskGiB: newest?.diskGiB ?? 20,
    nodes: workers.map((m) => m.nodeName),
    labels: {},
    taints: [],
  };
  return {
    schema: 2,
    clusterId: old.clusterId,
    tenantId: old.tenantId,
    name: old.name,
    revision: old.revision,
    blueprint: old.blueprint,
    hostId: localHost,
    profile: old.profile,
    prefix: old.prefix,
    stackName: old.stackName,
    networks: [
      { key, name: old.network.name, bridge: old.network.bridge, cidr: old.network.cidr, gateway: old.network.gateway, reach: "nat" },
    ],
    machines: old.machines.map((m) => machineFrom(m, old, hasApi)),
    kubernetes: [
      {
        key,
        distribution: hasApi ? "kubeadm" : plain,
        version: old.kubernetesVersion,
        endpoint: hasApi && controlPlane[0] ? { address: controlPlane[0].address, port: kubernetesPort } : null,
        serverNames: old.apiServerNames,
        controlPlane: controlPlane.map((m) => m.nodeName),
        pools: [pool],
        podCidr: old.network.podCidr,
        serviceCidr: old.network.serviceCidr,
        caCertHash: old.caCertHash,
        ...(old.certificates === undefined ? {} : { certificates: old.certificates }),
      },
    ],
    published: publicationsFrom(old, hasApi ? (controlPlane[0]?.nodeName ?? null) : null),
    authorizedKeys: old.authorizedKeys,
    portalKey: old.portalKey,
  };
}

const machineFrom = (m: MachineOfSchema1, old: SpecOfSchema1, sizedDisks: boolean): MachineSpec => ({
  name: m.nodeName,
  libvirtName: m.libvirtName,
  role: m.role,
  pool: m.role === "worker" ? formerPool : null,
  image: old.image,
  vcpus: m.vcpus,
  memoryMiB: m.memoryMiB,
  disks: [{ gib: sizedDisks ? m.diskGiB : null, source: old.diskSource ?? "volume" }],
  interfaces: [{ network: old.name, mac: m.mac, address: m.address }],
  sshHostKey: m.sshHostKey,
  sinceRevision: m.sinceRevision,
});

const publicationsFrom = (old: SpecOfSchema1, api: string | null): readonly Publication[] => [
  ...(api === null ? [] : [{ port: old.publishedApiPort, machine: api, target: kubernetesPort, purpose: "api" as const }]),
  ...old.machines.map((m) => ({ port: m.publishedSshPort, machine: m.nodeName, target: 22, purpose: "ssh" as const })),
];

type Placed = Pick<PlanRow, "name"> & Partial<Pick<PlanRow, "step" | "on">>;

/** A stored plan of any version. */
export const readPlan = (plan: Plan): Plan => ({ ...plan, rows: plan.rows.map(placed) });

/** A stored event of any version. */
export function readEvent(event: OperationEvent): OperationEvent {
  switch (event.kind) {
    case "step":
      return { ...event, step: placed(event.step) };
    case "expected":
      return { ...event, rows: event.rows.map(placed) };
    default:
      return event;
  }
}

const placed = <T extends Placed>(row: T): T => (row.step === undefined ? { ...row, ...placeOfSchema1(row.name) } : row);

/** What a resource of such a cluster is: versions before wrote only its name into plans and journals. */
function placeOfSchema1(name: string): { readonly step: StepKind | null; readonly on: string | null } {
  const [, node, suffix = "machine"] = /^(.+-(?:cp|w)\d+)(?:-([a-z]+))?$/.exec(name) ?? [];
  const cluster = (node ?? name).replace(/-(?:cp|w)\d+$|-[a-z]+$/, "");
  const controlPlane = `${cluster}-cp0`;
  if (node !== undefined && Object.hasOwn(machineSteps, suffix)) {
    const step = suffix as MachineStep;
    return {
      step,
      on: ["disk", "seed", "machine", "off"].includes(step)
        ? null
        : ["seat", "token", "member", "rest"].includes(step)
          ? controlPlane
          : node,
    };
  }
  const last = name.slice(name.lastIndexOf("-") + 1);
  // A cluster's own name may look like a machine's.
  if (Object.hasOwn(kubernetesSteps, last)) return { step: last as KubernetesStep, on: `${name.slice(0, -last.length - 1)}-cp0` };
  return { step: Object.hasOwn(networkSteps, last) ? (last as NetworkStep) : null, on: null };
}
