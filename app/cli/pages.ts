/** Lists of the portal, page by page. */
import type { Client } from "./client.ts";
import { type Format, say } from "./output.ts";

/** What the portal gives at once. */
const pageSize = 200;
/** Rows of a table unless more are asked for: nobody reads them. */
const tableRows = 100;

export interface List {
  /** Below `/api/v1`. */
  readonly path: string;
  /** Field of the answer that holds the items. */
  readonly field: string;
  readonly query?: Readonly<Record<string, string | undefined>>;
  /** Query parameter of the cursor. */
  readonly cursor?: "after" | "before";
}

interface Page {
  /** A portal of an earlier version leaves both out, and gives everything at once. */
  readonly next?: string | null;
  readonly total?: number;
}

export interface Listed<Item> {
  readonly items: readonly Item[];
  readonly total: number;
}

/** The first `limit` of them. */
export async function listed<Item>(
  client: Client,
  { path, field, query = {}, cursor = "after" }: List,
  limit: number,
): Promise<Listed<Item>> {
  const items: Item[] = [];
  for (let next: string | null = null; ; ) {
    const wanted = { ...query, limit: String(Math.min(pageSize, limit - items.length)), [cursor]: next ?? undefined };
    const search = new URLSearchParams(Object.entries(wanted).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])));
    const page: Page & Readonly<Record<string, unknown>> = await client.get(`${path}?${search.toString()}`);
    items.push(...(page[field] as readonly Item[]));
    next = page.next ?? null;
    if (next === null || items.length >= limit) return { items: items.slice(0, limit), total: page.total ?? items.length };
  }
}

/** Programs get the whole list, people as much as can be looked over; what is left out is said beside the answer. */
export async function listedFor<Item>(client: Client, list: List, format: Format, limit: number | undefined): Promise<readonly Item[]> {
  const found = await listed<Item>(client, list, limit ?? (format === "table" ? tableRows : Number.MAX_SAFE_INTEGER));
  if (limit === undefined && found.items.length < found.total)
    say(`${found.items.length} of ${found.total} are shown; --limit shows more, -o json or -o name all.`);
  return found.items;
}
