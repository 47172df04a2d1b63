/** All contracts at once. */
import { cancelContract } from "./cancel.contract.ts";
import { clusterListsContract } from "./cluster-lists.contract.ts";
import { compactionContract } from "./compaction.contract.ts";
import { clusterStoreContract } from "./cluster-store.contract.ts";
import { driftStoreContract } from "./drift-store.contract.ts";
import { driftRequestContract } from "./drift-request.contract.ts";
import type { OpenStores } from "#tests/contract/fixtures.ts";
import { hostStoreContract } from "./host-store.contract.ts";
import { journalContract } from "./journal.contract.ts";
import { listsContract } from "./lists.contract.ts";
import { operationModelContract } from "./operation-model.contract.ts";
import { operationStoreContract } from "./operation-store.contract.ts";
import { queueContract } from "./queue.contract.ts";
import { peopleStoreContract } from "./people-store.contract.ts";
import { requestStoreContract } from "./request-store.contract.ts";
import { orphanStoreContract } from "./orphan-store.contract.ts";
import { textContract } from "./text.contract.ts";
import { transitionsContract } from "./transitions.contract.ts";
import { reservationsContract } from "./reservations.contract.ts";
import { takeOverContract } from "./take-over.contract.ts";
import { secretStoreContract } from "./secret-store.contract.ts";

/** `histories`: how many made-up histories the state machine is put through. */
export function everyContract(open: OpenStores, histories: number): void {
  operationStoreContract(open);
  driftRequestContract(open);
  cancelContract(open);
  transitionsContract(open);
  operationModelContract(open, histories);
  queueContract(open, Math.min(12, histories));
  takeOverContract(open);
  orphanStoreContract(open);
  hostStoreContract(open);
  journalContract(open);
  compactionContract(open);
  clusterStoreContract(open);
  reservationsContract(open);
  listsContract(open);
  clusterListsContract(open);
  driftStoreContract(open);
  peopleStoreContract(open);
  secretStoreContract(open);
  textContract(open);
  requestStoreContract(open);
}
