/** Shapes of the API's questions and answers. Answers list every field that may leave the portal. */
import { z } from "zod";
import { certificateKinds, certificateStandings } from "#app/domain/cluster/certificates.ts";
import { clusterStates } from "#app/domain/cluster/cluster.ts";
import { driftKinds } from "#app/domain/drift/drift.ts";
import { operationKinds, planKinds, purposes } from "#app/domain/operation/kinds.ts";
import { operationStates } from "#app/domain/operation/operation.ts";
import { queueReasons } from "#app/domain/operation/queue.ts";
import { obstacleCodes, storedMessage } from "#app/domain/message/message.ts";
import { turns } from "#app/domain/operation/standing.ts";
import { setupStepIds } from "#app/domain/setup.ts";
import { memberRoles } from "#app/domain/tenant.ts";
import { digitsField, wordField } from "#app/forms/text-fields.ts";
import { largestPage, pageSize } from "#app/services/portal-lists.ts";

/** What does not fit the grammar of a name is simply not found. */
export const tenantParams = z.object({ tenant: wordField("label") });
export const clusterParams = tenantParams.extend({ cluster: wordField("label") });
export const numberedParams = clusterParams.extend({ number: digitsField(1, 999_999_999) });
export const idParams = z.object({ id: wordField("id") });

/** Of an answer that is one page of a list. */
export const listPage = {
  total: z.number().describe("On all pages together"),
  skipped: z.number().describe("How many come before this page"),
  next: z.string().nullable().describe("Cursor of the next page; null: this is the last one"),
};
/** Which page. */
export const pageQuery = { limit: digitsField(1, largestPage).optional().describe(`At most so many; ${pageSize} unless asked otherwise`) };

const time = z.number().describe("Epoch milliseconds");
const maybeTime = time.nullable();
const planKind = z.enum(planKinds);

/** `message`: the same as an English text. */
export const messageShape = storedMessage.extend({ message: z.string() });

export const failure = z.object({
  step: z.string().nullable(),
  machine: z.string().nullable(),
  phase: z.string().nullable(),
  cause: z.string().describe("Stable code of what went wrong"),
  message: z.string().describe("The reasons as one English text"),
  reasons: z.array(messageShape),
  lastOutput: z.array(z.string()),
  next: z.string(),
});

export const operation = z.object({
  id: z.string(),
  tenant: z.string(),
  cluster: z.string(),
  kind: z.enum(operationKinds),
  planKind,
  purpose: z.enum(purposes).describe("What people call it: the first update of a cluster is `create`"),
  state: z.enum(operationStates),
  specRevision: z.number(),
  planNumber: z.number().nullable(),
  requestedBy: z.string(),
  requestedAt: time,
  startedAt: maybeTime,
  endedAt: maybeTime,
  cancelRequestedAt: maybeTime,
  attempt: z.number(),
  failure: failure.nullable(),
  estimateSeconds: z.number().nullable(),
  queue: z.object({ position: z.number(), reason: z.enum(queueReasons) }).nullable(),
  turn: z.enum(turns).nullable().describe("Whose turn it is while it is interrupted; berth: it goes on by itself within half a minute"),
  may: z.object({ cancel: z.boolean(), resume: z.boolean() }),
});

/** Events are open: a reader meets kinds that it does not know and passes over them. */
export const entry = z.object({ operationId: z.string(), seq: z.number(), at: time, event: z.looseObject({ kind: z.string() }) });
export const operationWithEntries = operation.extend({ entries: z.array(entry), cursor: z.number(), head: z.number(), machines: z.array(z.string()) });

export const cluster = z.object({
  id: z.string(),
  tenant: z.string(),
  name: z.string(),
  state: z.enum(clusterStates),
  blueprint: z.string(),
  kubernetesVersion: z.string(),
  revision: z.number(),
  liveRevision: z.number(),
  controlPlanes: z.number(),
  workers: z.number(),
  vcpus: z.number(),
  memoryMiB: z.number(),
  diskGiB: z.number(),
  live: z.object({ controlPlanes: z.number(), workers: z.number(), vcpus: z.number(), memoryMiB: z.number(), diskGiB: z.number() }).nullable().describe("Of the live revision; null: nothing was brought to life"),
  createdAt: time,
  readyAt: maybeTime,
  goneAt: maybeTime,
  expiresAt: maybeTime.describe("When a draft is discarded unless somebody changes or previews it"),
  current: operation.nullable(),
  differs: z.number().describe("Open rows of drift by the last look"),
  certificates: z.enum(certificateStandings).nullable().describe("Of the control plane; soon: they end within 30 days; null: there is no Kubernetes"),
});

const imageRef = z.object({ name: z.string(), contentHash: z.string() });

const machine = z.object({
  name: z.string().describe("Also its host name, and its node's name in Kubernetes"),
  libvirtName: z.string(),
  role: z.enum(["control-plane", "worker"]),
  pool: z.string().nullable().describe("Name of its node pool; null for a control plane"),
  image: imageRef,
  vcpus: z.number(),
  memoryMiB: z.number(),
  disks: z.array(z.object({ gib: z.number().nullable().describe("Null: as large as its image"), source: z.enum(["file", "volume"]) })).describe("The first is the root disk"),
  interfaces: z.array(z.object({ network: z.string(), mac: z.string(), address: z.string() })),
  sshHostKey: z.string().describe("Public half"),
  sinceRevision: z.number(),
});

const taint = z.object({ key: z.string(), value: z.string(), effect: z.enum(["NoSchedule", "PreferNoSchedule", "NoExecute"]) });

const pool = z.object({
  name: z.string(),
  vcpus: z.number(),
  memoryMiB: z.number(),
  diskGiB: z.number().describe("Of machines that are added"),
  nodes: z.array(z.string()),
  labels: z.record(z.string(), z.string()),
  taints: z.array(taint),
});

const kubernetes = z.object({
  key: z.string(),
  distribution: z.string(),
  version: z.string(),
  endpoint: z.object({ address: z.string(), port: z.number() }).nullable(),
  serverNames: z.array(z.string()),
  controlPlane: z.array(z.string()).describe("Names of machines"),
  pools: z.array(pool),
  podCidr: z.string(),
  serviceCidr: z.string(),
  caCertHash: z.string(),
  certificates: z.object({ renewed: z.number() }).optional(),
});

export const spec = z.object({
  schema: z.literal(2),
  clusterId: z.string(),
  name: z.string(),
  revision: z.number(),
  blueprint: z.string(),
  hostId: z.string().describe("Libvirt host"),
  stackName: z.string(),
  prefix: z.string(),
  profile: z.enum(["emulated", "accelerated"]),
  networks: z.array(z.object({ key: z.string(), name: z.string(), bridge: z.string(), cidr: z.string(), gateway: z.string(), reach: z.enum(["nat"]) })),
  machines: z.array(machine),
  kubernetes: z.array(kubernetes),
  published: z.array(z.object({ port: z.number(), machine: z.string(), target: z.number(), purpose: z.enum(["api", "ssh"]) })),
  authorizedKeys: z.array(z.string()),
  portalKey: z.string().describe("Public half"),
});

const node = z.object({
  name: z.string(),
  role: z.string(),
  address: z.string(),
  vcpus: z.number(),
  memoryMiB: z.number(),
  diskGiB: z.number(),
  machine: z.string(),
  sshCommand: z.string().nullable(),
});

const planSummary = z.object({
  id: z.string(),
  number: z.number(),
  kind: planKind,
  fromRevision: z.number(),
  specRevision: z.number(),
  createdAt: time,
  stale: z.boolean(),
  execution: operation.shape.state.nullable().describe("How the operation stands that executes or executed it"),
});

export const receipt = z.object({
  operationId: z.string(),
  at: time,
  by: z.string(),
  rows: z.array(z.object({ what: z.string(), name: z.string(), gone: z.boolean(), proof: z.string() })),
});

const certificateEnd = z.object({
  kind: z.enum(certificateKinds),
  endsAt: time,
  source: z.enum(["made", "read", "estimated"]).describe("estimated: not read yet, and not sooner than this"),
  standing: z.enum(certificateStandings),
});

export const clusterView = z.object({
  summary: cluster,
  spec,
  liveSpec: spec.nullable(),
  nodes: z.array(node),
  access: z.object({ apiServer: z.string().nullable(), directApiServer: z.string(), contextName: z.string(), kubeconfigReady: z.boolean() }),
  certificates: z.object({ ends: z.array(certificateEnd), due: z.boolean().describe("A renewal is due: what it replaces ends within 30 days") }).nullable(),
  takenPorts: z.array(z.object({ port: z.number(), holder: z.string().nullable() })).describe("Published ports where another program of the host answers in the cluster's place, or none (holder null)"),
  revisions: z.array(z.object({ revision: z.number(), at: time })),
  revisionPage: z.object(listPage),
  plans: z.array(planSummary),
  planPage: z.object(listPage),
  waitingPlan: z.number().nullable().describe("Number of the newest plan that would bring the newest revision to life"),
  operations: z.array(operation),
  receipt: receipt.nullable(),
  state: z.object({ bytes: z.number(), checkpoints: z.number() }).nullable(),
  may: z.object({ edit: z.boolean(), preview: z.boolean(), destroy: z.boolean(), discard: z.boolean(), renew: z.boolean(), kubeconfig: z.boolean() }),
});

const driftRow = z.object({
  id: z.string(),
  kind: z.enum(driftKinds),
  subject: z.string(),
  machine: z.string().nullable(),
  expected: z.string(),
  found: z.string(),
  impact: z.enum(["none", "restart", "replace"]),
  repair: z.enum(["plan", "none"]),
  adopt: z.boolean(),
  since: time,
  ignored: z.object({ until: time, by: z.string() }).nullable(),
  open: z.boolean(),
});
const source = z.enum(["seen", "silent", "absent"]);

export const driftView = z.object({
  cluster,
  at: maybeTime,
  revision: z.number(),
  sources: z.object({ host: source, engine: source, nodes: source }),
  trouble: z.object({ at: time, message: z.string(), reasons: z.array(messageShape) }).nullable(),
  looking: z.boolean(),
  stale: z.boolean(),
  nextAt: maybeTime,
  everyMinutes: z.number(),
  rows: z.array(driftRow),
  may: z.object({ look: z.boolean(), repair: z.boolean(), adopt: z.boolean(), ignore: z.boolean() }),
});

const specChange = z.object({ about: z.enum(["cluster", "network", "kubernetes", "pool", "machine", "port"]), name: z.string().describe("Of the thing; empty for the cluster itself"), field: z.string(), before: z.string().nullable(), after: z.string().nullable() });
export const revisionView = z.object({ cluster, revision: z.number(), at: time, spec, changes: z.array(specChange) });

const refusals = z.array(
  z.union([
    z.object({ code: z.string(), needed: z.number(), available: z.number(), unit: z.string(), message: z.string() }).describe("There is not enough of something"),
    messageShape.extend({ code: z.enum(obstacleCodes) }).describe("Something on the libvirt host is in the way"),
  ]),
);

export const plan = z.object({
  id: z.string(),
  operationId: z.string(),
  kind: planKind,
  number: z.number(),
  fromRevision: z.number(),
  specRevision: z.number(),
  stateSerial: z.number(),
  hash: z.string().describe("Send it back with the approval"),
  rows: z.array(
    z.object({
      urn: z.string(),
      name: z.string(),
      type: z.string(),
      phase: z.string(),
      change: z.enum(["create", "update", "replace", "delete", "same"]),
      impact: z.enum(["none", "restart", "replace"]),
      machine: z.string().nullable(),
      changed: z.array(z.string()),
    }),
  ),
  headroom: z.array(z.object({ what: z.string(), unit: z.string(), before: z.number(), after: z.number(), limit: z.number() })),
  refusals,
  repair: z.object({ refresh: z.boolean(), again: z.array(z.string()), marks: z.array(z.string()) }).optional().describe("The drift that it puts right, and how"),
  createdAt: time,
});

const amounts = { vcpus: z.number(), memoryMiB: z.number(), diskGiB: z.number() };
export const reserved = z.object(amounts);
const heldBy = z.object({
  clusters: z.array(z.object({ tenant: z.string(), cluster: z.string(), ...amounts })),
  others: z.object({ clusters: z.number(), ...amounts }).nullable().describe("All other clusters together"),
});

export const planView = z.object({
  plan,
  cluster,
  refusals: refusals.describe("Why it does not fit now"),
  heldBy: heldBy.nullable().describe("Who holds what is missing"),
  moved: z.array(z.string()),
  specChanges: z.array(specChange),
  estimateSeconds: z.number().nullable(),
  losesData: z.array(z.string()),
  nameNeeded: z.boolean(),
  mayApprove: z.boolean(),
  mayPreview: z.boolean(),
  operation: operation.nullable(),
  discarded: z.boolean(),
  mayEdit: z.boolean(),
});

export const person = z.object({
  id: z.string(),
  name: z.string(),
  operator: z.boolean(),
  createdAt: time,
  disabledAt: maybeTime,
  lastSignInAt: maybeTime,
  tenants: z.array(z.object({ slug: z.string(), role: z.enum(memberRoles) })).describe("The first ones"),
  tenantCount: z.number(),
  may: z.object({ disable: z.boolean(), enable: z.boolean() }),
});

export const tenant = z.object({
  id: z.string(),
  slug: z.string(),
  createdAt: time,
  role: z.enum(memberRoles).nullable(),
  clusters: z.number(),
  may: z.object({ create: z.boolean() }),
});

const amount = z.object({ total: z.number(), committed: z.number(), left: z.number() });
export const room = z.object({
  reachable: z.boolean(),
  hostName: z.string(),
  vcpus: amount,
  memoryMiB: amount,
  diskGiB: amount,
  networks: amount,
  memoryReserveMiB: z.number(),
  heldBy,
});

export const image = z.object({
  name: z.string(),
  kind: z.enum(["node", "tiny"]),
  contentHash: z.string(),
  kubernetesVersion: z.string().nullable(),
  sizeBytes: z.number(),
  builtAt: z.string(),
  packages: z.array(z.object({ name: z.string(), version: z.string() })),
  components: z.record(z.string(), z.string()),
});

export const readiness = z.object({ preview: z.boolean(), create: z.boolean(), waitingFor: z.array(z.enum(setupStepIds)), failed: z.array(z.enum(setupStepIds)) });

export const setupState = z.object({
  updatedAt: time,
  steps: z.array(z.object({ id: z.enum(setupStepIds), step: z.looseObject({ state: z.string() }), estimateSeconds: z.number(), tail: z.array(z.string()) })),
  hypervisor: z.object({ mode: z.string(), uri: z.string(), reason: z.string().nullable(), reasons: z.array(messageShape) }).nullable(),
  accelerator: z.object({ accelerator: z.string(), reason: z.string().nullable(), reasons: z.array(messageShape), chosenBy: z.string() }).nullable(),
});

export const dashboard = z.object({
  tenants: z.array(tenant),
  tenantPage: z.object(listPage),
  clusters: z.array(cluster),
  clusterPage: z.object(listPage),
  running: z.array(operation),
  room,
  readiness,
  setup: setupState.nullable(),
});

export const removed = z.object({ id: z.string(), tenant: z.string(), name: z.string(), at: time, by: z.string() });

export const token = z.object({ id: z.string(), label: z.string(), createdAt: time, expiresAt: maybeTime });
