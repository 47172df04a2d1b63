/** What a plan and an operation list, what they fold, and what their numbers count. */
import { describe, expect, test } from "vitest";
import { renderPage } from "./render-page.tsx";

describe("arrangements for later", () => {
  const at = async (path: string) => (await renderPage({ path })).html.replaceAll("<!-- -->", "");
  /** What is listed, and what is folded. */
  const listed = (html: string) => {
    const panel = html.slice(html.indexOf("b-group"));
    const folded = [...panel.matchAll(/and (\d+) arrangements? (?:for later|that)/g)].reduce((sum, [, count]) => sum + Number(count), 0);
    return { rows: [...panel.replaceAll(/<details.*?<\/details>/gs, "").matchAll(/class="b-step[ "]/g)].length, folded };
  };

  test("are counted in their machine's row, where they unfold without a script", async () => {
    const html = await at("/tenants/harbour/clusters/next/plans/3");
    expect(html).toMatch(/<code>w1<\/code>(?:(?!<li).)*<details[^>]*><summary>[^<]*<span[^>]*>and 3 arrangements for later<\/span>/s);
    expect(html).toMatch(/<details(?:(?!<\/details>).)*<code>w1-seat<\/code>/s);
  });

  test("are in the plan's numbers, which say how many they are", async () => {
    const html = await at("/tenants/harbour/clusters/next/plans/3");
    const [, created, counted] = /\+(\d+) created.*?including (\d+) arrangements for later/s.exec(html) ?? [];
    const { rows, folded } = listed(html);
    expect({ created: Number(created), counted: Number(counted) }).toEqual({ created: rows + folded, counted: folded });
  });

  test("are in the phases' numbers, which say how many they are", async () => {
    const html = await at("/operations/op-done");
    const total = [...html.matchAll(/\d+ of (\d+)<\/span><\/li>/g)].reduce((sum, [, count]) => sum + Number(count), 0);
    const [, counted] = /The numbers include (\d+) arrangements for later/.exec(html) ?? [];
    const { rows, folded } = listed(html);
    expect({ total, counted: Number(counted) }).toEqual({ total: rows + folded, counted: folded });
  });

  test("are drawn as one line of their machine", async () => {
    const html = await at("/tenants/harbour/clusters/next/plans/3?view=graph");
    expect(html).toContain("3 for later");
    expect(html).toContain("Orderly shut-down of w1, Node removal hook: w1, Drain and restart hook: w1");
  });
});
