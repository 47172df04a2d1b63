/** The list of a form's errors from one time it is sent to the next: it only grows, so that nothing below it moves up. */

export interface FieldError {
  readonly fieldId: string;
  readonly message: string;
}

export interface ListedError extends FieldError {
  readonly fixed: boolean;
}

export interface ErrorList {
  /** How often the form was sent. */
  readonly sent: number;
  readonly errors: readonly ListedError[];
}

export const openCount = (list: ErrorList): number => list.errors.filter((error) => !error.fixed).length;

/** Those of a form as it was sent. */
export const sentErrors = (sent: number, errors: readonly FieldError[]): ErrorList => ({
  sent,
  errors: errors.map((error) => ({ ...error, fixed: false })),
});

/**
 * Each place in the list belongs to a field. Errors that a field has now take its places in their order, what is left of
 * them is fixed and keeps its words, and errors without a place are added at the end. Gives `list` itself where nothing differs.
 */
export function nextErrorList(list: ErrorList, sent: number, errors: readonly FieldError[]): ErrorList {
  if (list.sent !== sent) return sentErrors(sent, errors);
  const left = [...errors];
  const take = (fits: (error: FieldError) => boolean): FieldError | undefined => {
    const at = left.findIndex(fits);
    return at < 0 ? undefined : left.splice(at, 1)[0];
  };
  const unchanged = list.errors.map((listed) => take((error) => error.fieldId === listed.fieldId && error.message === listed.message));
  const kept = list.errors.map((listed, i): ListedError => {
    const present = unchanged[i] ?? take((error) => error.fieldId === listed.fieldId);
    return present === undefined ? { ...listed, fixed: true } : { ...present, fixed: false };
  });
  const next = { sent, errors: [...kept, ...left.map((error) => ({ ...error, fixed: false }))] };
  return sameErrors(list.errors, next.errors) ? list : next;
}

const sameErrors = (a: readonly ListedError[], b: readonly ListedError[]): boolean =>
  a.length === b.length &&
  a.every(({ fieldId, message, fixed }, i) => b[i]?.fieldId === fieldId && b[i]?.message === message && b[i]?.fixed === fixed);
