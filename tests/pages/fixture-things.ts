/** Things that pages are looked at with: specifications, clusters, operations and plans in every state. */
import { localHost } from "#app/domain/host/libvirt-host.ts";
import { reported } from "#app/domain/message/message.ts";
import { buildSpec, firstMachineNames } from "#app/domain/cluster/build-spec.ts";
import { changeOf, reviseSpec } from "#app/domain/cluster/revise-spec.ts";
import type { Blueprint } from "#app/domain/blueprints/blueprint.ts";
import { single } from "#app/domain/blueprints/single.ts";
import type { PoolInput } from "#app/domain/cluster/spec-input.ts";
import { totalOf } from "#app/domain/cluster/sizes.ts";
import {
  amountsOf,
  type ClusterSpec,
  controlPlaneOf,
  controlPlanesOf,
  kubernetesOf,
  networkOf,
  poolOf,
  workersOf,
} from "#app/domain/cluster/spec.ts";
import { clusterStepName, machineStepName, placeOf, stepTable } from "#app/domain/cluster/steps.ts";
import type { ExpectedStep, JournalEntry, OperationEvent } from "#app/domain/operation/event.ts";
import { purposeOf } from "#app/domain/operation/purpose.ts";
import type { Failure } from "#app/domain/operation/failure.ts";
import type { Change, Plan, PlanRow } from "#app/domain/plan/plan.ts";
import { classifyRow } from "#app/domain/plan/rows.ts";
import type { ClusterSummary, OperationSummary } from "#app/services/portal.ts";

/** When the fixture was made: everything in it is so many minutes ago. */
export const now = Date.now();
export const minutes = (n: number): number => now - n * 60_000;

const size = { vcpus: 2, memoryMiB: 2048 };
export const pool = (count: number, over: Partial<PoolInput> = {}): PoolInput => ({
  name: "workers",
  ...size,
  count,
  diskGiB: 20,
  labels: {},
  taints: [],
  ...over,
});
const settings = { networkRange: "10.91.0.0/16", portBase: 20_000 };

const fakeKey = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIFixtureFixtureFixtureFixtureFixtureFixture0";

/** Of as many machines as any of these clusters has. */
const hostKeys = Object.fromEntries(firstMachineNames({ controlPlanes: 5 }, [{ count: 5 }]).map((machine) => [machine, fakeKey]));

interface More {
  readonly addOns?: readonly string[];
  readonly blueprint?: Blueprint;
}

export function specOf(
  name: string,
  networkIndex: number,
  pools: readonly PoolInput[],
  { addOns = [], blueprint = single }: More = {},
): ClusterSpec {
  return buildSpec({
    clusterId: `cluster-${name}`,
    tenantId: "tenant-harbour",
    hostId: localHost,
    topology: blueprint,
    input: {
      name,
      kubernetesVersion: "1.35.4",
      controlPlane: { ...size, diskGiB: 20 },
      pools,
      authorizedKeys: [fakeKey],
      podCidr: "10.244.0.0/16",
      serviceCidr: "10.96.0.0/12",
      addOns,
    },
    networkIndex,
    settings,
    image: { name: "kubernetes-1.35.4", contentHash: "3f9a".repeat(16) },
    profile: "emulated",
    apiServerNames: ["127.0.0.1", "berth.example.org"],
    keys: { portalKey: fakeKey, hostKeys, caCertHash: `sha256:${"ab".repeat(32)}` },
  });
}

export function grown(spec: ClusterSpec, networkIndex: number, pools: readonly PoolInput[]): ClusterSpec {
  return reviseSpec({
    previous: spec,
    live: spec,
    change: { ...changeOf(spec), pools },
    networkIndex,
    settings,
    hostKeys,
  });
}

export const operation = (id: string, cluster: string, over: Partial<OperationSummary>): OperationSummary => ({
  id,
  tenant: "harbour",
  cluster,
  kind: "update",
  planKind: "update",
  purpose: purposeOf(
    { kind: "update", planKind: "update", ...over },
    { kind: over.planKind ?? "update", fromRevision: (over.specRevision ?? 1) - 1 },
  ),
  state: "succeeded",
  specRevision: 1,
  planNumber: 1,
  requestedBy: "mina",
  requestedAt: minutes(60),
  startedAt: minutes(60) + 2000,
  endedAt: minutes(60) + 412_000,
  cancelRequestedAt: null,
  attempt: 1,
  failure: null,
  estimateSeconds: 420,
  queue: null,
  turn: null,
  may: { cancel: false, resume: false },
  ...over,
});

const sizeOf = (spec: ClusterSpec) => ({
  controlPlanes: controlPlanesOf(spec).length,
  workers: workersOf(spec).length,
  ...totalOf(spec.machines.map(amountsOf)),
});

export const clusterOf = (spec: ClusterSpec, over: Partial<ClusterSummary>): ClusterSummary => ({
  id: spec.clusterId,
  tenant: "harbour",
  name: spec.name,
  state: "ready",
  power: "on",
  blueprint: spec.blueprint,
  kubernetesVersion: kubernetesOf(spec).version,
  revision: spec.revision,
  liveRevision: spec.revision,
  ...sizeOf(spec),
  live:
    over.liveRevision === 0
      ? null
      : { ...sizeOf(spec), workers: over.workers ?? workersOf(spec).length, vcpus: 0, memoryMiB: 0, diskGiB: 0 },
  createdAt: minutes(3 * 24 * 60),
  readyAt: minutes(3 * 24 * 60 - 7),
  goneAt: null,
  expiresAt: null,
  current: null,
  differs: 0,
  certificates: "valid",
  ...over,
});

const types = {
  network: "libvirt:index/network:Network",
  pool: "libvirt:index/pool:Pool",
  machine: "libvirt:index/domain:Domain",
  disk: "libvirt:index/volume:Volume",
  seed: "libvirt:index/volume:Volume",
} as const;
const commandType = "command:remote:Command";

const hasNodeSettings = (pool: ReturnType<typeof poolOf>): boolean =>
  pool !== undefined && (pool.taints.length > 0 || Object.keys(pool.labels).length > 0);

/** Names and types of everything a program for this spec makes, in order. */
function resourcesOf(spec: ClusterSpec): readonly { readonly name: string; readonly type: string }[] {
  const { controlPlane } = kubernetesOf(spec);
  // The first of several control planes joins as well, once there is a second.
  const joining = spec.machines.filter(({ name, role }) => role === "worker" || (controlPlane.length > 1 && controlPlane.includes(name)));
  const joins: ReadonlySet<string> = new Set(joining.map(({ name }) => name));
  const perMachine = spec.machines.flatMap(({ name }) => [
    { name: machineStepName(name, "disk"), type: types.disk },
    { name: machineStepName(name, "seed"), type: types.seed },
    { name: machineStepName(name, "machine"), type: types.machine },
    { name: machineStepName(name, "ready"), type: commandType },
    ...(joins.has(name) ? [{ name: machineStepName(name, "join"), type: commandType }] : []),
    ...(hasNodeSettings(poolOf(spec, name)) ? [{ name: machineStepName(name, "labels"), type: commandType }] : []),
  ]);
  return [
    { name: clusterStepName(networkOf(spec).key, "network"), type: types.network },
    ...perMachine,
    ...(["init", "cni", "smoke", "kubeconfig"] as const).map((step) => ({
      name: clusterStepName(kubernetesOf(spec).key, step),
      type: commandType,
    })),
    ...spec.machines.flatMap(({ name }) =>
      (joins.has(name) ? (["off", "seat", "rest"] as const) : (["off", "rest"] as const)).map((step) => ({
        name: machineStepName(name, step),
        type: commandType,
      })),
    ),
  ];
}

const urnOf = (type: string, name: string): string => `urn:pulumi:stack::berth::${type}::${name}`;

export const planRows = (spec: ClusterSpec, changeAt: (name: string) => Change): readonly PlanRow[] =>
  resourcesOf(spec).map(({ name, type }) => {
    const raw = { name, type, change: changeAt(name), changed: [] };
    return { ...raw, ...classifyRow(stepTable([spec]), raw), urn: urnOf(type, name) };
  });

export const plan = (spec: ClusterSpec, number: number, over: Partial<Plan>): Plan => ({
  id: `plan-${spec.name}-${number}`,
  tenantId: spec.tenantId,
  clusterId: spec.clusterId,
  operationId: "op-preview",
  kind: "update",
  number,
  fromRevision: 0,
  specRevision: spec.revision,
  stateSerial: 0,
  hash: "c0ffee".repeat(10),
  rows: planRows(spec, () => "create"),
  headroom: [
    { what: "memory", unit: "MiB", before: 6144, after: 6144 + 2048 * spec.machines.length, limit: 20_480 },
    { what: "vcpus", unit: "vCPU", before: 6, after: 6 + 2 * spec.machines.length, limit: 16 },
    { what: "disk", unit: "GiB", before: 60, after: 60 + 20 * spec.machines.length, limit: 400 },
  ],
  refusals: [],
  createdAt: minutes(1),
  ...over,
});

export const expectedSteps = (spec: ClusterSpec, change: Change = "create"): readonly ExpectedStep[] =>
  resourcesOf(spec).flatMap(({ name, type }) => {
    const place = placeOf(stepTable([spec]), type, name);
    return place === null ? [] : [{ urn: urnOf(type, name), name, type, change, ...place }];
  });

/** Events with times that grow by `everyMs` from `from`. */
export const journal = (operationId: string, events: readonly OperationEvent[], from: number, everyMs: number): readonly JournalEntry[] =>
  events.map((event, index) => ({ operationId, seq: index + 1, at: from + index * everyMs, event }));

const started = (by: string): readonly OperationEvent[] => [
  { kind: "state", to: "queued", reasons: [], by },
  { kind: "state", to: "running", reasons: [], by: null },
];

const consoleLines = [
  "[    0.000000] Linux version 6.1.0 (Debian 12)",
  "[    4.218211] systemd[1]: Reached target network-online.target",
  "[   12.904412] cloud-init[412]: Cloud-init finished",
];
const initLines = [
  "[init] Using Kubernetes version: v1.35.4",
  "[preflight] Running pre-flight checks",
  "[certs] Using existing ca certificate authority",
  '[kubeconfig] Writing "admin.conf" kubeconfig file',
  "[control-plane-check] kube-apiserver is healthy after 31.2 s",
];

/** A run up to the control plane's bootstrap; with `end`, to its end. */
export function runEvents(spec: ClusterSpec, end: readonly OperationEvent[], doneSteps: number): readonly OperationEvent[] {
  const steps = expectedSteps(spec);
  const { name: node } = controlPlaneOf(spec);
  return [
    ...started("mina"),
    { kind: "expected", rows: steps },
    ...steps.slice(0, doneSteps).flatMap((step): readonly OperationEvent[] => [
      { kind: "step", step, change: "create", status: "running" },
      { kind: "step", step, change: "create", status: "done" },
    ]),
    { kind: "output", source: "console", machine: node, step: null, lines: consoleLines },
    ...steps.slice(doneSteps, doneSteps + 1).map((step): OperationEvent => ({ kind: "step", step, change: "create", status: "running" })),
    { kind: "output", source: "command", machine: node, step: clusterStepName(kubernetesOf(spec).key, "init"), lines: initLines },
    ...end,
  ];
}

export const failure: Failure = {
  step: "w1-join",
  machine: "w1",
  phase: "join",
  cause: "kubeadm-join",
  reasons: [reported("joining w1: the command ended with exit code 1")],
  lastOutput: [
    "[discovery] Failed to request cluster-info, will try again",
    "error: couldn't validate the identity of the API Server: timed out",
    "exit status 1",
  ],
  next: "resume",
};

export const failedRun = (spec: ClusterSpec): readonly OperationEvent[] => {
  const steps = expectedSteps(spec);
  const broken = steps.find((step) => step.name === "w1-join");
  return runEvents(
    spec,
    [
      ...(broken === undefined ? [] : [{ kind: "step", step: broken, change: "create", status: "failed" } as const]),
      { kind: "output", source: "command", machine: "w1", step: "w1-join", lines: failure.lastOutput },
      { kind: "notice", level: "warning", machine: "w1", message: reported("the join was tried three times") },
      { kind: "failure", failure },
      { kind: "state", to: "failed", reasons: [], by: null },
    ],
    8,
  );
};
