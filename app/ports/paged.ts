/** Where a page stands in its list. */
export interface Paged {
  /** On all pages together. */
  readonly total: number;
  /** How many come before this page. */
  readonly skipped: number;
}

/** Nothing follows a cursor that is not in the list. */
export const emptyPage = (total: number): Paged => ({ total, skipped: total });
