/** What screen readers and keyboards get where the screen alone would not be enough. */
import { expect, test } from "vitest";
import { fixtureContext } from "#tests/pages/fixture.ts";
import { renderPage } from "./render-page.tsx";

test("the region that warns of a name is there before its warning", async () => {
  const path = "/tenants/harbour/clusters/new";
  const form = {
    name: "demo",
    controlPlaneSize: "small",
    controlPlaneDiskGiB: "20",
    "pools[0].name": "workers",
    "pools[0].count": "1",
    "pools[0].size": "small",
    "pools[0].diskGiB": "20",
    sshKeyMode: "none",
    intent: "recount",
  };
  const regionOf = (html: string) => /id="cluster-name-help"><span role="status">(.*?)<\/span>/s.exec(html)?.[1];
  expect(regionOf((await renderPage({ path })).html)).toBe("");
  expect((await renderPage({ path, form })).html).toMatch(/id="cluster-name-help"><span role="status">.*?“demo” is in use in this tenant/s);
});

test("numbers of nodes that will change are explained in the text, not only where a pointer rests", async () => {
  const at = async (language: "en" | "ko") => {
    const { services } = fixtureContext({ scenario: "usual", language, theme: "light", nonce: "" });
    const growing: typeof services.tenant = async (...asked) => {
      const view = await services.tenant(...asked);
      return {
        ...view,
        clusters: view.clusters.slice(0, 1).map((cluster) => ({ ...cluster, workers: 3, live: { ...cluster, workers: 1 } })),
      };
    };
    return (await renderPage({ path: "/tenants/harbour", language, services: { ...services, tenant: growing } })).html;
  };
  const spoken = (sentence: string) => `<span aria-hidden="true">1 + 1 → 1 + 3</span><span class="pf-v6-screen-reader">${sentence}</span>`;
  expect(await at("en")).toContain(spoken("1 control plane, 1 workers; planned: 1 control plane, 3 workers"));
  expect(await at("ko")).toContain(spoken("컨트롤 플레인 1, 워커 1, 예정: 컨트롤 플레인 1, 워커 3"));
});

test("the way from a step to its output is named in words, and leads to a place that takes the focus", async () => {
  const at = async (language: "en" | "ko") => (await renderPage({ path: "/operations/op-done", language })).html;
  expect(await at("en")).toContain('aria-label="Output of Machine cp0"');
  expect(await at("en")).toMatch(/<div id="output" tabindex="-1"/i);
  expect(await at("ko")).toMatch(/aria-label="[^"]*cp0[^"]* 출력"/);
  expect(await at("ko")).not.toMatch(/aria-label="cp0(?:-\w+)? 출력"/);
});
