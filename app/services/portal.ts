/**
 * What the portal can do, as pages, API and sockets call it. Every method takes the actor, asks `can`, and throws a
 * `Problem` (app/domain/problem.ts) when it says no; an absent object and somebody else's are the same `not-found`.
 * Times are epoch milliseconds, durations seconds, memory MiB, disk GiB.
 */
import type { clusterForm, clusterView, cluster, createdCluster, editForm, generatedKey, planSummary } from "#app/contract/clusters.ts";
import type { operation, operationWithEntries } from "#app/contract/operations.ts";
import type { dashboard, revisionView } from "#app/contract/pages.ts";
import type { tenant } from "#app/contract/people.ts";
import type { planView } from "#app/contract/plans.ts";
import type { Answer } from "#app/contract/shapes.ts";
import type { AskedCluster } from "#app/domain/cluster/change-classes.ts";
import type { ClusterSpec, Power } from "#app/domain/cluster/spec.ts";
import type { JournalEntry } from "#app/domain/operation/event.ts";
import type { PlanKind } from "#app/domain/operation/kinds.ts";
import type { Progress } from "#app/domain/operation/progress.ts";
import type { Plan } from "#app/domain/plan/plan.ts";
import type { Readiness, SetupState } from "#app/domain/setup.ts";
import type { Actor } from "#app/domain/tenant.ts";
import type { Language } from "#app/domain/text/language.ts";
import type { Receipt } from "#app/ports/cluster-store.ts";
import type { DriftServices } from "./drift/portal-drift.ts";
import type { ImageView } from "./hosts/image-view.ts";
import type { NodeFacts, SeenMachines, ServiceMachineFacts } from "./hosts/portal-nodes.ts";
import type { PeopleServices } from "./people/portal-people.ts";
import type {
  ClusterListPage,
  ClusterListRequest,
  Findable,
  HistoryRequest,
  OperationPage,
  OperationListRequest,
  PageRequest,
  TenantListPage,
  TenantPageView,
  TenantListRequest,
} from "./portal-lists.ts";
import type { KeyedRequest, Once } from "./idempotent-requests.ts";

/** A cluster by the names in its address: `/tenants/:tenant/clusters/:cluster`. */
export interface ClusterRef {
  readonly tenant: string;
  readonly cluster: string;
}

/** What `toSpecInput` of the cluster form gives: valid already, nothing decided yet. */
export type ClusterRequest = AskedCluster;

export type OperationSummary = Answer<typeof operation>;

/** Where a queued operation stands (1 is next), and what it waits for. */
export type QueuePosition = NonNullable<OperationSummary["queue"]>;

/** An operation as its page starts with it: folded up to `progress.cursor`, after which the socket continues. */
export interface OperationPageView extends OperationSummary {
  readonly progress: Progress;
  /** Newest seq in the journal. */
  readonly head: number;
}

/** An operation with the first page of its journal; the socket continues after `cursor`. */
export type OperationView = Answer<typeof operationWithEntries>;

/** Its size is that of the newest revision. */
export type ClusterSummary = Answer<typeof cluster>;

export type PlanSummary = Answer<typeof planSummary>;

/** The portal itself works with whole specs; fewer of their fields leave it. */
export interface ClusterView extends Omit<Answer<typeof clusterView>, "spec" | "liveSpec"> {
  readonly spec: ClusterSpec;
  readonly liveSpec: ClusterSpec | null;
}

/** The same without what libvirt says: from the database and the host's table of sockets. */
export interface ClusterPageView extends Omit<ClusterView, "nodes" | "serviceMachines"> {
  readonly nodes: readonly NodeFacts[];
  readonly serviceMachines?: readonly ServiceMachineFacts[] | undefined;
}

export type ClusterRights = ClusterView["may"];

export interface PlanView extends Omit<Answer<typeof planView>, "plan"> {
  readonly plan: Plan;
}

export interface RevisionView extends Omit<Answer<typeof revisionView>, "spec"> {
  readonly spec: ClusterSpec;
}

export type DashboardView = Answer<typeof dashboard>;

export type TenantView = Answer<typeof tenant>;

/** What the create form and its side panel need to compute everything in the browser. */
export interface NewClusterView extends Omit<Answer<typeof clusterForm>, "durations"> {
  readonly accelerator: SetupState["accelerator"];
  /** Machine count → seconds of earlier creates, newest first. */
  readonly durations: Readonly<Record<number, readonly number[]>>;
}

export interface EditClusterView extends Omit<Answer<typeof editForm>, "form" | "spec"> {
  readonly form: NewClusterView;
  readonly spec: ClusterSpec;
}

/** The one moment a generated private SSH key is seen: it is not kept. */
export type GeneratedKey = Answer<typeof generatedKey>;

export type CreatedCluster = Answer<typeof createdCluster>;

export interface ClusterServices {
  /** By name. */
  list(actor: Actor, query: ClusterListRequest): Promise<ClusterListPage>;
  /** `name`: one that the form asks for. */
  newForm(actor: Actor, tenant: string, name?: string): Promise<NewClusterView>;
  /** Writes revision 1 and queues its preview. */
  create(actor: Actor, tenant: string, request: ClusterRequest, keyed: KeyedRequest | null): Promise<CreatedCluster>;
  get(actor: Actor, ref: ClusterRef, history?: HistoryRequest): Promise<ClusterView>;
  /** `machines` comes later, and always comes: libvirt may take seconds, or not answer. */
  page(
    actor: Actor,
    ref: ClusterRef,
    history?: HistoryRequest,
  ): Promise<{ readonly view: ClusterPageView; readonly machines: Promise<SeenMachines> }>;
  editForm(actor: Actor, ref: ClusterRef, name?: string): Promise<EditClusterView>;
  /**
   * Writes the next revision and queues its preview. A draft may change everything. Problem `nothing-changed` when it equals the
   * newest.
   */
  edit(
    actor: Actor,
    ref: ClusterRef,
    request: ClusterRequest,
    keyed: KeyedRequest | null,
    basedOn?: number | null,
  ): Promise<CreatedCluster>;
  /** Queues a preview of the newest revision (update) or of the teardown (destroy). */
  preview(actor: Actor, ref: ClusterRef, kind: PlanKind, keyed: KeyedRequest | null): Promise<OperationSummary>;
  /** Writes a revision that renews the control plane's certificates, unless one waits already, and queues its preview. */
  renewCertificates(actor: Actor, ref: ClusterRef, keyed: KeyedRequest | null): Promise<OperationSummary>;
  /**
   * Writes a revision that saves the cluster, or wakes it, unless one waits already, and queues its preview. Problem
   * `nothing-changed` where it is so already.
   */
  setPower(actor: Actor, ref: ClusterRef, power: Power, keyed: KeyedRequest | null): Promise<OperationSummary>;
  /** Writes a revision with these hours of the week in which the cluster is on (null: none), and queues its preview. */
  setPowerHours(actor: Actor, ref: ClusterRef, hours: string | null, keyed: KeyedRequest | null): Promise<OperationSummary>;
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
  list(actor: Actor, filter: OperationListRequest): Promise<OperationPage>;
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
  dashboard(actor: Actor, page?: PageRequest): Promise<DashboardView>;
  /** Whether set-up is far enough. */
  readiness(actor: Actor): Promise<Readiness>;
  /** By slug; operators see all. */
  tenants(actor: Actor, query?: TenantListRequest): Promise<TenantListPage>;
  tenant(actor: Actor, slug: string, pages?: { readonly clusters?: PageRequest; readonly removed?: PageRequest }): Promise<TenantPageView>;
  /** Whatever a text may mean, a bounded number. */
  search(actor: Actor, text: string): Promise<Findable>;
  /** The tenant that is meant where none is named; null: there is none that is this person's alone. It may not exist yet. */
  ownTenant(actor: Actor): Promise<string | null>;
  /** Operators only: a further tenant, owned by the actor. */
  createTenant(actor: Actor, slug: string, keyed?: KeyedRequest | null): Promise<TenantView>;
  images(actor: Actor): Promise<readonly ImageView[]>;
  /** Operators only. */
  setup(actor: Actor): Promise<{ readonly state: SetupState; readonly readiness: Readiness }>;
}

/**
 * Signing in and out for one request: it knows the address of the caller and the session cookie. Each answers the
 * value of the `Set-Cookie` header that the page must send.
 */
export interface SessionGateway {
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
  readonly session: SessionGateway;
  /** From the `language` cookie, else Accept-Language, else the configured default. */
  readonly language: Language;
  /** From the `theme` cookie. */
  readonly theme: Theme;
  /** For `<script nonce>`; the Content-Security-Policy header carries the same. */
  readonly nonce: string;
  /** Shown with an error so that it can be found in the portal's records. */
  readonly requestId: string;
}
