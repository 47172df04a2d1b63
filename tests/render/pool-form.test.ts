/** Node pools in the cluster form, as a browser without scripts gets and sends it. */
import { expect, test } from "vitest";
import { addPool, removePool } from "#app/components/cluster-form/pool-intents.ts";
import { renderPage } from "./render-page.tsx";
import { validForm } from "./valid-form.ts";

const create = "/tenants/harbour/clusters/new";
const edit = "/tenants/harbour/clusters/lab-2/edit";
const two = {
  ...validForm,
  "pools[1].name": "gpu",
  "pools[1].count": "3",
  "pools[1].size": "custom",
  "pools[1].vcpus": "4",
  "pools[1].memoryMiB": "8192",
  "pools[1].diskGiB": "50",
  "pools[1].labels": "a=b",
  "pools[1].taints": "",
};
const poolNames = (html: string) =>
  [...html.matchAll(/<input[^>]*name="pools\[\d\]\.name"[^>]*>/g)].map(([tag]) => /value="([^"]*)"/.exec(tag)?.[1]);

test("a pool is added with a button, and what was typed stays", async () => {
  const page = await renderPage({ path: create, form: { ...two, __intent__: addPool } });
  expect([page.status, poolNames(page.html)]).toEqual([200, ["workers", "gpu", ""]]);
  expect(page.html).toContain("a=b</textarea>");
  expect(page.html).toContain("1 control plane + 6 workers");
  expect(page.html).not.toContain('role="alert"');
});

test("a pool is removed with a button, and the last one has none", async () => {
  const page = await renderPage({ path: create, form: { ...two, __intent__: removePool(0) } });
  expect([page.status, poolNames(page.html)]).toEqual([200, ["gpu"]]);
  expect(page.html).toContain("1 control plane + 3 workers");
  expect(page.html).not.toContain("Remove node pool 1");
  expect((await renderPage({ path: create, form: { ...two, intent: "recount" } })).html).toContain("Remove node pool 2");
});

test.each(['{"type":"insert","payload":{"name":"__proto__"}}', '{"type":"update","payload":{"name":"name","value":"x"}}', "{", ""])(
  "no other intent is carried out: %s",
  async (intent) => {
    expect((await renderPage({ path: create, form: { ...two, __intent__: intent } })).status).toBe(422);
  },
);

test("an eleventh pool is no field of the form", async () => {
  expect((await renderPage({ path: create, form: { ...two, "pools[10].name": "more" } })).status).toBe(422);
});

test("each error names the pool and its field, and leads there", async () => {
  const wrong = { ...two, "pools[0].name": "gpu", "pools[1].labels": "a b=c", "pools[1].taints": "gpu", "pools[1].vcpus": "" };
  const { html, status } = await renderPage({ path: create, form: wrong });
  expect(status).toBe(422);
  expect(html).toMatch(/href="#cluster-pools-1-name"[^>]*>Node pool 2, Pool name: “gpu” is the name of another pool/);
  expect(html).toMatch(/href="#cluster-pools-1-labels"[^>]*>Node pool 2, Labels: “a b” is no key of a label/);
  expect(html).toMatch(/href="#cluster-pools-1-taints"[^>]*>Node pool 2, Taints: “gpu” is not of the form/);
  expect(html).toMatch(/href="#cluster-pools-1-vcpus"[^>]*>Node pool 2, vCPU per machine: give a number/);
  expect(html).toContain('id="cluster-pools-1-labels"');
});

test("the page of a cluster shows what each pool does to its nodes, which ones go, and that a new name touches none", async () => {
  const { html } = await renderPage({ path: edit });
  expect(html).toContain("No machine is touched.");
  expect(html).toContain("No node is touched.");
  expect(html).toMatch(/<input type="checkbox" name="pools\[0\]\.remove" value="w1"\/>.*w1 · down or not Ready/s);
  const form = { ...validForm, name: "lab-2", basedOn: "1", "pools[0].count": "0", intent: "recount" };
  expect((await renderPage({ path: edit, form })).html).toContain("Removes w1.");
  const without = { ...form, "pools[0].name": "other", "pools[0].count": "2" };
  const left = (await renderPage({ path: edit, form: without })).html;
  expect(left).toContain("The node pool workers is removed with its nodes: w1.");
  expect(left).toContain("Adds 2 machines.");
});

const textAt = async (path: string) =>
  (await renderPage({ path })).html
    .replaceAll("<!-- -->", "")
    .replaceAll(/<[^>]+>/g, " ")
    .replaceAll(/\s+/g, " ");

test("a cluster's page describes each of its pools, and its form holds them all", async () => {
  const shown = await textAt("/tenants/harbour/clusters/atlas?tab=specification");
  expect(shown).toMatch(/Node pool gpu 1 machine .*accelerator=nvidia gpu=yes:NoSchedule Node pool cache .*tier=cache/);
  const form = (await renderPage({ path: "/tenants/harbour/clusters/atlas/edit" })).html;
  expect(poolNames(form)).toEqual(["workers", "gpu", "cache"]);
  expect(form).toContain("gpu=yes:NoSchedule</textarea>");
});

test("a plan says which labels change and which pool gets a machine", async () => {
  const plan = await textAt("/tenants/harbour/clusters/atlas/plans/11");
  expect(plan).toMatch(/w3-labels\s+change/);
  expect(plan).toContain("Update: add 1 machine");
  expect(plan).toMatch(/zone=east/);
});
