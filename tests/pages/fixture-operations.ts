import { type Message, message } from "#app/domain/message/message.ts";
import type { ClusterSpec } from "#app/domain/cluster/spec.ts";
import type { Failure } from "#app/domain/operation/failure.ts";
import type { OperationSummary, OperationView } from "#app/services/portal.ts";
import { expectedSteps, failedRun, failure, journal, minutes, now, operation, runEvents } from "./fixture-things.ts";
import { demo, demoGrown, rising, lab, next, old, names } from "./fixture-specs.ts";

export const runningOperation = operation("op-running", "rising", {
  state: "running",
  startedAt: minutes(4),
  requestedAt: minutes(4) - 2000,
  endedAt: null,
  may: { cancel: true, resume: false },
});

const noLibvirt: Failure = {
  step: null,
  machine: null,
  phase: null,
  cause: "libvirt-unreachable",
  reasons: [message("libvirt-silent")],
  lastOutput: [],
  next: "check-libvirt",
};

export const operations: readonly OperationView[] = [
  { ...runningOperation, ...entriesOf("op-running", runEvents(rising, [], 13), minutes(4), 8000), machines: names(rising) },
  {
    ...operation("op-queued", "next", {
      kind: "preview",
      state: "queued",
      startedAt: null,
      endedAt: null,
      planNumber: null,
      requestedAt: minutes(0.2),
      queue: { position: 2, reason: "tenant-limit" },
      may: { cancel: true, resume: false },
    }),
    ...entriesOf("op-queued", [{ kind: "state", to: "queued", reasons: [], by: "mina" }], minutes(0.2), 1000),
    machines: names(next),
  },
  {
    ...operation("op-failed", "lab-2", {
      state: "failed",
      failure,
      startedAt: minutes(12),
      requestedAt: minutes(12),
      endedAt: minutes(5),
      may: { cancel: false, resume: true },
    }),
    ...entriesOf("op-failed", failedRun(lab), minutes(12), 14_000),
    machines: names(lab),
  },
  {
    ...operation("op-interrupted", "lab-2", {
      state: "interrupted",
      startedAt: minutes(26),
      endedAt: null,
      requestedAt: minutes(26),
      attempt: 2,
      turn: "berth",
      may: { cancel: true, resume: true },
    }),
    ...entriesOf(
      "op-interrupted",
      runEvents(lab, [{ kind: "state", to: "interrupted", reasons: [message("holder-gone")], by: null }], 4),
      minutes(26),
      9000,
    ),
    machines: names(lab),
  },
  {
    ...operation("op-cancelled", "next", { state: "cancelled", endedAt: minutes(40), may: { cancel: false, resume: true } }),
    ...entriesOf(
      "op-cancelled",
      runEvents(
        next,
        [
          { kind: "cancel-requested", by: "mina" },
          { kind: "state", to: "cancelled", reasons: [], by: "mina" },
        ],
        2,
      ),
      minutes(44),
      9000,
    ),
    machines: names(next),
  },
  {
    ...operation("op-no-libvirt", "next", { kind: "preview", state: "failed", planNumber: null, failure: noLibvirt }),
    ...entriesOf(
      "op-no-libvirt",
      [
        { kind: "state", to: "queued", reasons: [], by: "mina" },
        { kind: "state", to: "running", reasons: [], by: null },
        { kind: "failure", failure: noLibvirt },
        { kind: "state", to: "failed", reasons: [message("libvirt-silent")], by: null },
      ],
      minutes(50),
      1000,
    ),
    machines: names(next),
  },
  {
    ...operation("op-preview", "demo", {
      kind: "preview",
      planNumber: 2,
      estimateSeconds: 9,
      startedAt: minutes(2),
      endedAt: minutes(2) + 8000,
      requestedAt: minutes(2),
    }),
    ...entriesOf(
      "op-preview",
      [
        ...runEvents(demoGrown, [], 0).slice(0, 3),
        { kind: "planned", planId: "plan-demo-2" },
        { kind: "state", to: "succeeded", reasons: [], by: null },
      ],
      minutes(2),
      2000,
    ),
    machines: names(demoGrown),
  },
  ...standingStill(),
  {
    ...operation("op-done", "demo", {}),
    ...entriesOf(
      "op-done",
      runEvents(demo, [{ kind: "state", to: "succeeded", reasons: [], by: null }], expectedSteps(demo).length),
      minutes(60),
      14_000,
    ),
    machines: names(demo),
  },
  {
    ...operation("op-later", "demo", {
      specRevision: 2,
      planNumber: 2,
      endedAt: minutes(70) + 60_000,
      startedAt: minutes(70),
      requestedAt: minutes(70),
    }),
    ...entriesOf("op-later", runEvents(demoGrown, [{ kind: "state", to: "succeeded", reasons: [], by: null }], 3), minutes(70), 9000),
    machines: names(demoGrown),
  },
  {
    ...operation("op-destroy", "old", {
      kind: "destroy",
      planKind: "destroy",
      endedAt: minutes(180) + 41_000,
      startedAt: minutes(180),
      requestedAt: minutes(180),
    }),
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
  if (again)
    return {
      ...operation("op-previewing", "demo", { kind: "preview", planNumber: 2, ...times, endedAt: now }),
      ...all,
      machines: names(demoGrown),
    };
  const first = { ...all, entries: all.entries.slice(0, 2), cursor: 2 };
  return {
    ...operation("op-previewing", "demo", {
      kind: "preview",
      state: "running",
      planNumber: null,
      ...times,
      endedAt: null,
      may: { cancel: true, resume: false },
    }),
    ...first,
    machines: names(demoGrown),
  };
};

/** Operations that wait for something, are being cancelled, or were recovered after an interruption. */
function standingStill(): readonly OperationView[] {
  const running = { state: "running", endedAt: null, startedAt: minutes(6), requestedAt: minutes(6) } as const;
  const stays = [
    message("machine-running", { name: "cp0" }),
    message("machine-stopped", { name: "w1" }),
    message("thing", { what: "network", name: "rising" }),
  ];
  const did = [message("lock-removed"), message("leftover-removed", { what: "machine", name: "w1" })];
  const view = (over: OperationSummary, spec: ClusterSpec, events: Parameters<typeof journal>[1]): OperationView => ({
    ...over,
    ...entriesOf(over.id, events, minutes(6), 9000),
    machines: names(spec),
  });
  return [
    view(
      operation("op-cancelling", "rising", { ...running, cancelRequestedAt: minutes(1) }),
      rising,
      runEvents(
        rising,
        [
          { kind: "cancel-requested", by: "mina" },
          { kind: "cancel-rung", rung: "asked", stays: [] },
          { kind: "cancel-rung", rung: "insisted", stays },
        ],
        9,
      ),
    ),
    view(
      operation("op-stays", "rising", {
        state: "cancelled",
        cancelRequestedAt: minutes(2),
        endedAt: minutes(1),
        may: { cancel: false, resume: true },
      }),
      rising,
      runEvents(
        rising,
        [
          { kind: "cancel-requested", by: "mina" },
          { kind: "cancel-rung", rung: "put-in-order", stays },
          { kind: "state", to: "cancelled", reasons: [], by: "mina" },
        ],
        9,
      ),
    ),
    view(
      operation("op-waiting", "lab-2", { ...running, may: { cancel: true, resume: false } }),
      lab,
      runEvents(lab, [{ kind: "waiting", reason: "disk-full", detail: "120 MiB free, 512 MiB needed" }], 6),
    ),
    view(
      operation("op-recovered", "lab-2", { ...running, attempt: 2, may: { cancel: true, resume: false } }),
      lab,
      runEvents(lab, recovered(did), 5),
    ),
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
