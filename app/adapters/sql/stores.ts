/** Every store on one open database. */
import type { ClusterStore } from "#app/ports/cluster-store.ts";
import type { HostStore } from "#app/ports/hosts/host-store.ts";
import type { DriftStore } from "#app/ports/drift-store.ts";
import type { Journal } from "#app/ports/journal.ts";
import type { OperationStore } from "#app/ports/operation-store.ts";
import type { OrphanStore } from "#app/ports/orphan-store.ts";
import type { RequestStore } from "#app/ports/request-store.ts";
import type { PeopleStore } from "#app/ports/people-store.ts";
import type { SealedRows } from "#app/ports/sealed-rows.ts";
import { createClusterStore } from "./stores/cluster-store.ts";
import type { BerthDatabase } from "./database/database.ts";
import { createDriftStore } from "./stores/drift-store.ts";
import { createHostStore } from "./stores/host-store.ts";
import { createJournal } from "./journal/journal.ts";
import { createOperationStore } from "./stores/operation-store.ts";
import { createOrphanStore } from "./stores/orphan-store.ts";
import { createRequestStore } from "./stores/request-store.ts";
import { createPeopleStore } from "./stores/people-store.ts";
import { createSealedRows } from "./stores/sealed-rows.ts";

export interface SqlStores {
  readonly operations: OperationStore;
  readonly journal: Journal;
  readonly clusters: ClusterStore;
  readonly hosts: HostStore;
  readonly drift: DriftStore;
  readonly orphans: OrphanStore;
  readonly people: PeopleStore;
  readonly requests: RequestStore;
  readonly sealedRows: SealedRows;
}

export const sqlStores = (database: BerthDatabase): SqlStores => ({
  operations: createOperationStore(database),
  journal: createJournal(database),
  clusters: createClusterStore(database),
  hosts: createHostStore(database),
  drift: createDriftStore(database),
  orphans: createOrphanStore(database),
  people: createPeopleStore(database),
  requests: createRequestStore(database),
  sealedRows: createSealedRows(database),
});
