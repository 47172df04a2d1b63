/** Blueprints in the cluster form, as a browser without scripts gets and sends it. */
import { expect, test } from "vitest";
import { blueprints } from "#app/domain/blueprints/all.ts";
import { renderPage } from "./render-page.tsx";
import { validForm } from "./valid-form.ts";

const create = "/tenants/harbour/clusters/new";
const edit = "/tenants/harbour/clusters/lab-2/edit";
const recount = (fields: Readonly<Record<string, string>>) =>
  renderPage({ path: create, form: { ...validForm, ...fields, intent: "recount" } });
const counts = (html: string) => /<select[^>]*name="controlPlanes"[^>]*>(.*?)<\/select>/s.exec(html)?.[1]?.match(/value="\d+"/g) ?? null;

test("every blueprint is offered with what it is good for, and the first is chosen", async () => {
  const { html } = await renderPage({ path: create });
  const radios = [...html.matchAll(/<input type="radio" name="blueprint"[^>]*>/g)].map(([tag]) => [
    /value="([^"]+)"/.exec(tag)?.[1],
    tag.includes("checked"),
  ]);
  expect(radios).toEqual(blueprints.map(({ id }, at) => [id, at === 0]));
  expect(html).toContain("With three or five of them, the loss of any one machine leaves the cluster up.");
  expect(counts(html)).toBeNull();
});

test("the number of control planes is asked for where the blueprint leaves a choice, and counts in the summary", async () => {
  const several = (await recount({ blueprint: "ha" })).html;
  expect(counts(several)).toEqual(['value="1"', 'value="3"', 'value="5"']);
  expect(several).toContain("3 control planes + 2 workers");
  expect(several).toContain("One machine lost: the cluster keeps running");
  expect((await recount({ blueprint: "ha", controlPlanes: "5" })).html).toContain("5 control planes + 2 workers");
  expect((await recount({ blueprint: "ha", controlPlanes: "5", "pools[0].count": "0" })).html).toContain(
    "5 control planes that also take workloads",
  );
  // A number that was chosen for another blueprint counts for nothing.
  const single = (await recount({ blueprint: "single", controlPlanes: "5" })).html;
  expect([counts(single), single.includes("1 control plane + 2 workers")]).toEqual([null, true]);
});

test("a cluster that lives shows no other blueprint, and one with one control plane no number", async () => {
  const { html } = await renderPage({ path: edit });
  expect(html).not.toContain('type="radio" name="blueprint"');
  expect(html).toContain('<input type="hidden" name="blueprint" readonly="" value="single"/>');
  expect(counts(html)).toBeNull();
});
