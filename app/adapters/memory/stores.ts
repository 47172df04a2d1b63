/** Every store in memory, sharing one state. */
import type { ClusterStore } from "#app/ports/cluster-store.ts";
import type { HostStore } from "#app/ports/hosts/host-store.ts";
import type { DriftStore } from "#app/ports/drift-store.ts";
import type { Journal } from "#app/ports/journal.ts";
import type { OperationStore } from "#app/ports/operation-store.ts";
import type { OrphanStore } from "#app/ports/orphan-store.ts";
import type { PeopleStore } from "#app/ports/people-store.ts";
import type { RequestStore } from "#app/ports/request-store.ts";
import type { SecretStore } from "#app/ports/secret-store.ts";
import { createMemoryClusterStore } from "./cluster-store.ts";
import { createMemoryDriftStore } from "./drift-store.ts";
import { createMemoryHostStore } from "./host-store.ts";
import { createMemoryJournal } from "./journal.ts";
import { createMemoryOperationStore } from "./operation-store.ts";
import { createMemoryOrphanStore } from "./orphan-store.ts";
import { createMemoryPeopleStore } from "./people-store.ts";
import { createMemoryRequestStore } from "./request-store.ts";
import { createMemorySecretStore } from "./secret-store.ts";
import { MemoryState } from "./state.ts";

export interface MemoryStores {
  readonly operations: OperationStore;
  readonly journal: Journal;
  readonly clusters: ClusterStore;
  readonly hosts: HostStore;
  readonly drift: DriftStore;
  readonly orphans: OrphanStore;
  readonly people: PeopleStore;
  readonly requests: RequestStore;
  readonly secrets: SecretStore;
}

export function memoryStores(): MemoryStores {
  const state = new MemoryState();
  return {
    operations: createMemoryOperationStore(state),
    journal: createMemoryJournal(state),
    clusters: createMemoryClusterStore(state),
    hosts: createMemoryHostStore(),
    drift: createMemoryDriftStore(state),
    orphans: createMemoryOrphanStore(),
    people: createMemoryPeopleStore(),
    requests: createMemoryRequestStore(),
    secrets: createMemorySecretStore(),
  };
}
