/** What the pages of a saved cluster show and offer, and what those of one that is on do. */
import { expect, test } from "vitest";
import { fixtureContext } from "#tests/pages/fixture.ts";
import { renderPage } from "./render-page.tsx";

const saved = "/tenants/harbour/clusters/night";
const { services } = fixtureContext({ scenario: "usual", language: "en", theme: "light", nonce: "nonce" });
const words = (html: string): string => html.replaceAll("<!-- -->", "");
const at = async (path: string, language: "en" | "ko" = "en") => words((await renderPage({ path, language })).html);

/** Intents of the forms on the page. */
const intents = (html: string) => [...html.matchAll(/name="intent" value="([^"]*)"/g)].map(([, intent]) => intent);

test("a saved cluster is shown as saved, with what that means and the way to wake it as the one primary button", async () => {
  const page = await at(saved);
  expect(page).toContain("This cluster is saved: none of its machines runs.");
  expect(page).toMatch(/>Saved</);
  expect(intents(page)).toContain("wake");
  expect(intents(page)).not.toContain("save");
  expect([...page.matchAll(/pf-m-primary/g)]).toHaveLength(1);
  expect(page).toMatch(/pf-m-primary[\s\S]*?Wake cluster/);
  const korean = await at(saved, "ko");
  expect(korean).toContain("이 클러스터는 저장되어 있어 실행 중인 머신이 없습니다.");
  expect(korean).toContain("클러스터 깨우기");
});

test("a cluster that is on can be saved, and a draft cannot", async () => {
  expect(intents(await at("/tenants/harbour/clusters/demo"))).toContain("save");
  expect(intents(await at("/tenants/harbour/clusters/next"))).not.toContain("save");
});

test("lists show a saved cluster as saved, and lead to its page in place of its kubeconfig", async () => {
  const list = await at("/tenants/harbour");
  expect(list).toMatch(/>Saved</);
  expect(list).toContain(`href="${saved}"`);
  expect(list).not.toContain(`${saved}/kubeconfig`);
});

test("the page of a change tells that it wakes the cluster first", async () => {
  expect(await at(`${saved}/edit`)).toContain("This cluster is saved: a change wakes it first.");
  expect(await at("/tenants/harbour/clusters/demo/edit")).not.toContain("a change wakes it first");
});

test("hours are shown with the next change, and proposed where there are none", async () => {
  const page = await at(saved);
  expect(page).toContain("mon-fri 08:00-19:00 Asia/Seoul");
  // In the note at the top as well.
  expect(page.split("It wakes")).toHaveLength(3);
  expect(await at("/tenants/harbour/clusters/demo")).toContain('value="mon-fri 08:00-19:00 Europe/Berlin"');
  expect(await at(saved, "ko")).toContain("깨우는 때:");
});

test("the buttons ask for what they are called", async () => {
  const asked: string[] = [];
  const clusters = {
    ...services.clusters,
    setPower: async (_actor: unknown, _ref: unknown, power: string) => {
      asked.push(power);
      return { id: "op-1" } as never;
    },
    setPowerHours: async (_actor: unknown, _ref: unknown, hours: string | null) => {
      asked.push(hours ?? "none");
      return { id: "op-1" } as never;
    },
  };
  const send = (form: Readonly<Record<string, string>>) =>
    renderPage({ path: saved, form: { key: "k", ...form }, services: { ...services, clusters } });
  expect((await send({ intent: "wake" })).location).toBe("/operations/op-1");
  await send({ intent: "save" });
  await send({ intent: "hours", hours: " mon 08:00-09:00 UTC " });
  await send({ intent: "hours", hours: "" });
  expect(asked).toEqual(["on", "saved", "mon 08:00-09:00 UTC", "none"]);
});
