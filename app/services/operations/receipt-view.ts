/** A teardown's receipt as this person may see it: where things lay on the host is the operator's business. */
import type { Actor } from "#app/domain/tenant.ts";
import type { Receipt, ReceiptRow } from "#app/ports/cluster-store.ts";

export const receiptFor = (actor: Actor, receipt: Receipt): Receipt =>
  actor.operator ? receipt : { ...receipt, rows: receipt.rows.map(withoutFolders) };

const withoutFolders = (row: ReceiptRow): ReceiptRow => ({ ...row, name: lastPart(row.name) });

/** Networks (`10.91.4.0/24`) are no paths. */
const lastPart = (name: string): string => (name.startsWith("/") ? (name.split("/").at(-1) ?? name) : name);
