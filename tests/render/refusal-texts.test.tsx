/** What a page says about an approved plan, a refused request and a form that does not fit. */
import { renderToString } from "react-dom/server";
import { I18nextProvider } from "react-i18next";
import { StaticRouter } from "react-router-dom/server.js";
import { describe, expect, test } from "vitest";
import { offerOf } from "#app/components/cluster-form/offer.ts";
import { SidePanel } from "#app/components/cluster-form/side-panel.tsx";
import { operationStates } from "#app/domain/operation/operation.ts";
import { en } from "#app/messages/en.ts";
import { createTranslations } from "#app/messages/i18n.ts";
import { ko } from "#app/messages/ko.ts";
import type { NewClusterView } from "#app/services/portal.ts";
import { fixtureContext } from "#tests/pages/fixture.ts";
import { renderPage } from "./render-page.tsx";

const catalogues = { en, ko };
const wordsOf = (html: string): string =>
  html
    .replace(/<svg.*?<\/svg>/gs, "")
    .replace(/<!-- -->/g, "")
    .replace(/<[^>]+>/g, "|")
    .replace(/\|+/g, "|")
    .replace(/\| +/g, "|");
const { services } = fixtureContext({ scenario: "usual", language: "en", theme: "light", nonce: "nonce" });
const noActor = {} as Parameters<typeof services.plans.get>[0];

describe.each(["en", "ko"] as const)("an approved plan says that it was approved, and the state of its operation (%s)", (language) => {
  const { operationState, plan, cluster } = catalogues[language];

  test.each(operationStates)("%s", async (state) => {
    const approved = await services.plans.get(noActor, { tenant: "harbour", cluster: "demo" }, 1);
    const get = () => Promise.resolve({ ...approved, operation: approved.operation && { ...approved.operation, state } });
    const page = wordsOf(
      (
        await renderPage({
          path: "/tenants/harbour/clusters/demo/plans/1",
          language,
          services: { ...services, plans: { ...services.plans, get } },
        })
      ).html,
    );
    expect(page).toContain(`|${plan.approved}|${operationState[state].word}|`);
    expect(page).not.toMatch(/executed|실행된/);

    const shown = await services.clusters.page(noActor, { tenant: "harbour", cluster: "demo" });
    const plans = shown.view.plans.map((one) => ({ ...one, execution: state }));
    const list = { ...services.clusters, page: () => Promise.resolve({ ...shown, view: { ...shown.view, plans } }) };
    const parts = wordsOf(
      (await renderPage({ path: "/tenants/harbour/clusters/demo?tab=operations", language, services: { ...services, clusters: list } }))
        .html,
    );
    expect(parts).toContain(cluster.planOperation.replace("{{state}}", operationState[state].word));
    expect(parts).not.toMatch(/executed|실행됨/);
  });
});

describe("a refused request without a field to mark is answered with the rules it breaks", () => {
  const drift = "/tenants/harbour/clusters/lab-2/drift";
  test.each([
    { path: "/preferences", form: { theme: "dark", x: "1" }, rule: { en: "x: there is no such field.", ko: "x: 그런 항목이 없습니다." } },
    {
      path: "/sign-in",
      form: { name: "mina", password: "correct horse", y: "1" },
      rule: { en: "y: there is no such field.", ko: "y: 그런 항목이 없습니다." },
    },
    {
      path: drift,
      form: { intent: "ignore", id: "machine-stopped:w1", days: "4000" },
      rule: { en: "Ends after: this value is not possible here.", ko: "기한: 여기에 쓸 수 없는 값입니다." },
    },
  ])("$path", async ({ path, form, rule }) => {
    for (const language of ["en", "ko"] as const) {
      const scenario = path === "/sign-in" ? "signed-out" : "usual";
      const page = await renderPage({ path, form, language, scenario });
      expect(page.status).toBe(422);
      expect(wordsOf(page.html)).toContain(`|${catalogues[language].problem.invalid}|${rule[language]}`);
      expect(page.html).not.toContain(catalogues[language].problem.invalidFields);
    }
  });

  test("a page that marks the invalid fields shows each field's error once", async () => {
    const { html } = await renderPage({ path: "/join/fixture", scenario: "signed-out", form: { name: "noor", password: "short" } });
    expect(html).toContain(en.problem.invalidFields);
    expect(html.split("Password: at least 12 characters")).toHaveLength(2);
  });
});

describe("the side panel names what is missing", () => {
  const draft = {
    controlPlaneSize: "small",
    controlPlaneDiskGiB: "20",
    "pools[0].name": "workers",
    "pools[0].size": "small",
    "pools[0].diskGiB": "20",
  };
  const panel = async (change: Partial<NewClusterView>, workers = "2"): Promise<string> => {
    const view = { ...(await services.clusters.newForm(noActor, "harbour")), ...change };
    const offer = offerOf({ ...draft, "pools[0].count": workers }, view, null);
    return wordsOf(
      renderToString(
        <I18nextProvider i18n={createTranslations("en", en)}>
          <StaticRouter location="/">
            <SidePanel offer={offer} view={view} keptNetwork={null} />
          </StaticRouter>
        </I18nextProvider>,
      ),
    );
  };

  test("no network is free, and the host has capacity: nothing about the host or who holds it", async () => {
    const words = await panel({ nextNetwork: null });
    expect(words).toContain(en.offer.noNetwork);
    expect(words).not.toContain("Not enough capacity");
    expect(words).not.toContain(en.capacity.heldBy);
  });

  test("the host does not answer and no network is free", async () => {
    const { room } = await services.clusters.newForm(noActor, "harbour");
    const words = await panel({ nextNetwork: null, room: { ...room, reachable: false, hostName: "" } });
    expect(words).toContain(en.offer.noNetwork);
    expect(words).not.toContain("“”");
  });

  test("the host is full: its name, and who holds it", async () => {
    const words = await panel({}, "9");
    expect(words).toContain("Not enough capacity on host “quay-1”");
    expect(words).toContain(en.capacity.heldBy);
    expect(words).not.toContain(en.offer.noNetwork);
  });
});
