/** Add-ons on the pages of a cluster, as a browser without scripts gets and sends them. */
import { expect, test } from "vitest";
import { addOns } from "#app/domain/add-ons/all.ts";
import { renderPage } from "./render-page.tsx";
import { validForm } from "./valid-form.ts";

const create = "/tenants/harbour/clusters/new";
const cluster = "/tenants/harbour/clusters/lab-2";
const edit = `${cluster}/edit`;

/** Each box of an add-on: its id, and whether it is ticked. */
const boxes = (html: string) =>
  [...html.matchAll(/<input type="checkbox" name="addOns"[^>]*>/g)].map(([tag]) => [/value="([^"]*)"/.exec(tag)?.[1], /checked/.test(tag)]);
const ids = addOns.map(({ id }) => id);
/** All boxes, of which only these are ticked. */
const ticking = (...chosen: readonly string[]) => ids.map((id) => [id, chosen.includes(id)]);

test("the form has a box for each add-on, with its name, version, memory and what it is for", async () => {
  const { html } = await renderPage({ path: create });
  expect(boxes(html)).toEqual(ticking());
  expect(html).toContain("Metrics Server 0.9.0: requests 64 MiB of memory");
  expect(html).toContain("for kubectl top and the HorizontalPodAutoscaler");
  expect((await renderPage({ path: create, language: "ko" })).html).toContain("메모리 64 MiB 요청");
});

test("what was ticked stays when the form comes back, and what was unticked does not come again", async () => {
  const wrong = { ...validForm, podCidr: "10.91.0.0/16" };
  const ticked = await renderPage({ path: create, form: { ...wrong, addOns: "metrics-server" } });
  expect([ticked.status, boxes(ticked.html)]).toEqual([422, ticking("metrics-server")]);
  const unticked = await renderPage({ path: edit, form: { ...validForm, name: "lab-2", basedOn: "1", intent: "recount" } });
  expect(boxes(unticked.html)).toEqual(ticking());
});

test("the page of a living cluster begins with its add-ons, and its specification names them", async () => {
  expect(boxes((await renderPage({ path: edit })).html)).toEqual(ticking("metrics-server"));
  expect((await renderPage({ path: `${cluster}?tab=specification` })).html.replaceAll("<!-- -->", "")).toContain("Metrics Server 0.9.0");
});

test("an add-on that does not exist is an error of the field, which opens", async () => {
  const { html, status } = await renderPage({ path: create, form: { ...validForm, addOns: "ingress" } });
  expect(status).toBe(422);
  expect(html).toMatch(/href="#cluster-addOns"[^>]*>Add-ons: there is no add-on “ingress”/);
});
