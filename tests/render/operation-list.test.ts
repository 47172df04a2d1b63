/** The list of operations, narrowed by a tenant's name that a person typed or that stands in an old link. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { ask, type Rig, type Someone, startRigWithCluster } from "#tests/api/rig.ts";
import { renderPage } from "./render-page.tsx";

let rig: Rig;
let ada: Someone;

beforeAll(async () => {
  ({ rig, ada } = await startRigWithCluster());
});
afterAll(() => rig.close());

const selected = (html: string): string | undefined =>
  /<option value="([^"]*)" selected=""/.exec(html.slice(html.indexOf('name="tenant"')))?.[1];

test.each(["h", "nobody", "Not A Name!"])("of the tenant %s, which does not exist, the list is empty and stays narrowed", async (name) => {
  const { status, html } = await renderPage({ path: `/operations?tenant=${encodeURIComponent(name)}`, services: rig.services });
  expect(status).toBe(200);
  expect(html).toContain("Nothing of this kind");
  expect(selected(html)).toBe(name);
});

test("another's tenant and an absent one look the same", async () => {
  const at = async (name: string) =>
    (await renderPage({ path: `/operations?tenant=${name}`, scenario: "viewer", services: rig.services })).html.replaceAll(name, "…");
  expect(await at("ada")).toBe(await at("nobody"));
  expect((await ask(rig, "GET", "/api/v1/operations?tenant=nobody", { token: ada.token })).status).toBe(404);
});

const withoutNoscript = (html: string): string => html.replace(/<noscript>.*?<\/noscript>/gs, "");

test("where a tenant's name is typed there is a button; where everything is chosen there is none", async () => {
  const [typed, chosen] = await Promise.all(
    (["many", "usual"] as const).map(async (scenario) => withoutNoscript((await renderPage({ path: "/operations", scenario })).html)),
  );
  expect(typed).toMatch(/<input[^>]*name="tenant"/);
  expect(typed).toMatch(/<button[^>]*type="submit"[^>]*>.*?Show/s);
  expect(chosen).toMatch(/<select[^>]*name="tenant"/);
  expect(chosen).not.toMatch(/>Show</);
});
