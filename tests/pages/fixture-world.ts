/** The harbour tenant: one cluster and plan in each state that a page can show. */
import { localHost } from "#app/domain/host/libvirt-host.ts";
import { message } from "#app/domain/message/message.ts";
import { directApiAddress } from "#app/services/clusters/kubeconfig.ts";
import { certificateEnds } from "#app/domain/cluster/certificates.ts";
import { specChanges } from "#app/domain/cluster/spec-changes.ts";
import {
  addressOf,
  amountsOf,
  type ClusterSpec,
  isControlPlane,
  networkOf,
  publishedApiPort,
  publishedSshPort,
} from "#app/domain/cluster/spec.ts";
import { clusterKeys, type Receipt } from "#app/ports/cluster-store.ts";
import type { ClusterSummary, ClusterView, PlanView, RevisionView } from "#app/services/portal.ts";
import type { NodeView } from "#app/services/hosts/portal-nodes.ts";
import type { CapacityLeft } from "#app/services/hosts/portal-capacity.ts";
import { clusterOf, minutes, plan, planRows } from "./fixture-things.ts";
import { demo, demoGrown, rising, lab, next, old, atlas, atlasRelabelled, names, night, trio } from "./fixture-specs.ts";
import { operations, runningOperation } from "./fixture-operations.ts";

export const clusters: readonly ClusterSummary[] = [
  clusterOf(demo, { revision: 2, workers: 1 }),
  clusterOf(lab, { state: "degraded", differs: 5, certificates: "soon" }),
  clusterOf(rising, { state: "provisioning", liveRevision: 0, readyAt: null, createdAt: minutes(5), current: runningOperation }),
  clusterOf(next, { state: "draft", liveRevision: 0, readyAt: null, createdAt: minutes(3) }),
  clusterOf(atlas, { revision: 2 }),
  clusterOf(trio, { state: "degraded", differs: 2 }),
  clusterOf(night, { power: "saved" }),
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
    nextPower: spec.powerHours === undefined ? null : { at: minutes(-600), power: "on" },
    proposedHours: "mon-fri 08:00-19:00 Europe/Berlin",
    access: {
      apiServer: `https://127.0.0.1:${publishedApiPort(spec)}`,
      directApiServer: directApiAddress(spec),
      contextName: `harbour.${spec.name}`,
      kubeconfigReady: summary.liveRevision > 0,
    },
    certificates:
      summary.liveRevision > 0 && alive
        ? {
            ends: certificateEnds(
              { authorities: { "cluster-ca": minutes(-5_000_000) }, readEnd: minutes(-500_000), createdAt: summary.createdAt },
              minutes(0),
            ),
            due: false,
          }
        : null,
    revisions: [{ revision: 1, at: summary.createdAt }],
    revisionPage: { total: summary.revision, skipped: 0, next: null },
    plans: [],
    planPage: { total: over.plans?.length ?? 0, skipped: 0, next: null },
    waitingPlan: over.plans?.find((plan) => !plan.stale)?.number ?? null,
    operations: operations.filter((one) => one.cluster === spec.name),
    receipt: null,
    state: summary.liveRevision > 0 ? { bytes: 1_430_000, checkpoints: 12 } : null,
    may: {
      edit: alive,
      preview: alive,
      destroy: alive,
      discard: alive && summary.revision > summary.liveRevision,
      renew: alive && summary.liveRevision > 0,
      save: alive && summary.liveRevision > 0 && summary.power === "on",
      wake: alive && summary.power === "saved",
      kubeconfig: summary.liveRevision > 0,
    },
    ...over,
  };
}

const planSummary = (number: number, over: Partial<ClusterView["plans"][number]>) => ({
  id: `plan-${number}`,
  number,
  kind: "update" as const,
  fromRevision: 1,
  specRevision: 2,
  createdAt: minutes(2),
  stale: false,
  execution: null,
  ...over,
});

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
    revisions: [
      { revision: 2, at: minutes(2) },
      { revision: 1, at: minutes(4320) },
    ],
    plans: [planSummary(2, {}), planSummary(1, { stale: true, fromRevision: 0, specRevision: 1, createdAt: minutes(4319) })],
  }),
  "lab-2": viewOf(lab, {
    certificates: {
      ends: certificateEnds({ authorities: {}, readEnd: minutes(-20_000), createdAt: minutes(400_000) }, minutes(0)),
      due: true,
    },
    nodes: nodesOf(lab, (index) => (index === 0 ? "running" : "stopped")),
  }),
  rising: viewOf(rising, { nodes: nodesOf(rising, (index) => (index === 2 ? "absent" : "running")), liveSpec: null }),
  next: viewOf(next, {
    nodes: nodesOf(next, () => "absent"),
    liveSpec: null,
    plans: [planSummary(3, { fromRevision: 0, specRevision: 1 })],
  }),
  atlas: viewOf(atlas, {
    spec: atlasRelabelled,
    revisions: [
      { revision: 2, at: minutes(2) },
      { revision: 1, at: minutes(4320) },
    ],
    plans: [planSummary(11, {})],
  }),
  trio: viewOf(trio, {
    nodes: nodesOf(trio, (index) => (index === 1 ? "stopped" : "running")),
    plans: [
      planSummary(12, { specRevision: 1 }),
      planSummary(1, { stale: true, fromRevision: 0, specRevision: 1, createdAt: minutes(4319) }),
    ],
    planPage: { total: 2, skipped: 0, next: null },
  }),
  night: viewOf(night, { nodes: nodesOf(night, () => "saved") }),
  old: viewOf(old, { receipt, nodes: [] }),
};

const amount = (total: number, committed: number) => ({ total, committed, left: total - committed });

export const capacity: CapacityLeft = {
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

/**
 * By number: 1 executed, 2 scale up, 3 first, 4 refused, 5 stale, 6 teardown, 7 replaces a node, 8 nothing to do, 9 repairs drift,
 * 10 while another operation runs, 11 another pool and other labels, 12 replaces one of three control planes.
 */
export const plans: readonly PlanView[] = [
  planView(1, demo, { operation: operations.find((one) => one.id === "op-done") ?? null, mayApprove: false }, {}),
  planView(
    2,
    demoGrown,
    { specChanges: specChanges(demo, demoGrown), estimateSeconds: 190 },
    { fromRevision: 1, rows: planRows(demoGrown, addsSecondWorker) },
  ),
  planView(3, next, { specChanges: specChanges(null, next), estimateSeconds: null }, {}),
  planView(
    4,
    next,
    { mayApprove: false, refusals, heldBy: capacity.heldBy },
    { refusals, headroom: [{ what: "memory", unit: "MiB", before: 6144, after: 30_720, limit: 20_480 }] },
  ),
  planView(
    5,
    demoGrown,
    { moved: ["revision", "state"], mayApprove: false },
    { fromRevision: 1, rows: planRows(demoGrown, addsSecondWorker) },
  ),
  planView(
    6,
    demo,
    { nameNeeded: true, losesData: names(demo), estimateSeconds: 40 },
    {
      kind: "destroy",
      fromRevision: 1,
      rows: [...planRows(demo, () => "delete")].reverse(),
      headroom: [{ what: "memory", unit: "MiB", before: 8192, after: 4096, limit: 20_480 }],
    },
  ),
  planView(
    7,
    demo,
    { nameNeeded: true, losesData: ["cp0"] },
    { fromRevision: 1, rows: planRows(demo, (name) => (name === "cp0-disk" || name === "cp0" ? "replace" : "same")) },
  ),
  planView(8, demo, { estimateSeconds: null }, { fromRevision: 1, rows: planRows(demo, () => "same") }),
  planView(
    9,
    demo,
    {},
    {
      fromRevision: 1,
      rows: planRows(demo, (name) => (name === "w1" ? "update" : "same")),
      repair: { refresh: true, again: ["main-smoke", "w1-ready"], marks: ["machine-stopped:w1=stopped"] },
    },
  ),
  planView(10, rising, { cluster: { ...summaryOf("rising"), current: runningOperation }, mayApprove: false }, {}),
  planView(
    11,
    atlasRelabelled,
    { specChanges: specChanges(atlas, atlasRelabelled) },
    {
      fromRevision: 1,
      rows: planRows(atlasRelabelled, (name) => (name === "w3-labels" ? "update" : name.startsWith("w4") ? "create" : "same")),
    },
  ),
  planView(
    12,
    trio,
    { nameNeeded: true, losesData: ["cp1"], estimateSeconds: 260 },
    {
      fromRevision: 1,
      rows: planRows(trio, (name) => (name === "cp1" || (name.startsWith("cp1-") && name !== "cp1-seed") ? "replace" : "same")),
      repair: { refresh: true, again: [], marks: [`disk-missing:${trio.prefix}-cp1.qcow2=`] },
      headroom: [{ what: "memory", unit: "MiB", before: 14_336, after: 14_336, limit: 20_480 }],
    },
  ),
];

export const revisions: readonly RevisionView[] = [
  { cluster: summaryOf("demo"), revision: 1, at: minutes(4320), spec: demo, changes: specChanges(null, demo) },
  { cluster: summaryOf("demo"), revision: 2, at: minutes(2), spec: demoGrown, changes: specChanges(demo, demoGrown) },
];

/** Before there is a libvirt to ask. */
export const capacityUnknown: CapacityLeft = {
  ...capacity,
  reachable: false,
  hostName: "",
  vcpus: amount(0, 0),
  memoryMiB: amount(0, 0),
  diskGiB: amount(0, 0),
};
