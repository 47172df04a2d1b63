/** Lets acts about the same thing follow each other within this process; the store decides between processes. */
import { Mutex } from "async-mutex";

export type OneAtATime = <T>(key: string, act: () => Promise<T>) => Promise<T>;

export function oneAtATime(): OneAtATime {
  const mutexes = new Map<string, Mutex>();
  return async (key, act) => {
    const mutex = mutexes.get(key) ?? new Mutex();
    mutexes.set(key, mutex);
    try {
      return await mutex.runExclusive(act);
    } finally {
      if (!mutex.isLocked()) mutexes.delete(key);
    }
  };
}
