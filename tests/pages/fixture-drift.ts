/** Drift of the harbour tenant's clusters, in every state that the page can show. */
import { message } from "#app/domain/message/message.ts";
import { type DriftFinding, driftId, type DriftKind, type DriftSources } from "#app/domain/drift/drift.ts";
import type { ClusterSummary } from "#app/services/portal.ts";
import type { DriftRights, DriftRowView, DriftView } from "#app/services/drift/portal-drift.ts";
import { clusters } from "./fixture-world.ts";
import { trio } from "./fixture-specs.ts";
import { minutes, now } from "./fixture-things.ts";

const everything: DriftRights = { look: true, repair: true, adopt: true, ignore: true };
const nothing: DriftRights = { look: false, repair: false, adopt: false, ignore: false };
const allSeen: DriftSources = { host: "seen", engine: "seen", nodes: "seen" };

function row(kind: DriftKind, subject: string, more: Partial<DriftRowView> = {}): DriftRowView {
  const finding: DriftFinding = {
    id: driftId(kind, subject),
    kind,
    subject,
    machine: null,
    expected: "",
    found: "",
    impact: "none",
    repair: "plan",
    adopt: false,
  };
  return { ...finding, since: minutes(12), ignored: null, open: true, ...more };
}

const rows: readonly DriftRowView[] = [
  row("machine-stopped", "w1", { machine: "w1", expected: "running", found: "stopped", impact: "restart" }),
  row("machine-memory", "cp0", { machine: "cp0", expected: "2048", found: "3072", impact: "restart", adopt: true, since: minutes(190) }),
  row("node-not-ready", "cp0", { machine: "cp0", expected: "true", found: "unknown", impact: "restart" }),
  row("disk-missing", "b5rlab2-cp0.qcow2", { machine: "cp0", impact: "replace", repair: "none" }),
  row("orphan-machine", "b5rlab2-w7", { repair: "none", since: minutes(3000) }),
  row("network-inactive", "b5rlab2", { ignored: { until: now + 6 * 86_400_000, by: "mina" }, open: false }),
];

const clusterNamed = (name: string): ClusterSummary => {
  const found = clusters.find((c) => c.name === name);
  if (!found) throw new Error(`the fixture has no cluster ${name}`);
  return found;
};

function view(name: string, more: Partial<DriftView> = {}): DriftView {
  const cluster = clusterNamed(name);
  return {
    cluster,
    at: minutes(4),
    revision: cluster.liveRevision,
    sources: allSeen,
    trouble: null,
    looking: false,
    stale: false,
    nextAt: now + 26 * 60_000,
    everyMinutes: 30,
    rows: [],
    may: everything,
    ...more,
  };
}

const never = {
  at: null,
  revision: 0,
  sources: { host: "absent", engine: "absent", nodes: "absent" },
  nextAt: null,
  everyMinutes: 0,
} as const;

/** By the name in the address; several are one cluster in different moments. */
export const driftViews: Readonly<Record<string, DriftView>> = {
  "lab-2": view("lab-2", { rows, sources: { ...allSeen, nodes: "silent" } }),
  demo: view("demo"),
  trio: view("trio", {
    rows: [
      row("machine-stopped", "cp1", { machine: "cp1", expected: "running", found: "stopped", impact: "restart" }),
      row("disk-missing", `${trio.prefix}-cp1.qcow2`, { machine: "cp1", impact: "replace" }),
    ],
  }),
  next: view("next", { ...never, may: nothing }),
  "lab-2-never": view("lab-2", never),
  "lab-2-looking": view("lab-2", { ...never, looking: true }),
  "lab-2-trouble": view("lab-2", {
    rows: rows.slice(0, 1),
    stale: true,
    may: { ...everything, adopt: false },
    trouble: {
      at: minutes(1),
      reasons: [message("asking-libvirt", { uri: "qemu:///system", command: "domstats" }), message("no-answer", { seconds: 60 })],
    },
  }),
  "lab-2-busy": view("lab-2", {
    rows: rows.slice(0, 2),
    cluster: { ...clusterNamed("lab-2"), current: clusterNamed("rising").current },
    may: { ...everything, repair: false, adopt: false },
  }),
};

export const watched = (all: DriftView): DriftView => ({ ...all, may: nothing });
