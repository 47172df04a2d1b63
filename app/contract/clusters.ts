/** Clusters: in lists, one with its history, what its form needs, and the receipt of its teardown. */
import { z } from "zod";
import { certificateKinds, certificateStates } from "#app/domain/cluster/certificates.ts";
import { clusterStates } from "#app/domain/cluster/cluster.ts";
import { machineRoles, nodeRoles, powers } from "#app/domain/cluster/spec.ts";
import { nodeTroubles } from "#app/domain/drift/removal-order.ts";
import type { Message } from "#app/domain/message/message.ts";
import { weekdays } from "#app/domain/power/power-hours.ts";
import { operationStates } from "#app/domain/operation/operation.ts";
import { image, readiness, hostCapacity } from "./hosts.ts";
import { operation, planKind } from "./operations.ts";
import { tenant } from "./people.ts";
import { amounts, listPage, maybeTime, message, storedWord, time, givenAs } from "./shapes.ts";

/** Sums over all machines of one revision. */
export const clusterSize = z.object({ controlPlanes: z.number(), workers: z.number(), ...amounts.shape });

export const cluster = z.object({
  id: z.string(),
  tenant: z.string(),
  name: z.string(),
  state: z.enum(clusterStates),
  power: z.enum(powers).describe("Of the live revision; saved: the machines' memory lies on the host's disk, and none of them runs"),
  blueprint: z.string().describe("Id of a blueprint"),
  kubernetesVersion: z.string(),
  revision: z.number(),
  liveRevision: z.number(),
  ...clusterSize.shape,
  live: clusterSize.nullable().describe("Of the live revision; null: nothing was brought to life"),
  createdAt: time,
  readyAt: maybeTime,
  goneAt: maybeTime,
  expiresAt: maybeTime.describe("When a draft is discarded unless somebody changes or previews it"),
  current: operation.nullable().describe("Queued, running or interrupted"),
  differs: z.number().describe("Open rows of drift by the last check"),
  certificates: z
    .enum(certificateStates)
    .nullable()
    .describe("Of the control plane; soon: they end within 30 days; null: there is no Kubernetes"),
});

export const clusterPage = z.object({ clusters: z.array(cluster), ...listPage.shape });

const imageRef = z.object({ name: z.string(), contentHash: z.string() });

const machine = z.object({
  name: z.string().describe("Also its host name, and the name of its node in Kubernetes, if it is one"),
  libvirtName: z.string(),
  role: z.enum(machineRoles).describe("service: it is no node of Kubernetes"),
  pool: z.string().nullable().describe("Name of its node pool; null for a machine that is in none"),
  image: imageRef,
  vcpus: z.number(),
  memoryMiB: z.number(),
  disks: z
    .array(z.object({ gib: z.number().nullable().describe("Null: as large as its image"), source: z.enum(["file", "volume"]) }))
    .describe("The first is the root disk"),
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
  endpoint: z
    .object({
      address: z.string(),
      port: z.number(),
      virtual: z
        .literal(true)
        .optional()
        .describe("The control planes hold the address in turn; absent: it is the first control plane's own"),
    })
    .nullable(),
  serverNames: z.array(z.string()),
  controlPlane: z.array(z.string()).describe("Names of machines"),
  pools: z.array(pool),
  podCidr: z.string(),
  serviceCidr: z.string(),
  caCertHash: z.string(),
  certificates: z.object({ renewed: z.number() }).optional(),
});

const service = z.object({
  kind: z.string().describe("Id of a kind of service machine"),
  machines: z.array(z.string()).describe("Names of its machines"),
  settings: z.record(z.string(), z.unknown()),
});

const addOn = z.object({
  id: z.string(),
  version: z.string(),
  kubernetes: z.string().describe("Key of the Kubernetes cluster that it is in"),
  settings: z.record(z.string(), z.unknown()),
});

const powerHours = z.object({
  timeZone: z.string(),
  on: z.array(
    z.object({
      days: z.array(z.enum(weekdays)),
      from: z.number().describe("Minutes of the day"),
      to: z.number().describe("Minutes of the day; no later than from: on the next day"),
    }),
  ),
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
  networks: z.array(
    z.object({ key: z.string(), name: z.string(), bridge: z.string(), cidr: z.string(), gateway: z.string(), reach: z.enum(["nat"]) }),
  ),
  machines: z.array(machine),
  kubernetes: z.array(kubernetes),
  services: z.array(service).optional().describe("What machines that are no nodes give the cluster; absent: nothing"),
  addOns: z.array(addOn).optional().describe("In the order in which they are put in; absent: none"),
  published: z.array(
    z.object({
      port: z.number(),
      machine: z.string().nullable().describe("Null: the endpoint of Kubernetes"),
      target: z.number(),
      purpose: z.enum(["api", "ssh"]),
    }),
  ),
  authorizedKeys: z.array(z.string()),
  portalKey: z.string().describe("Public half"),
  power: z.enum(powers).optional().describe("Absent: on"),
  wokenFrom: z.number().optional().describe("The revision that was saved before the cluster was last woken; absent: it was never woken"),
  powerHours: powerHours.optional().describe("When it is on; absent: it is saved and woken by people alone"),
});

const machineFacts = {
  name: z.string(),
  address: z.string(),
  ...amounts.shape,
  machine: z
    .enum(["running", "stopped", "saved", "paused", "other", "absent", "unknown"])
    .describe("As libvirt sees it now; absent: not there; unknown: libvirt did not answer"),
  sshCommand: z.string().nullable().describe("A whole command line; null: no SSH key was admitted, or nothing runs"),
};

export const node = z.object({
  ...machineFacts,
  role: z.enum(nodeRoles),
  pool: z.string().nullable().describe("Name of its node pool; null for a control plane"),
});

export const serviceMachine = z.object({ ...machineFacts, service: z.string().describe("Id of its kind of service") });

export const planSummary = z.object({
  id: z.string(),
  number: z.number(),
  kind: planKind,
  fromRevision: z.number(),
  specRevision: z.number(),
  createdAt: time,
  stale: z.boolean(),
  execution: z.enum(operationStates).nullable().describe("How the operation stands that executes or executed it"),
});

type ReceiptThing = "machine" | "disk" | "network" | "pool" | "file" | "state" | "secret" | "address";

const receiptRow = givenAs<{ what: ReceiptThing; name: string; gone: boolean; proof: Message }>()(
  z.object({
    what: storedWord<ReceiptThing>(),
    name: z.string(),
    gone: z.boolean(),
    proof: z.string().describe("As an English text"),
    proofMessage: message,
  }),
);
export const receipt = z.object({ operationId: z.string(), at: time, by: z.string(), rows: z.array(receiptRow) });
export const receiptView = z.object({ cluster, receipt });

const certificateEnd = z.object({
  kind: z.enum(certificateKinds),
  endsAt: time,
  source: z.enum(["made", "read", "estimated"]).describe("estimated: not read yet, and not sooner than this"),
  standing: z.enum(certificateStates),
});
export const certificates = z.object({
  ends: z.array(certificateEnd),
  due: z.boolean().describe("A renewal is due: what it replaces ends within 30 days"),
});

export const clusterAccess = z.object({
  apiServer: z.string().nullable().describe("From outside: published host and port; null while another program answers there, or none"),
  directApiServer: z.string().describe("As machines on the libvirt host reach it"),
  contextName: z.string().describe("In the kubeconfig: `<tenant>.<cluster>`"),
  kubeconfigReady: z.boolean(),
});

export const takenPort = z.object({
  port: z.number(),
  holder: z.string().nullable().describe("The program, as far as it can be told; null: nothing listens there"),
});

/** Rights and state together: what this person can do with this cluster now. */
export const clusterRights = z.object({
  edit: z.boolean(),
  preview: z.boolean(),
  destroy: z.boolean(),
  discard: z.boolean().describe("Forget a draft, or go back from an unapplied revision to the live one"),
  renew: z.boolean(),
  save: z.boolean().describe("Save its machines: a revision with a plan, like every change"),
  wake: z.boolean(),
  kubeconfig: z.boolean(),
});

export const clusterView = z.object({
  summary: cluster,
  spec: spec.describe("Newest revision"),
  liveSpec: spec.nullable().describe("What an update last brought to life; null before the first"),
  nodes: z.array(node),
  serviceMachines: z.array(serviceMachine).optional().describe("Machines that are no nodes; absent: there are none"),
  access: clusterAccess,
  certificates: certificates.nullable().describe("Null while there is no Kubernetes"),
  nextPower: z
    .object({ at: time, power: z.enum(powers) })
    .nullable()
    .describe("When its hours change its power next; null: it has none"),
  proposedHours: z.string().describe("Hours that the operator proposes for clusters without any; empty: none"),
  takenPorts: z
    .array(takenPort)
    .describe("Published ports where another program of the host answers in the cluster's place, or none (holder null)"),
  revisions: z.array(z.object({ revision: z.number(), at: time })).describe("Newest first; cursors are numbers"),
  revisionPage: listPage,
  plans: z.array(planSummary).describe("Newest first; cursors are numbers"),
  planPage: listPage,
  waitingPlan: z.number().nullable().describe("Number of the newest plan that would bring the newest revision to life"),
  operations: z.array(operation).describe("Newest first, at most 20"),
  receipt: receipt.nullable(),
  state: z
    .object({ bytes: z.number(), checkpoints: z.number() })
    .nullable()
    .describe("Space that the engine's state of this cluster takes"),
  may: clusterRights,
});

export const generatedKey = z.object({
  publicKey: z.string(),
  privateKey: z.string().describe("In this answer only; the same request with the same Idempotency-Key gives it again for one hour"),
});
export const createdCluster = z.object({
  cluster,
  operation: operation.describe("The preview that was queued at once"),
  generatedKey: generatedKey.nullable(),
});

export const clusterForm = z.object({
  tenant,
  kubernetesVersions: z.array(z.string()).describe("With a ready image, newest first; the first is the recommended one"),
  images: z.array(image),
  room: hostCapacity,
  readiness,
  nextNetwork: z.string().nullable().describe("The network that it would get if it were created now"),
  networkRange: z.string().describe("The whole address range of the cluster's libvirt host"),
  takenNames: z.array(z.string()),
  durations: z.record(z.string(), z.array(z.number())).describe("Machine count → seconds of earlier creates, newest first"),
});

export const editForm = z.object({
  form: clusterForm,
  cluster,
  spec,
  reserved: amounts.nullable().describe("What the cluster has of the host already; null: nothing, as a draft"),
  removal: z
    .array(z.object({ name: z.string(), pool: z.string(), trouble: z.enum(nodeTroubles).nullable() }))
    .describe(
      "Workers in the order in which they are proposed for removal: out (down or not Ready), cordoned, different from the spec in another way, then healthy ones, the youngest first",
    ),
  keptNetwork: z
    .string()
    .nullable()
    .describe("The network the cluster keeps; null: a draft whose network another cluster has reserved, which takes the form's next one"),
});

export const removedCluster = z.object({ id: z.string(), tenant: z.string(), name: z.string(), at: time, by: z.string() });
