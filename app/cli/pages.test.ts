import { expect, it } from "vitest";
import type { Client } from "./client.ts";
import { listed } from "./pages.ts";

/** A portal that answers with the next of these pages, and records what it was asked for. */
function portalWith(pages: readonly unknown[]): { readonly client: Client; readonly asked: string[] } {
  const asked: string[] = [];
  const get = async (path: string) => {
    asked.push(path);
    return pages[asked.length - 1] ?? expect.fail("one request too many");
  };
  return { client: { get } as unknown as Client, asked };
}

it("a list is read to its last page", async () => {
  const { client, asked } = portalWith([
    { clusters: [1, 2], next: "2", total: 3 },
    { clusters: [3], next: null, total: 3 },
  ]);
  expect(await listed(client, { path: "/clusters", field: "clusters" }, 300)).toEqual({ items: [1, 2, 3], total: 3 });
  expect(asked).toEqual(["/clusters?limit=200", "/clusters?limit=200&after=2"]);
});

it("the whole list of an earlier portal, which has no pages, is read once", async () => {
  for (const limit of [300, 2]) {
    const { client, asked } = portalWith([{ clusters: [1, 2, 3] }]);
    expect(await listed(client, { path: "/clusters", field: "clusters" }, limit)).toEqual({ items: [1, 2, 3].slice(0, limit), total: 3 });
    expect(asked).toHaveLength(1);
  }
});
