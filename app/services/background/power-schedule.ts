/**
 * Saves clusters and wakes them by the hours that people set for them, in the name of whoever set them: by the same revision,
 * preview and approval as a person. Every step is found again by its key, so that a portal that stops in between continues.
 */
import type { Cluster } from "#app/domain/cluster/cluster.ts";
import { type ClusterSpec, type PowerSchedule, powerOf } from "#app/domain/cluster/spec.ts";
import { dueChange } from "#app/domain/power/power-hours.ts";
import type { Operation } from "#app/domain/operation/operation.ts";
import { problemOf } from "#app/domain/problem.ts";
import type { Actor } from "#app/domain/tenant.ts";
import type { ClusterStore } from "#app/ports/cluster-store.ts";
import type { OperationStore } from "#app/ports/operation-store.ts";
import type { PeopleStore } from "#app/ports/people-store.ts";
import { eachPage } from "#app/services/each-cluster.ts";
import type { KeyedRequest } from "#app/services/idempotent-requests.ts";
import { pause } from "#app/services/pause.ts";
import type { ClusterRef, Services } from "#app/services/portal.ts";

export interface PowerSchedulePorts {
  readonly clusters: Pick<ClusterStore, "batch" | "specs" | "planHeadsOf" | "plan">;
  readonly operations: Pick<OperationStore, "list" | "byKey">;
  readonly people: Pick<PeopleStore, "actor" | "tenant">;
  readonly services: { readonly clusters: Pick<Services["clusters"], "setPower">; readonly plans: Pick<Services["plans"], "approve"> };
  readonly now: () => number;
}

export interface PowerScheduleSettings {
  readonly everyMs?: number;
  readonly onTrouble: (doing: string, error: unknown) => void;
}

export function startPowerSchedule(
  ports: PowerSchedulePorts,
  { everyMs = 20_000, onTrouble }: PowerScheduleSettings,
): { stop(): Promise<void> } {
  const ending = new AbortController();
  const loop = async () => {
    while (!ending.signal.aborted) {
      await keepHours(ports, onTrouble).catch((error: unknown) => onTrouble("keeping the hours of clusters", error));
      await pause(everyMs, ending.signal);
    }
  };
  const looping = loop();
  return {
    async stop() {
      ending.abort();
      await looping;
    },
  };
}

/** One step for each cluster whose hours ask for one. A cluster that gives trouble does not hold up the others. */
export async function keepHours(ports: PowerSchedulePorts, onTrouble: PowerScheduleSettings["onTrouble"]): Promise<void> {
  for await (const page of eachPage(ports.clusters, ["ready"])) {
    const live = page.filter((c) => c.liveRevision > 0).map((c) => ({ clusterId: c.id, revision: c.liveRevision }));
    const specs = new Map((await ports.clusters.specs(live)).map((spec) => [spec.clusterId, spec]));
    for (const cluster of page) {
      const spec = specs.get(cluster.id);
      if (spec?.powerHours === undefined) continue;
      await keepHoursOf(ports, cluster, spec, spec.powerHours).catch((error: unknown) => {
        // What a person is told of as a problem waits for a person: another change comes first, say.
        if (problemOf(error) === null) onTrouble(`keeping the hours of cluster ${cluster.name}`, error);
      });
    }
  }
}

async function keepHoursOf(ports: PowerSchedulePorts, cluster: Cluster, spec: ClusterSpec, hours: PowerSchedule): Promise<void> {
  // Whether somebody has touched the cluster since is asked below: what this itself did does not count.
  const due = dueChange({ hours, power: powerOf(spec), touchedAt: Number.NEGATIVE_INFINITY }, ports.now());
  if (due === null) return;
  const actor = await ports.people.actor(hours.setBy);
  const tenant = await ports.people.tenant(cluster.tenantId);
  if (actor === null || tenant === null) return;
  const step = { actor, ref: { tenant: tenant.slug, cluster: cluster.name }, key: `hours ${cluster.id} ${due.since}` };
  const preview = await ports.operations.byKey(actor.personId, keyOf(step, "preview"));
  const [newest] = await ports.operations.list({ clusterId: cluster.id, limit: 1 });
  if (preview !== null) await approve(ports, step, preview, newest ?? null);
  else if (newest === undefined || newest.requestedAt < due.since)
    await ports.services.clusters.setPower(actor, step.ref, due.power, keyed(keyOf(step, "preview")));
}

interface Step {
  readonly actor: Actor;
  readonly ref: ClusterRef;
  /** The same for one change of the hours. */
  readonly key: string;
}

const keyOf = ({ key }: Step, what: "preview" | "approval"): string => `${key} ${what}`;

/** A plan that is refused waits on its page for a person, and so does one after which somebody did something else. */
async function approve(ports: PowerSchedulePorts, step: Step, preview: Operation, newest: Operation | null): Promise<void> {
  if (preview.state !== "succeeded" || newest?.id !== preview.id) return;
  const heads = await ports.clusters.planHeadsOf({ ids: [], operationIds: [preview.id] });
  const head = heads.toSorted((a, b) => b.number - a.number).at(0);
  const plan = head === undefined ? null : await ports.clusters.plan(head.id);
  if (plan === null || plan.refusals.length > 0) return;
  await ports.services.plans.approve(
    step.actor,
    step.ref,
    plan.number,
    { hash: plan.hash, typedName: null },
    keyed(keyOf(step, "approval")),
  );
}

/** Of no request: the operation's own key is all that is remembered. */
const keyed = (id: string): KeyedRequest => ({
  id,
  resumed: true,
  markWritten: () => undefined,
  secret: (_tenantId, make) => make(),
});
