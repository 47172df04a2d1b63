/** The server's clock, carried on by the browser's monotonic one, which no change of the wall clock moves. */

/** `at`: what the server's clock said; `received`: the monotonic moment, in milliseconds, of the answer that said it. */
export const serverClock =
  (at: number, received: number, monotonic: () => number = () => performance.now()): (() => number) =>
  () =>
    at + Math.max(0, monotonic() - received);

/** When the answer that is being looked at arrived: the document itself, or data that was fetched just now. */
export function receivedAt(document: boolean): number {
  const [navigation] = document && typeof window !== "undefined" ? performance.getEntriesByType("navigation") : [];
  return navigation !== undefined && "responseStart" in navigation ? Number(navigation.responseStart) : performance.now();
}
