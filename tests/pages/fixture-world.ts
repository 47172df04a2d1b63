/** The harbour tenant: one cluster, plan and operation in each state that a page can show. */
import { localHost } from "#app/domain/host/libvirt-host.ts";
import { type Message, message } from "#app/domain/message/message.ts";
import { certificateEnds } from "#app/domain/cluster/certificates.ts";
import { specChanges } from "#app/domain/cluster/spec-changes.ts";
import { addressOf, amountsOf, type ClusterSpec, controlPlaneOf, isControlPlane, networkOf, publishedApiPort, publishedSshPort } from "#app/domain/cluster/spec.ts";
import type { SetupState, SetupStepView } from "#app/domain/setup.ts";
import { clusterKeys, type Receipt } from "#app/ports/cluster-store.ts";
import type { ImageView } from "#app/services/hosts/image-view.ts";
import type { Failure } from "#app/domain/operation/failure.ts";
import type { ClusterSummary, ClusterView, OperationSummary, OperationView, PlanView, RevisionView } from "#app/services/portal.ts";
import type { NodeView } from "#app/services/hosts/portal-nodes.ts";
import type { CapacityLeft } from "#app/services/hosts/portal-capacity.ts";
import { clusterOf, expectedSteps, failedRun, failure, grown, journal, minutes, now, operation, plan, planRows, pool, runEvents, specOf } from "./fixture-things.ts";

const demo = specOf("demo", 3, [pool(1)]);
const demoGrown = grown(demo, 3, [pool(2)]);
const rising = specOf("rising", 4, [pool(2)]);
const lab = specOf("lab-2", 5, [pool(1)], ["metrics-server"]);
const next = specOf("next", 6, [pool(1)]);
const old = specOf("old", 2, [pool(1)]);
/** Several node pools, one of them without a machine. */
const gpu = pool(1, { name: "gpu", vcpus: 4, memoryMiB: 4096, diskGiB: 40, labels: { accelerator: "nvidia", zone: "east" }, taints: [{ key: "gpu", value: "yes", effect: "NoSchedule" }] });
const atlas = specOf("atlas", 7, [pool(2), gpu, pool(0, { name: "cache" })]);
const atlasRelabelled = grown(atlas, 7, [pool(2), { ...gpu, labels: { accelerator: "nvidia" } }, pool(1, { name: "cache", labels: { tier: "cache" } })]);

const runningOperation = operation("op-running", "rising", { state: "running", startedAt: minutes(4), requestedAt: minutes(4) - 2000, endedAt: null, may: { cancel: true, resume: false } });

const noLibvirt: Failure = { step: null, machine: null, phase: null, cause: "libvirt-unreachable", reasons: [message("libvirt-silent")], lastOutput: [], next: "check-libvirt" };

export const operations: readonly OperationView[] = [
  { ...runningOperation, ...entriesOf("op-running", runEvents(rising, [], 13), minutes(4), 8000), machines: names(rising) },
  {
    ...operation("op-queued", "next", { kind: "preview", state: "queued", startedAt: null, endedAt: null, planNumber: null, requestedAt: minutes(0.2), queue: { position: 2, reason: "tenant-limit" }, may: { cancel: true, resume: false } }),
    ...entriesOf("op-queued", [{ kind: "state", to: "queued", reasons: [], by: "mina" }], minutes(0.2), 1000),
    machines: names(next),
  },
  {
    ...operation("op-failed", "lab-2", { state: "failed", failure, startedAt: minutes(12), requestedAt: minutes(12), endedAt: minutes(5), may: { cancel: false, resume: true } }),
    ...entriesOf("op-failed", failedRun(lab), minutes(12), 14_000),
    machines: names(lab),
  },
  {
    ...operation("op-interrupted", "lab-2", { state: "interrupted", startedAt: minutes(26), endedAt: null, requestedAt: minutes(26), attempt: 2, turn: "berth", may: { cancel: true, resume: true } }),
    ...entriesOf("op-interrupted", runEvents(lab, [{ kind: "state", to: "interrupted", reasons: [message("holder-gone")], by: null }], 4), minutes(26), 9000),
    machines: names(lab),
  },
  {
    ...operation("op-cancelled", "next", { state: "cancelled", endedAt: minutes(40), may: { cancel: false, resume: true } }),
    ...entriesOf("op-cancelled", runEvents(next, [{ kind: "cancel-requested", by: "mina" }, { kind: "state", to: "cancelled", reasons: [], by: "mina" }], 2), minutes(44), 9000),
    machines: names(next),
  },
  {
    ...operation("op-no-libvirt", "next", { kind: "preview", state: "failed", planNumber: null, failure: noLibvirt }),
    ...entriesOf("op-no-libvirt", [{ kind: "state", to: "queued", reasons: [], by: "mina" }, { kind: "state", to: "running", reasons: [], by: null }, { kind: "failure", failure: noLibvirt }, { kind: "state", to: "failed", reasons: [message("libvirt-silent")], by: null }], minutes(50), 1000),
    machines: names(next),
  },
  {
    ...operation("op-preview", "demo", { kind: "preview", planNumber: 2, estimateSeconds: 9, startedAt: minutes(2), endedAt: minutes(2) + 8000, requestedAt: minutes(2) }),
    ...entriesOf("op-preview", [...runEvents(demoGrown, [], 0).slice(0, 3), { kind: "planned", planId: "plan-demo-2" }, { kind: "state", to: "succeeded", reasons: [], by: null }], minutes(2), 2000),
    machines: names(demoGrown),
  },
  ...standingStill(),
  {
    ...operation("op-done", "demo", {}),
    ...entriesOf("op-done", runEvents(demo, [{ kind: "state", to: "succeeded", reasons: [], by: null }], expectedSteps(demo).length), minutes(60), 14_000),
    machines: names(demo),
  },
  {
    ...operation("op-later", "demo", { specRevision: 2, planNumber: 2, endedAt: minutes(70) + 60_000, startedAt: minutes(70), requestedAt: minutes(70) }),
    ...entriesOf("op-later", runEvents(demoGrown, [{ kind: "state", to: "succeeded", reasons: [], by: null }], 3), minutes(70), 9000),
    machines: names(demoGrown),
  },
  {
    ...operation("op-destroy", "old", { kind: "destroy", planKind: "destroy", endedAt: minutes(180) + 41_000, startedAt: minutes(180), requestedAt: minutes(180) }),
    ...entriesOf("op-destroy", destroyEvents(old), minutes(180), 1500),
    machines: names(old),
  },
];

/** Ends with what a viewer gets over the socket after the first paint. */
const previewed = [
  { kind: "state", to: "queued", reasons: [], by: "mina" },
  { kind: "state", to: "running", reasons: [], by: null },
  { kind: "planned", planId: "plan-demo-2" },
  { kind: "state", to: "succeeded", reasons: [], by: null },
] as const;

/** A preview while it is looked at: running at first, done when the page asks again. */
export const previewing = (again: boolean): OperationView => {
  const times = { startedAt: minutes(0.1), requestedAt: minutes(0.1) };
  const all = entriesOf("op-previewing", previewed, minutes(0.1), 1000);
  if (again) return { ...operation("op-previewing", "demo", { kind: "preview", planNumber: 2, ...times, endedAt: now }), ...all, machines: names(demoGrown) };
  const first = { ...all, entries: all.entries.slice(0, 2), cursor: 2 };
  return { ...operation("op-previewing", "demo", { kind: "preview", state: "running", planNumber: null, ...times, endedAt: null, may: { cancel: true, resume: false } }), ...first, machines: names(demoGrown) };
};

/** Operations that wait for something, are being cancelled, or were put in order after an interruption. */
function standingStill(): readonly OperationView[] {
  const running = { state: "running", endedAt: null, startedAt: minutes(6), requestedAt: minutes(6) } as const;
  const stays = [message("machine-running", { name: "cp0" }), message("machine-stopped", { name: "w1" }), message("thing", { what: "network", name: "rising" })];
  const did = [message("lock-removed"), message("leftover-removed", { what: "machine", name: "w1" })];
  const view = (over: OperationSummary, spec: ClusterSpec, events: Parameters<typeof journal>[1]): OperationView => ({ ...over, ...entriesOf(over.id, events, minutes(6), 9000), machines: names(spec) });
  return [
    view(operation("op-cancelling", "rising", { ...running, cancelRequestedAt: minutes(1) }), rising, runEvents(rising, [{ kind: "cancel-requested", by: "mina" }, { kind: "cancel-rung", rung: "asked", stays: [] }, { kind: "cancel-rung", rung: "insisted", stays }], 9)),
    view(operation("op-stays", "rising", { state: "cancelled", cancelRequestedAt: minutes(2), endedAt: minutes(1), may: { cancel: false, resume: true } }), rising, runEvents(rising, [{ kind: "cancel-requested", by: "mina" }, { kind: "cancel-rung", rung: "put-in-order", stays }, { kind: "state", to: "cancelled", reasons: [], by: "mina" }], 9)),
    view(operation("op-waiting", "lab-2", { ...running, may: { cancel: true, resume: false } }), lab, runEvents(lab, [{ kind: "waiting", reason: "disk-full", detail: "120 MiB free, 512 MiB needed" }], 6)),
    view(operation("op-recovered", "lab-2", { ...running, attempt: 2, may: { cancel: true, resume: false } }), lab, runEvents(lab, recovered(did), 5)),
  ];
}

function recovered(did: readonly Message[]) {
  return [
    { kind: "recovery", automatic: true, did },
    { kind: "state", to: "interrupted", reasons: [message("holder-gone")], by: null },
    { kind: "state", to: "queued", reasons: [message("handed-over")], by: null },
    { kind: "state", to: "running", reasons: [message("handed-over")], by: null },
  ] as const;
}

function destroyEvents(spec: ClusterSpec) {
  const steps = [...expectedSteps(spec, "delete")].reverse();
  return [
    { kind: "state", to: "queued", reasons: [], by: "mina" },
    { kind: "state", to: "running", reasons: [], by: null },
    { kind: "expected", rows: steps },
    ...steps.map((step) => ({ kind: "step", step, change: "delete", status: "done" }) as const),
    { kind: "state", to: "succeeded", reasons: [], by: null },
  ] as const;
}

function entriesOf(id: string, events: Parameters<typeof journal>[1], from: number, everyMs: number) {
  const entries = journal(id, events, from, everyMs);
  return { entries, cursor: entries.length, head: entries.length };
}

function names(spec: ClusterSpec): readonly string[] {
  return spec.machines.map((machine) => machine.name);
}

export const clusters: readonly ClusterSummary[] = [
  clusterOf(demo, { revision: 2, workers: 1 }),
  clusterOf(lab, { state: "degraded", differs: 5, certificates: "soon" }),
  clusterOf(rising, { state: "provisioning", liveRevision: 0, readyAt: null, createdAt: minutes(5), current: runningOperation }),
  clusterOf(next, { state: "draft", liveRevision: 0, readyAt: null, createdAt: minutes(3) }),
  clusterOf(atlas, { revision: 2 }),
  clusterOf(old, { state: "gone", goneAt: minutes(179) }),
];

const summaryOf = (name: string): ClusterSummary => {
  const found = clusters.find((cluster) => cluster.name === name);
  if (found === undefined) throw new Error(`the fixture has no cluster ${name}`);
  return found;
};

const nodesOf = (spec: ClusterSpec, machine: (index: number) => NodeView["machine"]): readonly NodeView[] =>
  spec.machines.map((m, index) => ({
    name: m.name,
    role: isControlPlane(spec, m.name) ? "control-plane" : "worker",
    pool: m.pool,
    address: addressOf(m),
    ...amountsOf(m),
    machine: machine(index),
    sshCommand: `ssh -p ${publishedSshPort(spec, m.name)} berth@127.0.0.1`,
  }));

function viewOf(spec: ClusterSpec, over: Partial<ClusterView>): ClusterView {
  const summary = summaryOf(spec.name);
  const alive = summary.state !== "gone" && summary.state !== "provisioning";
  return {
    summary,
    spec,
    liveSpec: spec,
    nodes: nodesOf(spec, () => "running"),
    takenPorts: [],
    access: { apiServer: `https://127.0.0.1:${publishedApiPort(spec)}`, directApiServer: `https://${addressOf(controlPlaneOf(spec))}:6443`, contextName: `harbour.${spec.name}`, kubeconfigReady: summary.liveRevision > 0 },
    certificates: summary.liveRevision > 0 && alive ? { ends: certificateEnds({ authorities: { "cluster-ca": minutes(-5_000_000) }, readEnd: minutes(-500_000), createdAt: summary.createdAt }, minutes(0)), due: false } : null,
    revisions: [{ revision: 1, at: summary.createdAt }],
    revisionPage: { total: summary.revision, skipped: 0, next: null },
    plans: [],
    planPage: { total: over.plans?.length ?? 0, skipped: 0, next: null },
    waitingPlan: over.plans?.find((plan) => !plan.stale)?.number ?? null,
    operations: operations.filter((one) => one.cluster === spec.name),
    receipt: null,
    state: summary.liveRevision > 0 ? { bytes: 1_430_000, checkpoints: 12 } : null,
    may: { edit: alive, preview: alive, destroy: alive, discard: alive && summary.revision > summary.liveRevision, renew: alive && summary.liveRevision > 0, kubeconfig: summary.liveRevision > 0 },
    ...over,
  };
}

const planSummary = (number: number, over: Partial<ClusterView["plans"][number]>) => ({ id: `plan-${number}`, number, kind: "update" as const, fromRevision: 1, specRevision: 2, createdAt: minutes(2), stale: false, execution: null, ...over });

export const receipt: Receipt = {
  operationId: "op-destroy",
  at: minutes(179),
  by: "mina",
  rows: [
    ...old.machines.map((m) => ({ what: "machine" as const, name: m.libvirtName, gone: true, proof: message("no-machine") })),
    ...old.machines.map((m) => ({ what: "disk" as const, name: `${m.libvirtName}-disk.qcow2`, gone: true, proof: message("no-disk") })),
    { what: "network", name: networkOf(old).name, gone: true, proof: message("no-network") },
    { what: "state", name: old.stackName, gone: true, proof: message("state-removed", { count: 14 }) },
    { what: "secret", name: clusterKeys, gone: true, proof: message("no-secret") },
    { what: "address", name: networkOf(old).cidr, gone: true, proof: message("address-free") },
  ],
};

export const clusterViews: Readonly<Record<string, ClusterView>> = {
  demo: viewOf(demo, {
    revisions: [{ revision: 2, at: minutes(2) }, { revision: 1, at: minutes(4320) }],
    plans: [planSummary(2, {}), planSummary(1, { stale: true, fromRevision: 0, specRevision: 1, createdAt: minutes(4319) })],
  }),
  "lab-2": viewOf(lab, { certificates: { ends: certificateEnds({ authorities: {}, readEnd: minutes(-20_000), createdAt: minutes(400_000) }, minutes(0)), due: true }, nodes: nodesOf(lab, (index) => (index === 0 ? "running" : "stopped")) }),
  rising: viewOf(rising, { nodes: nodesOf(rising, (index) => (index === 2 ? "absent" : "running")), liveSpec: null }),
  next: viewOf(next, { nodes: nodesOf(next, () => "absent"), liveSpec: null, plans: [planSummary(3, { fromRevision: 0, specRevision: 1 })] }),
  atlas: viewOf(atlas, { spec: atlasRelabelled, revisions: [{ revision: 2, at: minutes(2) }, { revision: 1, at: minutes(4320) }], plans: [planSummary(11, {})] }),
  old: viewOf(old, { receipt, nodes: [] }),
};

const amount = (total: number, committed: number) => ({ total, committed, left: total - committed });

export const room: CapacityLeft = {
  hostId: localHost,
  name: "quay-1",
  state: "open",
  reachable: true,
  hostName: "quay-1",
  vcpus: amount(16, 8),
  memoryMiB: amount(20_480, 8192),
  diskGiB: amount(400, 80),
  networks: amount(256, 4),
  memoryReserveMiB: 2048,
  heldBy: {
    clusters: [{ tenant: "harbour", cluster: "demo", vcpus: 6, memoryMiB: 6144, diskGiB: 60 }],
    others: { clusters: 1, vcpus: 2, memoryMiB: 2048, diskGiB: 20 },
  },
};

const planView = (number: number, spec: ClusterSpec, over: Partial<PlanView>, planOver: Parameters<typeof plan>[2]): PlanView => ({
  plan: plan(spec, number, planOver),
  cluster: summaryOf(spec.name),
  refusals: [],
  heldBy: null,
  moved: [],
  specChanges: [],
  estimateSeconds: 420,
  losesData: [],
  nameNeeded: false,
  mayApprove: true,
  mayPreview: true,
  mayEdit: true,
  discarded: false,
  operation: null,
  ...over,
});

const addsSecondWorker = (name: string) => (name.startsWith("w2") ? ("create" as const) : ("same" as const));
const refusals = [{ code: "memory", needed: 24_576, available: 14_336, unit: "MiB" }] as const;

/** By number: 1 executed, 2 scale up, 3 first, 4 refused, 5 stale, 6 teardown, 7 replaces a node, 8 nothing to do, 9 repairs drift, 10 while another operation runs, 11 another pool and other labels. */
export const plans: readonly PlanView[] = [
  planView(1, demo, { operation: operations.find((one) => one.id === "op-done") ?? null, mayApprove: false }, {}),
  planView(2, demoGrown, { specChanges: specChanges(demo, demoGrown), estimateSeconds: 190 }, { fromRevision: 1, rows: planRows(demoGrown, addsSecondWorker) }),
  planView(3, next, { specChanges: specChanges(null, next), estimateSeconds: null }, {}),
  planView(4, next, { mayApprove: false, refusals, heldBy: room.heldBy }, { refusals, headroom: [{ what: "memory", unit: "MiB", before: 6144, after: 30_720, limit: 20_480 }] }),
  planView(5, demoGrown, { moved: ["revision", "state"], mayApprove: false }, { fromRevision: 1, rows: planRows(demoGrown, addsSecondWorker) }),
  planView(6, demo, { nameNeeded: true, losesData: names(demo), estimateSeconds: 40 }, { kind: "destroy", fromRevision: 1, rows: [...planRows(demo, () => "delete")].reverse(), headroom: [{ what: "memory", unit: "MiB", before: 8192, after: 4096, limit: 20_480 }] }),
  planView(7, demo, { nameNeeded: true, losesData: ["cp0"] }, { fromRevision: 1, rows: planRows(demo, (name) => (name === "cp0-disk" || name === "cp0" ? "replace" : "same")) }),
  planView(8, demo, { estimateSeconds: null }, { fromRevision: 1, rows: planRows(demo, () => "same") }),
  planView(9, demo, {}, {
    fromRevision: 1,
    rows: planRows(demo, (name) => (name === "w1" ? "update" : "same")),
    repair: { refresh: true, again: ["main-smoke", "w1-ready"], marks: ["machine-stopped:w1=stopped"] },
  }),
  planView(10, rising, { cluster: { ...summaryOf("rising"), current: runningOperation }, mayApprove: false }, {}),
  planView(11, atlasRelabelled, { specChanges: specChanges(atlas, atlasRelabelled) }, { fromRevision: 1, rows: planRows(atlasRelabelled, (name) => (name === "w3-labels" ? "update" : name.startsWith("w4") ? "create" : "same")) }),
];

export const revisions: readonly RevisionView[] = [
  { cluster: summaryOf("demo"), revision: 1, at: minutes(4320), spec: demo, changes: specChanges(null, demo) },
  { cluster: summaryOf("demo"), revision: 2, at: minutes(2), spec: demoGrown, changes: specChanges(demo, demoGrown) },
];

/** Before there is a libvirt to ask. */
export const roomUnknown: CapacityLeft = { ...room, reachable: false, hostName: "", vcpus: amount(0, 0), memoryMiB: amount(0, 0), diskGiB: amount(0, 0) };

export const images: readonly ImageView[] = [
  {
    name: "kubernetes-1.35.4",
    kind: "node",
    contentHash: "3f9a".repeat(16),
    kubernetesVersion: "1.35.4",
    sizeBytes: 1.44 * 1024 ** 3,
    builtAt: new Date(minutes(2000)).toISOString(),
    packages: [{ name: "containerd", version: "1.6.20~ds1-1+deb12u1" }, { name: "linux-image-cloud-amd64", version: "6.1.170-1" }],
    components: { kubernetes: "1.35.4", etcd: "3.6.5", coredns: "1.13.1", flannel: "0.27.4" },
    containerImages: [],
  },
  {
    name: "tiny-guest",
    kind: "tiny",
    contentHash: "77b0".repeat(16),
    kubernetesVersion: null,
    sizeBytes: 14 * 1024 ** 2,
    builtAt: new Date(minutes(2100)).toISOString(),
    packages: [],
    components: {},
    containerImages: [],
  },
];

const step = (id: SetupStepView["id"], state: SetupStepView["step"], estimateSeconds: number, tail: readonly string[] = []): SetupStepView => ({ id, step: state, estimateSeconds, tail });
const done = (outcome: readonly Message[], from: number, seconds: number) => ({ state: "done" as const, startedAt: minutes(from), endedAt: minutes(from) + seconds * 1000, outcome });

export const setupDone: SetupState = {
  updatedAt: minutes(1),
  steps: [
    step("packages", done([message("packages-installed", { count: 14 })], 40, 61), 90),
    step("portal", done([message("pages-built")], 39, 74), 100),
    step("hypervisor", done([message("own-libvirt", { version: "9.0.0", qemu: "7.2.17" }), message("nothing-runs")], 37, 4), 10),
    step("accelerator", done([message("runs-emulated"), message("no-virtualisation")], 36, 2), 20),
    step("engine", done([message("engine-built")], 36, 902), 900),
    step("image", done([message("image-built")], 20, 880), 900),
  ],
  hypervisor: { mode: "private", uri: "qemu:///system", reasons: [message("nothing-runs")] },
  accelerator: { accelerator: "tcg", reasons: [message("no-virtualisation")], chosenBy: "probe" },
};

export const setupUnderWay: SetupState = {
  updatedAt: now,
  steps: [
    step("packages", done([message("packages-installed", { count: 14 })], 8, 61), 90),
    step("portal", done([message("pages-built")], 7, 74), 100),
    step("hypervisor", { state: "failed", startedAt: minutes(5), endedAt: minutes(4), reasons: [message("starting-program", { program: "libvirtd" }), message("program-missing", { program: "libvirtd" })], fix: message("run-command", { command: "apt-get install libvirt-daemon-system" }) }, 10, ["E: Unable to locate package", "libvirtd: command not found"]),
    step("accelerator", { state: "waiting" }, 20),
    step("engine", { state: "running", startedAt: minutes(4) }, 900, ["compiling the command line (1 of 3)", "go: downloading modules", "internal/abi", "runtime"]),
    step("image", { state: "waiting" }, 900),
  ],
  hypervisor: null,
  accelerator: null,
};
