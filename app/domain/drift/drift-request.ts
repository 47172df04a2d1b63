/** What a person wants a preview to do about drift. It lies with the operation, so that every attempt plans the same. Pure. */

export type DriftRequest = RepairRequest | AdoptRequest;

export interface RepairRequest {
  readonly wish: "repair";
  /** Rows of the drift record, sorted. */
  readonly ids: readonly string[];
  /** Everything that was open was asked for; `ids` are what that was then. */
  readonly all: boolean;
}

export interface AdoptRequest {
  readonly wish: "adopt";
  readonly id: string;
  /** What the check had found, and the previewed revision says. */
  readonly found: string;
}

export const sortedIds = (ids: readonly string[]): readonly string[] => [...new Set(ids)].sort();

/** A request in words that are the same when it is repeated, whatever has been found since. `ids` null: all that are open. */
export const repairRequest = (ids: readonly string[] | null): string => JSON.stringify(["repair", ids === null ? "all" : sortedIds(ids)]);
export const adoptRequest = (id: string): string => JSON.stringify(["adopt", id]);
export const requestOf = (request: DriftRequest): string =>
  request.wish === "adopt" ? adoptRequest(request.id) : repairRequest(request.all ? null : request.ids);
