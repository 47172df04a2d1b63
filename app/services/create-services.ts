/** All use cases together, from ports and settings. */
import { blueprints } from "#app/domain/blueprints/all.ts";
import type { Blueprint } from "#app/domain/blueprints/blueprint.ts";
import { serviceKinds } from "#app/domain/services/all.ts";
import type { ServiceKind } from "#app/domain/services/service.ts";
import type { QueueLimits } from "#app/domain/operation/queue.ts";
import type { ClusterStore } from "#app/ports/cluster-store.ts";
import type { DriftStore } from "#app/ports/drift-store.ts";
import type { HostChecks, Hypervisors } from "#app/ports/hosts/by-host.ts";
import type { HostStore } from "#app/ports/hosts/host-store.ts";
import type { Journal } from "#app/ports/journal.ts";
import type { KeyMaker } from "#app/ports/key-maker.ts";
import type { OperationStore } from "#app/ports/operation-store.ts";
import type { PeopleStore } from "#app/ports/people-store.ts";
import type { RequestStore } from "#app/ports/request-store.ts";
import type { SecretMaker } from "#app/ports/secret-maker.ts";
import type { StateSizes } from "#app/ports/stack-engine.ts";
import type { SecretStore } from "#app/ports/secret-store.ts";
import type { SetupStatus } from "#app/ports/setup-status.ts";
import { createClusters } from "./clusters/clusters.ts";
import type { DraftSettings } from "./clusters/drafts.ts";
import { createDrift } from "./drift/drift.ts";
import { createPortalOverview } from "./dashboard.ts";
import { createOperations } from "./operations/operations.ts";
import { createPeople } from "./people/people.ts";
import { createPlans } from "./plans/plans.ts";
import { createOnce } from "./idempotent-requests.ts";
import type { Services } from "./portal.ts";
import { recentInventory } from "./hosts/recent-inventory.ts";
import { createHostCapacityReader } from "./hosts/host-capacity.ts";
import { translateStorageErrors } from "./storage/storage-problem.ts";
import type { SpecSettings } from "./clusters/specs.ts";

export interface ServicePorts {
  readonly people: PeopleStore;
  readonly requests: RequestStore;
  readonly clusters: ClusterStore;
  readonly operations: OperationStore;
  readonly drift: DriftStore;
  readonly journal: Journal;
  readonly secretStore: SecretStore;
  readonly hosts: HostStore;
  readonly hypervisors: Hypervisors;
  /** Absent where there is no host to check. */
  readonly hostChecks?: HostChecks;
  readonly setupStatus: SetupStatus;
  readonly keyMaker: KeyMaker;
  readonly secrets: SecretMaker;
  readonly now: () => number;
  readonly queueLimits: () => QueueLimits;
  readonly stateSizes?: StateSizes;
  /** For the portal's own record: what a person is told of as a problem of the database. */
  readonly onTrouble?: (doing: string, error: unknown) => void;
}

export interface ServiceSettings extends SpecSettings {
  /** Minutes between scheduled looks for drift; 0: only when asked. */
  readonly driftMinutes: number;
  /** Hours that are proposed for clusters without any; empty: none. */
  readonly powerHours?: string;
  /** Days that the certificate in a downloaded kubeconfig is valid. */
  readonly kubeconfigDays: number;
  /** Whether interrupted operations continue automatically. */
  readonly autoResume: boolean;
  readonly drafts: DraftSettings;
  /** How many previews of one tenant may be queued. */
  readonly maxQueuedPreviews: number;
  /** What a person can choose; Berth's own unless given. */
  readonly blueprints?: readonly Blueprint[];
  readonly serviceKinds?: readonly ServiceKind[];
  /** Address of the portal without a slash at the end. */
  readonly publicUrl: string;
}

export function createServices(ports: ServicePorts, settings: ServiceSettings): Services {
  const shared = { ...ports, inventory: recentInventory(ports.hypervisors, ports.now), settings, publicUrl: settings.publicUrl };
  const host = createHostCapacityReader(shared);
  const deps = {
    ...shared,
    ...host,
    blueprints: settings.blueprints ?? blueprints,
    serviceKinds: settings.serviceKinds ?? serviceKinds,
    driftMinutes: settings.driftMinutes,
    kubeconfigDays: settings.kubeconfigDays,
    powerHours: settings.powerHours,
    autoResume: settings.autoResume,
    drafts: settings.drafts,
    maxQueuedPreviews: settings.maxQueuedPreviews,
  };
  const services = {
    ...createPortalOverview(deps),
    clusters: createClusters(deps),
    plans: createPlans(deps),
    drift: createDrift(deps),
    operations: createOperations(deps),
    people: createPeople(deps),
    once: createOnce(deps),
  };
  return translateStorageErrors(services, ports.onTrouble ?? (() => undefined));
}
