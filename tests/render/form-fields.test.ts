/**
 * The form of a cluster has every field, for a new one and for one that lives: a field that is left out of a page cannot be changed
 * there.
 */
import { expect, test } from "vitest";
import { formChanges, shortPoolFields } from "#app/domain/cluster/change-classes.ts";
import { serviceKinds } from "#app/domain/services/all.ts";
import { renderPage } from "./render-page.tsx";

const elsewhere: ReadonlySet<string> = new Set([
  ...Object.values(shortPoolFields),
  "pools",
  // Only where the blueprint leaves a choice.
  "controlPlanes",
  // Only where there is a kind of service; services.test.tsx renders its field.
  ...(serviceKinds.length === 0 ? ["services"] : []),
]);
const fields = Object.keys(formChanges).filter((name) => !elsewhere.has(name));

test.each(["/tenants/harbour/clusters/new", "/tenants/harbour/clusters/lab-2/edit"])("%s has every field of the form", async (path) => {
  const { html } = await renderPage({ path });
  expect(fields.filter((name) => !html.includes(` name="${name}"`))).toEqual([]);
});
