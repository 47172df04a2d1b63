/**
 * The kinds of operations: one entry per kind says everything about it. Code that handles operations asks the entry and
 * never compares a kind with a name, so a new kind is one entry here, its texts, and its engine call
 * (`pulumi/child/run.ts`). An architecture test (`tests/architecture/kinds.test.ts`) holds everybody to that.
 */
import type { Verb } from "#app/domain/access.ts";
import type { ClusterState } from "#app/domain/cluster/cluster.ts";

/** What a call of the engine does with the stack. Named after the Automation API. */
export type EngineCall = "preview" | "previewDestroy" | "up" | "destroy";

/** Codes of the texts `operationTitle.*` and `planPurpose.*`: what an operation is for, as people name it. */
export const planPurposes = ["create", "update", "destroy"] as const;
export const purposes = ["preview", "preview-destroy", ...planPurposes] as const;
export type PlanPurpose = (typeof planPurposes)[number];
export type Purpose = (typeof purposes)[number];

export interface KindDefinition {
  /** Executes a plan that a person approved, and nothing else. */
  readonly needsPlan: boolean;
  /** May change the libvirt host and the stack's state. What changes nothing leaves nothing behind when it is cut off. */
  readonly changesHost: boolean;
  /** Success makes its spec revision the live one, so it needs what new machines need: image, capacity, no obstacles. */
  readonly makesRevisionLive: boolean;
  /** Success leaves nothing of the cluster but its receipt. */
  readonly removesCluster: boolean;
  /** Takes capacity and a network of the host for its cluster from the moment it is queued. */
  readonly reservesCapacity: boolean;
  /** What success records. */
  readonly records: "plan" | "live-revision" | "receipt";
  /** State of the cluster while it runs: of one that was never live, and of a live one. Null: as it was. */
  readonly clusterState: { readonly neverLive: ClusterState | null; readonly live: ClusterState | null };
  /** Failed or cancelled, it can be resumed. Interrupted, every kind can. */
  readonly resumesAfterEnd: boolean;
  /** One tenant may have only so many of them queued. */
  readonly limitedPerTenant: boolean;
  /** How far set-up must have come before it is queued. */
  readonly setup: "preview" | "create";
  /** Who may ask for it. To cancel and resume are verbs of their own, the same for every kind. */
  readonly permission: Verb;
}

/** A kind that executes a plan, and how that plan is made. */
interface PlannedKind extends KindDefinition {
  readonly needsPlan: true;
  /** States of a cluster in which a plan for it can be made. */
  readonly plannedIn: readonly ClusterState[];
  /** What the engine is asked to do, and what makes the plan of it. */
  readonly engineCall: EngineCall;
  readonly previewCall: EngineCall;
  /** What people call it, what they call it where nothing of the cluster ever lived, and what they call its preview. */
  readonly purpose: PlanPurpose;
  readonly firstPurpose: PlanPurpose;
  readonly previewPurpose: Purpose;
}

const planned = {
  update: {
    needsPlan: true,
    changesHost: true,
    makesRevisionLive: true,
    removesCluster: false,
    reservesCapacity: true,
    records: "live-revision",
    clusterState: { neverLive: "provisioning", live: null },
    resumesAfterEnd: true,
    limitedPerTenant: false,
    setup: "create",
    permission: "plan.approve",
    plannedIn: ["draft", "provisioning", "ready", "degraded"],
    engineCall: "up",
    previewCall: "preview",
    purpose: "update",
    firstPurpose: "create",
    previewPurpose: "preview",
  },
  destroy: {
    needsPlan: true,
    changesHost: true,
    makesRevisionLive: false,
    removesCluster: true,
    reservesCapacity: false,
    records: "receipt",
    clusterState: { neverLive: "destroying", live: "destroying" },
    resumesAfterEnd: true,
    limitedPerTenant: false,
    setup: "create",
    permission: "plan.approve",
    plannedIn: ["provisioning", "ready", "degraded", "destroying"],
    engineCall: "destroy",
    previewCall: "previewDestroy",
    purpose: "destroy",
    firstPurpose: "destroy",
    previewPurpose: "preview-destroy",
  },
} as const satisfies Readonly<Record<string, PlannedKind>>;

const definitions = {
  preview: {
    needsPlan: false,
    changesHost: false,
    makesRevisionLive: false,
    removesCluster: false,
    reservesCapacity: false,
    records: "plan",
    clusterState: { neverLive: null, live: null },
    // One that failed or was cancelled is simply made again.
    resumesAfterEnd: false,
    limitedPerTenant: true,
    setup: "preview",
    permission: "cluster.preview",
  },
  ...planned,
} as const satisfies Readonly<Record<string, KindDefinition>>;

export type OperationKind = keyof typeof definitions;
/** A kind that executes a plan: a plan is of the kind of the operation that it is for. */
export type PlanKind = keyof typeof planned;

const idsOf = <Id extends string>(table: Readonly<Record<Id, unknown>>): readonly Id[] => Object.keys(table) as Id[];

export const operationKinds: readonly OperationKind[] = idsOf(definitions);
export const planKinds: readonly PlanKind[] = idsOf(planned);

export const kindOf = ({ kind }: { readonly kind: OperationKind }): KindDefinition => definitions[kind];
export const planKindOf = ({ kind }: { readonly kind: PlanKind }): PlannedKind => planned[kind];

/** Kinds of which something is true, e.g. for a question to a store. */
export const kindsThat = (are: (kind: KindDefinition) => boolean): readonly OperationKind[] =>
  operationKinds.filter((kind) => are(definitions[kind]));

/** What an operation is about: of a preview, the kind whose plan it makes; of every other, its own. */
export const targetOf = ({ planKind }: { readonly planKind: PlanKind }): PlannedKind => planned[planKind];

export const engineCallOf = (o: { readonly kind: OperationKind; readonly planKind: PlanKind }): EngineCall =>
  kindOf(o).needsPlan ? targetOf(o).engineCall : targetOf(o).previewCall;

/** Anything else that an address or a form may say asks for an update's plan. */
export const planKindFrom = (text: string): PlanKind => planKinds.find((kind) => kind === text) ?? "update";
