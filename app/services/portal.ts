/**
 * What the portal can do, as pages, API and sockets call it. Every method takes the actor, asks `can`, and throws a
 * `Problem` (app/domain/problem.ts) when it says no; an absent object and somebody else's are the same `not-found`.
 * Times are epoch milliseconds, durations seconds, memory MiB, disk GiB.
 */
import type { AskedCluster } from "#app/domain/cluster/change-classes.ts";
import type { CertificateStanding } from "#app/domain/cluster/certificates.ts";
import type { ClusterState } from "#app/domain/cluster/cluster.ts";
import type { ClusterSpec } from "#app/domain/cluster/spec.ts";
import type { SpecChangeRow } from "#app/domain/cluster/spec-changes.ts";
import type { JournalEntry } from "#app/domain/operation/event.ts";
import type { Failure } from "#app/domain/operation/failure.ts";
import type { OperationKind, PlanKind, Purpose } from "#app/domain/operation/kinds.ts";
import type { OperationState } from "#app/domain/operation/operation.ts";
import type { Progress } from "#app/domain/operation/progress.ts";
import type { QueuePlace } from "#app/domain/operation/queue.ts";
import type { Turn } from "#app/domain/operation/standing.ts";
import type { Capacity } from "#app/domain/plan/headroom.ts";
import type { Plan, Refusal } from "#app/domain/plan/plan.ts";
import type { Moved } from "#app/domain/problem.ts";
import type { Readiness, SetupState } from "#app/domain/setup.ts";
import type { Actor, MemberRole } from "#app/domain/tenant.ts";
import type { Language } from "#app/domain/text/language.ts";
import type { Receipt } from "#app/ports/cluster-store.ts";
import type { StateSize } from "#app/ports/stack-engine.ts";
import type { ReadyImage } from "#app/ports/setup-status.ts";
import type { CertificatesView } from "./clusters/certificates.ts";
import type { ClusterSize, HeldBy, RoomLeft } from "./hosts/portal-capacity.ts";
import type { DriftServices } from "./drift/portal-drift.ts";
import type { ClusterAccess, NodeFacts, NodeView, SeenMachines, TakenPort } from "./hosts/portal-nodes.ts";
import type { PeopleServices } from "./people/portal-people.ts";
import type { ClusterListPage, ClusterWish, Findable, HistoryWish, ListPage, OperationPage, OperationWish, PageWish, TenantListPage, TenantPageView, TenantWish } from "./portal-lists.ts";
import type { KeyedRequest, Once } from "./idempotent-requests.ts";

/** A cluster by the names in its address: `/tenants/:tenant/clusters/:cluster`. */
export interface ClusterRef {
  readonly tenant: string;
  readonly cluster: string;
}

/** What `toSpecInput` of the cluster form gives: valid already, nothing decided yet. */
export type ClusterRequest = AskedCluster;

/** Where a queued operation stands (1 is next), and what it waits for. */
export type QueuePosition = Pick<QueuePlace, "position" | "reason">;

export interface OperationSummary {
  readonly id: string;
  /** Tenant slug and cluster name. */
  readonly tenant: string;
  readonly cluster: string;
  readonly kind: OperationKind;
  readonly planKind: PlanKind;
  /** As it is called wherever people read of it. */
  readonly purpose: Purpose;
  readonly state: OperationState;
  readonly specRevision: number;
  /** Number of the plan it executes (update, destroy) or made (preview), once there is one. */
  readonly planNumber: number | null;
  readonly requestedBy: string;
  readonly requestedAt: number;
  readonly startedAt: number | null;
  readonly endedAt: number | null;
  readonly cancelRequestedAt: number | null;
  readonly attempt: number;
  readonly failure: Failure | null;
  /** Median of earlier runs of the same kind and machine count; null without any. */
  readonly estimateSeconds: number | null;
  /** Null unless it is queued. */
  readonly queue: QueuePosition | null;
  /** Whose turn it is; null unless it is interrupted. */
  readonly turn: Turn | null;
  readonly may: { readonly cancel: boolean; readonly resume: boolean };
}

/** An operation as its page starts with it: folded up to `progress.cursor`, after which the socket goes on. */
export interface OperationPageView extends OperationSummary {
  readonly progress: Progress;
  /** Newest seq in the journal. */
  readonly head: number;
}

/** An operation with the first page of its journal; the socket goes on after `cursor`. */
export interface OperationView extends OperationSummary {
  readonly entries: readonly JournalEntry[];
  /** `seq` of the last entry in `entries`, 0 when none. */
  readonly cursor: number;
  /** Newest seq in the journal; larger than `cursor` when the first page is not all. */
  readonly head: number;
  /** Machine names of the revision it is about, control plane first. */
  readonly machines: readonly string[];
}

/** Its size is that of the newest revision. */
export interface ClusterSummary extends ClusterSize {
  readonly id: string;
  readonly tenant: string;
  readonly name: string;
  readonly state: ClusterState;
  readonly blueprint: ClusterSpec["blueprint"];
  readonly kubernetesVersion: string;
  readonly revision: number;
  readonly liveRevision: number;
  /** Size of the live revision; null: nothing was brought to life. */
  readonly live: ClusterSize | null;
  readonly createdAt: number;
  readonly readyAt: number | null;
  readonly goneAt: number | null;
  /** When a draft is discarded unless somebody changes or previews it; null: never, or no draft. */
  readonly expiresAt: number | null;
  /** The operation that is queued, running or interrupted, if any. */
  readonly current: OperationSummary | null;
  /** How much differs from the live spec by the last look, without what is ignored. */
  readonly differs: number;
  /** Whether the control plane's certificates end soon, or have ended; null while there is no Kubernetes. */
  readonly certificates: CertificateStanding | null;
}

export interface PlanSummary {
  readonly id: string;
  readonly number: number;
  readonly kind: PlanKind;
  readonly fromRevision: number;
  readonly specRevision: number;
  readonly createdAt: number;
  readonly stale: boolean;
  /** How the operation stands that executes or executed it; null while there is none. */
  readonly execution: OperationState | null;
}

export interface ClusterView {
  readonly summary: ClusterSummary;
  /** Newest revision. */
  readonly spec: ClusterSpec;
  /** What an update last brought to life; null before the first. */
  readonly liveSpec: ClusterSpec | null;
  readonly nodes: readonly NodeView[];
  readonly access: ClusterAccess;
  /** When its certificates end; null while there is no Kubernetes. */
  readonly certificates: CertificatesView | null;
  /** Published ports where another program of the host answers in the cluster's place, or none does. */
  readonly takenPorts: readonly TakenPort[];
  /** Newest first; cursors are numbers. */
  readonly revisions: readonly { readonly revision: number; readonly at: number }[];
  readonly revisionPage: ListPage;
  /** Newest first; cursors are numbers. */
  readonly plans: readonly PlanSummary[];
  readonly planPage: ListPage;
  /** Number of the newest plan that would bring the newest revision to life and is not stale; null: there is none. */
  readonly waitingPlan: number | null;
  /** Newest first, at most 20. */
  readonly operations: readonly OperationSummary[];
  readonly receipt: Receipt | null;
  /** Room that the engine's state of this cluster takes; null while there is none. */
  readonly state: StateSize | null;
  readonly may: ClusterRights;
}

/** The same without what libvirt says: from the database and the host's table of sockets. */
export interface ClusterPageView extends Omit<ClusterView, "nodes"> {
  readonly nodes: readonly NodeFacts[];
}

/** Rights and state together: what this person can do with this cluster now. */
export interface ClusterRights {
  readonly edit: boolean;
  readonly preview: boolean;
  readonly destroy: boolean;
  /** Forget a draft, or go back from an unapplied revision to the live one. */
  readonly discard: boolean;
  /** Have the control plane's certificates renewed. */
  readonly renew: boolean;
  readonly kubeconfig: boolean;
}

export interface PlanView {
  readonly plan: Plan;
  readonly cluster: ClusterSummary;
  /** Why it does not fit: as found when the plan was made, or now. Empty when it was carried out. */
  readonly refusals: readonly Refusal[];
  /** Who holds what is missing; null unless it is refused. */
  readonly heldBy: HeldBy | null;
  /** What moved since it was made; empty: still valid. */
  readonly moved: readonly Moved[];
  readonly specChanges: readonly SpecChangeRow[];
  /** Null when nothing like it has run yet, of a plan that changes nothing, and of one that was carried out. */
  readonly estimateSeconds: number | null;
  /** Names of machines that this plan replaces or removes: their local data is lost. */
  readonly losesData: readonly string[];
  /** The name must be typed to approve (destroy, or the control plane is replaced). */
  readonly nameNeeded: boolean;
  /** Approve is possible for this person now. */
  readonly mayApprove: boolean;
  /** A plan of the same kind may be asked for again. */
  readonly mayPreview: boolean;
  /** The operation that executes or executed this plan. */
  readonly operation: OperationSummary | null;
  /** The draft that it is about was discarded: nothing was ever built. */
  readonly discarded: boolean;
  /** The cluster can be changed by this person now, e.g. to something that fits. */
  readonly mayEdit: boolean;
}

export interface RevisionView {
  readonly cluster: ClusterSummary;
  readonly revision: number;
  readonly at: number;
  readonly spec: ClusterSpec;
  /** Compared with the revision before it. */
  readonly changes: readonly SpecChangeRow[];
}

export interface DashboardView {
  /** The first ones by slug. */
  readonly tenants: readonly TenantView[];
  readonly tenantPage: ListPage;
  /** By name; gone ones are not listed. */
  readonly clusters: readonly ClusterSummary[];
  readonly clusterPage: ListPage;
  /** Queued, running or interrupted, newest first. */
  readonly running: readonly OperationSummary[];
  readonly room: RoomLeft;
  readonly readiness: Readiness;
  /** Steps of set-up; null for people who are not operators. */
  readonly setup: SetupState | null;
}

export interface TenantView {
  readonly id: string;
  readonly slug: string;
  readonly createdAt: number;
  /** This person's role; null for an operator who is no member. */
  readonly role: MemberRole | null;
  readonly clusters: number;
  readonly may: { readonly create: boolean };
}

/** What the create form and its side panel need to compute everything in the browser. */
export interface NewClusterView {
  readonly tenant: TenantView;
  /** Versions with a ready image, newest first; the first is the recommended one. */
  readonly kubernetesVersions: readonly string[];
  readonly images: readonly ReadyImage[];
  readonly room: RoomLeft;
  readonly readiness: Readiness;
  readonly accelerator: SetupState["accelerator"];
  /** The network it would get if it were created now. */
  readonly nextNetwork: string | null;
  /** The operator's whole address range, for overlap checks. */
  readonly networkRange: string;
  /** Names in use in this tenant: the first ones, and the name that the form asks for when it is in use. */
  readonly takenNames: readonly string[];
  /** machine count → seconds of earlier creates, newest first. */
  readonly durations: Readonly<Record<number, readonly number[]>>;
}

export interface EditClusterView {
  readonly form: NewClusterView;
  readonly cluster: ClusterSummary;
  readonly spec: ClusterSpec;
  /** What it has reserved already; null: nothing, as a draft. */
  readonly reserved: Capacity | null;
  /** The network it keeps; null: a draft whose network another cluster has reserved, which takes the form's next one. */
  readonly keptNetwork: string | null;
}

/** The one moment a generated private SSH key is seen: it is not kept. */
export interface GeneratedKey {
  readonly publicKey: string;
  readonly privateKey: string;
}

export interface CreatedCluster {
  readonly cluster: ClusterSummary;
  /** The preview that was queued at once. */
  readonly operation: OperationSummary;
  readonly generatedKey: GeneratedKey | null;
}

export interface ClusterServices {
  /** By name. */
  list(actor: Actor, wish: ClusterWish): Promise<ClusterListPage>;
  /** `name`: one that the form asks for. */
  newForm(actor: Actor, tenant: string, name?: string): Promise<NewClusterView>;
  /** Writes revision 1 and queues its preview. */
  create(actor: Actor, tenant: string, request: ClusterRequest, keyed: KeyedRequest | null): Promise<CreatedCluster>;
  get(actor: Actor, ref: ClusterRef, wish?: HistoryWish): Promise<ClusterView>;
  /** `machines` comes later, and always comes: libvirt may take seconds, or not answer. */
  page(actor: Actor, ref: ClusterRef, wish?: HistoryWish): Promise<{ readonly view: ClusterPageView; readonly machines: Promise<SeenMachines> }>;
  editForm(actor: Actor, ref: ClusterRef, name?: string): Promise<EditClusterView>;
  /** Writes the next revision and queues its preview. A draft may change everything. Problem `nothing-changed` when it equals the newest. */
  edit(actor: Actor, ref: ClusterRef, request: ClusterRequest, keyed: KeyedRequest | null, basedOn?: number | null): Promise<CreatedCluster>;
  /** Queues a preview of the newest revision (update) or of the teardown (destroy). */
  preview(actor: Actor, ref: ClusterRef, kind: PlanKind, keyed: KeyedRequest | null): Promise<OperationSummary>;
  /** Writes a revision that renews the control plane's certificates, unless one waits already, and queues its preview. */
  renewCertificates(actor: Actor, ref: ClusterRef, keyed: KeyedRequest | null): Promise<OperationSummary>;
  /** A draft is forgotten; an edit that was never brought to life goes back to the live revision. */
  discard(actor: Actor, ref: ClusterRef): Promise<ClusterSummary>;
  revision(actor: Actor, ref: ClusterRef, revision: number): Promise<RevisionView>;
  /** kubeconfig as YAML with a certificate made for this person; `direct` keeps the machine's own address. Secret: answer with no-store. */
  kubeconfig(actor: Actor, ref: ClusterRef, use: "outside" | "direct"): Promise<string>;
  receipt(actor: Actor, ref: ClusterRef): Promise<{ readonly cluster: ClusterSummary; readonly receipt: Receipt }>;
}

export interface PlanServices {
  get(actor: Actor, ref: ClusterRef, number: number): Promise<PlanView>;
  /**
   * Queues the update or destroy that executes exactly this plan. `hash` is the one the person saw; `typedName` the
   * cluster's name where `nameNeeded`. Problems: plan-stale, plan-refused, name-mismatch, cluster-busy, not-ready.
   */
  approve(
    actor: Actor,
    ref: ClusterRef,
    number: number,
    by: { readonly hash: string; readonly typedName: string | null },
    keyed: KeyedRequest | null,
  ): Promise<OperationSummary>;
}

export interface OperationServices {
  /** Newest first; operators see those of all tenants. */
  list(actor: Actor, filter: OperationWish): Promise<OperationPage>;
  get(actor: Actor, id: string): Promise<OperationView>;
  page(actor: Actor, id: string): Promise<OperationPageView>;
  /** Without entries. */
  summary(actor: Actor, id: string): Promise<OperationSummary>;
  /** Entries after a cursor, oldest first, at most `limit` (1–1000). */
  entries(actor: Actor, id: string, after: number, limit: number): Promise<readonly JournalEntry[]>;
  cancel(actor: Actor, id: string): Promise<OperationSummary>;
  resume(actor: Actor, id: string): Promise<OperationSummary>;
}

export interface Services {
  readonly clusters: ClusterServices;
  readonly plans: PlanServices;
  readonly drift: DriftServices;
  readonly operations: OperationServices;
  readonly people: PeopleServices;
  /** Carries out a request that may be sent again with its key; `keyed` below is what it hands to `work`. */
  readonly once: Once;
  dashboard(actor: Actor, page?: PageWish): Promise<DashboardView>;
  /** Whether set-up is far enough. */
  readiness(actor: Actor): Promise<Readiness>;
  /** By slug; operators see all. */
  tenants(actor: Actor, wish?: TenantWish): Promise<TenantListPage>;
  tenant(actor: Actor, slug: string, pages?: { readonly clusters?: PageWish; readonly removed?: PageWish }): Promise<TenantPageView>;
  /** Whatever a text may mean, a bounded number. */
  search(actor: Actor, text: string): Promise<Findable>;
  /** The tenant that is meant where none is named; null: there is none that is this person's alone. It may not exist yet. */
  ownTenant(actor: Actor): Promise<string | null>;
  /** Operators only: a further tenant, owned by the actor. */
  createTenant(actor: Actor, slug: string, keyed?: KeyedRequest | null): Promise<TenantView>;
  images(actor: Actor): Promise<readonly ReadyImage[]>;
  /** Operators only. */
  setup(actor: Actor): Promise<{ readonly state: SetupState; readonly readiness: Readiness }>;
}

/**
 * Signing in and out for one request: it knows the address of the caller and the session cookie. Each answers the
 * value of the `Set-Cookie` header that the page must send.
 */
export interface SessionDoor {
  /** Problems: wrong-credentials, too-many-attempts. */
  signIn(name: string, password: string): Promise<string>;
  signOut(): Promise<string>;
  /** Null when the link is unknown, used or expired; does not use it up. */
  invitation(secret: string): Promise<{ readonly operator: boolean } | null>;
  /** Makes the account and signs in. Problems: link-over, name-taken, too-many-attempts. */
  join(secret: string, name: string, password: string): Promise<string>;
}

export type { Language };
export type Theme = "system" | "light" | "dark";

/** What every loader and action finds in Remix's load context. */
export interface PortalContext {
  readonly services: Services;
  readonly actor: Actor | null;
  readonly session: SessionDoor;
  /** From the `language` cookie, else Accept-Language, else the configured default. */
  readonly language: Language;
  /** From the `theme` cookie. */
  readonly theme: Theme;
  /** For `<script nonce>`; the Content-Security-Policy header carries the same. */
  readonly nonce: string;
  /** Shown with an error so that it can be found in the portal's records. */
  readonly requestId: string;
}

