/** Adds the entries of one kubeconfig to another, which keeps everything else it has, its comments included. Pure. */
import { type Document, isMap, isScalar, isSeq, parseDocument, type YAMLMap, type YAMLSeq } from "yaml";

export interface Merged {
  readonly text: string;
  /** What `current-context` is now. */
  readonly current: string;
}

/** Its message is a sentence about the file, without anything of its content. */
export class NoKubeconfig extends Error {
  override readonly name = "NoKubeconfig";
}

const lists = ["clusters", "users", "contexts"] as const;

/** `use`: make the added context the current one; otherwise it is only where there was none. Throws {@link NoKubeconfig}. */
export function mergeKubeconfig(existing: string, added: string, { use }: { readonly use: boolean }): Merged {
  if (existing.trim() === "") return { text: added, current: currentOf(read(added)) };
  const [into, from] = [read(existing), read(added)];
  for (const list of lists) for (const entry of entriesOf(from, list)) putEntry(into, list, entry);
  if (use || currentOf(into) === "") into.set("current-context", currentOf(from));
  return { text: written(into), current: currentOf(into) };
}

function read(text: string): Document {
  const document = parseDocument(text);
  if (document.errors.length > 0) throw new NoKubeconfig("it is not one YAML document");
  if (document.contents !== null && !isMap(document.contents)) throw new NoKubeconfig("it is not a kubeconfig");
  for (const list of lists) entriesOf(document, list);
  return document;
}

const currentOf = (document: Document): string => String(document.get("current-context") ?? "");

/** An absent list and an empty one (`clusters: null`, as kubectl writes it) are the same. */
function entriesOf(document: Document, list: string): readonly YAMLMap[] {
  const found = document.get(list);
  if (found === undefined || found === null) return [];
  if (!isSeq(found) || !found.items.every(isMap)) throw new NoKubeconfig(`its ${list} are not a list of entries`);
  return found.items as YAMLMap[];
}

/** In the place of the first entry of that name, else at the end. */
function putEntry(into: Document, list: string, entry: YAMLMap): void {
  if (entriesOf(into, list).length === 0) into.set(list, into.createNode([]));
  const { items } = into.get(list) as YAMLSeq<YAMLMap>;
  const first = items.findIndex((i) => nameOf(i) === nameOf(entry));
  const others = items.filter((i) => nameOf(i) !== nameOf(entry));
  const place = first < 0 ? others.length : first;
  items.splice(0, items.length, ...others.slice(0, place), entry, ...others.slice(place));
}

function nameOf(entry: YAMLMap): unknown {
  const name = entry.get("name", true);
  return isScalar(name) ? name.value : undefined;
}

/** Certificates stay on one line each. An entry that others refer to (`&anchor`) cannot be replaced. */
function written(document: Document): string {
  try {
    return document.toString({ lineWidth: 0 });
  } catch {
    throw new NoKubeconfig("an entry to be replaced is referred to by others");
  }
}
