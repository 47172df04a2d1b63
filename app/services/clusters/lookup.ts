/** Questions that every row of a page asks: those of the rows known beforehand are asked together, in one question. */
export type Lookup<V> = (id: string) => Promise<V | undefined>;

/** `many` is asked at most once for all of `known`, when the first of them is looked up; any other id is asked about once, by itself. */
export function lookup<V>(known: readonly string[], many: (ids: readonly string[]) => Promise<ReadonlyMap<string, V>>): Lookup<V> {
  const together = new Set(known);
  const others = new Map<string, Promise<V | undefined>>();
  let batch: Promise<ReadonlyMap<string, V>> | undefined;
  return async (id) => {
    if (!together.has(id)) return await once(others, id, async () => (await many([id])).get(id));
    batch ??= many([...together]);
    return (await batch).get(id);
  };
}

/** What was made for this key before, else what `make` gives. */
export function once<T>(kept: Map<string, Promise<T>>, key: string, make: () => Promise<T>): Promise<T> {
  const made = kept.get(key) ?? make();
  kept.set(key, made);
  return made;
}
