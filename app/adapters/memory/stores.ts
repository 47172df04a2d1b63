/** Every store in memory, sharing one state. */
import type { ClusterStore } from "#app/ports/cluster-store.ts";
import type { Journal } from "#app/ports/journal.ts";
import type { OperationStore } from "#app/ports/operation-store.ts";
import type { PeopleStore } from "#app/ports/people-store.ts";
import type { SecretStore } from "#app/ports/secret-store.ts";
import { createMemoryClusterStore } from "./cluster-store.ts";
import { createMemoryJournal } from "./journal.ts";
import { createMemoryOperationStore } from "./operation-store.ts";
import { createMemoryPeopleStore } from "./people-store.ts";
import { createMemorySecretStore } from "./secret-store.ts";
import { MemoryState } from "./state.ts";

export interface MemoryStores {
  readonly operations: OperationStore;
  readonly journal: Journal;
  readonly clusters: ClusterStore;
  readonly people: PeopleStore;
  readonly secrets: SecretStore;
}

export function memoryStores(): MemoryStores {
  const state = new MemoryState();
  return {
    operations: createMemoryOperationStore(state),
    journal: createMemoryJournal(state),
    clusters: createMemoryClusterStore(state),
    people: createMemoryPeopleStore(),
    secrets: createMemorySecretStore(),
  };
}
