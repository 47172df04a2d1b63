/** Waits, as loops between two checks do. Ends early, and without an error, when `until` is aborted. */
import { setTimeout as sleep } from "node:timers/promises";

export const pause = (ms: number, until: AbortSignal): Promise<void> => sleep(ms, undefined, { signal: until }).catch(() => undefined);
