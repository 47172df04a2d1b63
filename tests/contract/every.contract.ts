/** All contracts at once. */
import { clusterStoreContract } from "./cluster-store.contract.ts";
import type { OpenStores } from "./fixtures.ts";
import { journalContract } from "./journal.contract.ts";
import { operationModelContract } from "./operation-model.contract.ts";
import { operationStoreContract } from "./operation-store.contract.ts";
import { peopleStoreContract } from "./people-store.contract.ts";
import { secretStoreContract } from "./secret-store.contract.ts";

/** `histories`: how many made-up histories the state machine is put through. */
export function everyContract(open: OpenStores, histories: number): void {
  operationStoreContract(open);
  operationModelContract(open, histories);
  journalContract(open);
  clusterStoreContract(open);
  peopleStoreContract(open);
  secretStoreContract(open);
}
