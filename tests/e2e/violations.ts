/** What axe finds wrong with a page under WCAG 2.2 AA, one line per finding. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type axe from "axe-core";
import type { Page } from "playwright-core";

const source = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];

export async function violationsOf(page: Page): Promise<readonly string[]> {
  // Evaluated, not added as a script element: the page's own policy lets no foreign script in.
  await page.evaluate(source);
  const found = await page.evaluate(async (runOnly) => {
    const { axe: checker } = globalThis as unknown as { readonly axe: typeof axe };
    return (await checker.run(document, { runOnly })).violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.html).join(" | ")}`);
  }, tags);
  return found;
}
