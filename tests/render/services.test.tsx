/** Services on the pages of a cluster, with a kind of the tests in place of Berth's empty registry. */
import { expect, test, vi } from "vitest";
import { machineStepName, serviceStepName } from "#app/domain/cluster/steps.ts";
import type { PlanRow } from "#app/domain/plan/plan.ts";
import { fixtureContext } from "#tests/pages/fixture.ts";
import { renderPage } from "./render-page.tsx";
import { validForm } from "./valid-form.ts";

// Written out: the tests' own kind is in a module that would wait for this one.
vi.mock("#app/domain/services/all.ts", async () => {
  const { z } = await import("zod");
  return {
    serviceKinds: [
      {
        id: "store",
        settings: z.object({}),
        machines: 1,
        size: { vcpus: 2, memoryMiB: 2048 },
        diskGiB: 30,
        image: "node",
        ports: [],
        checks: [],
        commands: [],
      },
    ],
  };
});

const cluster = "/tenants/harbour/clusters/lab-2";
const { services } = fixtureContext({ scenario: "usual", language: "en", theme: "light", nonce: "nonce" });
const noActor = {} as Parameters<typeof services.plans.get>[0];
const words = (html: string): string => html.replaceAll("<!-- -->", "");

/** Each box of a service: its id, and whether it is ticked. */
const boxes = (html: string) =>
  [...html.matchAll(/<input type="checkbox" name="services"[^>]*>/g)].map(([tag]) => [
    /value="([^"]*)"/.exec(tag)?.[1],
    /checked/.test(tag),
  ]);

test("the form has a box for each kind, with what its machines take", async () => {
  const { html } = await renderPage({ path: "/tenants/harbour/clusters/new" });
  expect(boxes(html)).toEqual([["store", false]]);
  expect(html).toContain("store: 1 × 2 vCPU · 2 GiB · 30 GiB disk");
  expect((await renderPage({ path: "/tenants/harbour/clusters/new", language: "ko" })).html).toContain(
    "store: 1 × 2 vCPU · 2 GiB · 디스크 30 GiB",
  );
});

test("what was ticked stays when the form comes back, and counts among the machines", async () => {
  const { html, status } = await renderPage({
    path: "/tenants/harbour/clusters/new",
    form: { ...validForm, podCidr: "10.91.0.0/16", services: "store" },
  });
  expect([status, boxes(html)]).toEqual([422, [["store", true]]]);
});

/** The services of the portal with a cluster page whose cluster has the service. */
async function served() {
  const shown = await services.clusters.page(noActor, { tenant: "harbour", cluster: "lab-2" });
  const [node = expect.fail("no node")] = shown.view.nodes;
  const { role: _role, pool: _pool, ...facts } = node;
  const spec = { ...shown.view.spec, services: [{ kind: "store", machines: ["store0"], settings: {} }] };
  const view = { ...shown.view, spec, serviceMachines: [{ ...facts, name: "store0", address: "10.91.3.230", service: "store" }] };
  return { ...services, clusters: { ...services.clusters, page: () => Promise.resolve({ ...shown, view }) } };
}

test("the page of a cluster lists its service machines apart from its nodes, and its specification names them", async () => {
  expect((await renderPage({ path: cluster })).html).not.toContain("Service machines");
  const page = words((await renderPage({ path: cluster, services: await served() })).html);
  expect(page).toMatch(/Service machines[\s\S]*store0[\s\S]*10\.91\.3\.230/);
  expect(words((await renderPage({ path: `${cluster}?tab=specification`, services: await served() })).html)).toContain("store: store0");
});

test("the edit form says what goes with a service that is unticked", async () => {
  const view = await services.clusters.editForm(noActor, { tenant: "harbour", cluster: "lab-2" });
  const spec = {
    ...view.spec,
    services: [
      { kind: "store", machines: ["store0"], settings: {} },
      { kind: "later", machines: ["later0"], settings: {} },
    ],
  };
  const edited = { ...services, clusters: { ...services.clusters, editForm: () => Promise.resolve({ ...view, spec }) } };
  const fresh = (await renderPage({ path: `${cluster}/edit`, services: edited })).html;
  // A kind that this version does not know has a box too: without one, sending the form would remove it.
  expect(boxes(fresh)).toEqual([
    ["store", true],
    ["later", true],
  ]);
  expect(fresh).not.toContain("Removed with their machines and disks");
  const unticked = await renderPage({
    path: `${cluster}/edit`,
    services: edited,
    form: { ...validForm, name: "lab-2", basedOn: "1", intent: "recount", services: "later" },
  });
  expect(words(unticked.html)).toContain("Removed with their machines and disks, and everything on them: store.");
});

test.each([
  ["en", "store0 will be removed with its disk; what its service keeps there is lost.", "store0 will be drained"],
  ["ko", "디스크와 함께 제거: store0 — 서비스가 거기에 보관한 내용이 사라집니다.", "drain한 뒤 제거: store0"],
] as const)(
  "a plan that removes a service says that its disk goes, and not that a node is drained (%s)",
  async (language, said, unsaid) => {
    const view = await services.plans.get(noActor, { tenant: "harbour", cluster: "demo" }, 8);
    const row = (name: string, step: PlanRow["step"], phase: PlanRow["phase"]): PlanRow => ({
      urn: `urn:${name}`,
      name,
      step,
      type: "t",
      phase,
      change: "delete",
      impact: "none",
      machine: "store0",
      on: null,
      changed: [],
    });
    const rows = [
      row("store0", "machine", "boot"),
      row(machineStepName("store0", "disk"), "disk", "disks"),
      row(serviceStepName("store0", "setup"), "setup", "ready"),
      row(serviceStepName("store0", "check"), "check", "ready"),
    ];
    const get = () => Promise.resolve({ ...view, plan: { ...view.plan, rows }, losesData: ["store0"] });
    const { html } = await renderPage({
      path: "/tenants/harbour/clusters/demo/plans/8",
      language,
      services: { ...services, plans: { ...services.plans, get } },
    });
    expect(words(html)).toContain(said);
    expect(words(html)).not.toContain(unsaid);
  },
);
