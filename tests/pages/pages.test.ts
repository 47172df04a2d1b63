/**
 * Every page in a real browser: it comes alive without a complaint (hydration, content security, console), has no
 * violation that axe can find, does not scroll sideways on a phone, and works by keyboard.
 */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { pageAddresses, type PageAddress } from "./addresses.ts";
import { looks, visit, type LookSettings } from "./browser.ts";
import { pageSuite } from "./page-suite.ts";

const axeSource = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const suite = pageSuite("development");

interface Visited {
  readonly page: Page;
  readonly complaints: readonly string[];
}

async function open(address: PageAddress, look: LookSettings): Promise<Visited> {
  const complaints: string[] = [];
  const page = await visit(suite.browser, suite.portal.url, address, look, (fresh) => {
    fresh.on("pageerror", (error) => complaints.push(error.message));
    fresh.on("console", (message) => {
      if (message.type() === "error" && !message.text().includes(`the server responded with a status of ${address.status}`))
        complaints.push(message.text());
    });
  });
  return { page, complaints };
}

interface AxeResult {
  readonly violations: readonly {
    readonly id: string;
    readonly nodes: readonly { readonly html: string; readonly failureSummary: string }[];
  }[];
}

async function violationsOf(
  page: Page,
  only: object = { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"] },
): Promise<readonly string[]> {
  if (!(await page.evaluate(() => "axe" in window))) await page.evaluate(axeSource);
  const result = await page.evaluate<AxeResult>(`axe.run(document, ${JSON.stringify(only)})`);
  return result.violations.flatMap((violation) => violation.nodes.map((node) => `${violation.id}: ${node.html} ${node.failureSummary}`));
}

const pixelsSideways = (page: Page) => page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);

// One load shows all looks of a language: colours and widths are a matter of style sheets alone.
test.each(pageAddresses)("$name, wide, dark and narrow", async (address) => {
  const { page, complaints } = await open(address, looks.light);
  const wide = await violationsOf(page);
  const wideSideways = await pixelsSideways(page);
  await page.evaluate(() => document.documentElement.classList.add("pf-v6-theme-dark"));
  const dark = await violationsOf(page, { runOnly: { type: "rule", values: ["color-contrast"] } });
  await page.evaluate(() => document.documentElement.classList.remove("pf-v6-theme-dark"));
  await page.setViewportSize({ width: looks.narrow.width, height: 900 });
  expect({ wide, wideSideways, dark, narrow: await violationsOf(page), narrowSideways: await pixelsSideways(page), complaints }).toEqual({
    wide: [],
    wideSideways: 0,
    dark: [],
    narrow: [],
    narrowSideways: 0,
    complaints: [],
  });
  await page.context().close();
});

test.each(pageAddresses)("$name, in Korean, wide and narrow", async (address) => {
  const { page, complaints } = await open(address, looks.korean);
  const wide = await violationsOf(page);
  await page.setViewportSize({ width: looks.narrow.width, height: 900 });
  expect({ wide, narrowSideways: await pixelsSideways(page), complaints }).toEqual({ wide: [], narrowSideways: 0, complaints: [] });
  await page.context().close();
});

const named = (name: string): PageAddress => {
  const found = pageAddresses.find((address) => address.name === name);
  if (found === undefined) throw new Error(`there is no page ${name}`);
  return found;
};

test("the side panel follows the inputs while typing", async () => {
  const { page } = await open(named("create"), looks.light);
  await page.getByLabel("Machines", { exact: true }).fill("2");
  await page.getByText("1 control plane + 2 workers").waitFor();
  await page.getByLabel("Machines", { exact: true }).fill("9");
  await page.getByText("Memory: 20 GiB needed, 12 GiB free").waitFor();
  await page.context().close();
});

test("a broken rule is said when the form is sent, and the summary leads to the field by keyboard", async () => {
  const { page } = await open(named("create"), looks.light);
  await page.getByLabel("Name", { exact: true }).fill("Wharf!");
  await page.getByRole("button", { name: "Preview" }).click();
  const link = page.getByRole("link", { name: /“Wharf!” must be/ });
  await link.waitFor();
  await link.focus();
  await page.keyboard.press("Enter");
  expect(await page.evaluate(() => document.activeElement?.id)).toBe("cluster-name");
  await page.context().close();
});

test("the theme is there at the first paint, from the cookie or from the system", async () => {
  const dark = await open(named("dashboard"), looks.dark);
  expect(await dark.page.evaluate(() => document.documentElement.classList.contains("pf-v6-theme-dark"))).toBe(true);
  await dark.page.context().close();
});

test("choosing Korean changes the whole page and stays", async () => {
  const { page } = await open(named("dashboard"), looks.light);
  await page.getByRole("button", { name: /한국어/ }).click();
  await page.getByRole("heading", { level: 1, name: "클러스터" }).waitFor();
  expect(await page.evaluate(() => document.documentElement.lang)).toBe("ko");
  await page.context().close();
});

test("a plan that changes nothing shows it, and nothing of a time that it would take", async () => {
  const { page } = await open(named("plan-nothing"), looks.light);
  await page.getByText("Nothing to do").waitFor();
  expect(await page.getByText(/^About|No earlier run/).count()).toBe(0);
  await page.goto(page.url().replace(/\d+$/, "2"));
  await page.getByText("About 3 minutes 10 seconds").waitFor();
  await page.context().close();
});

test("what happens meanwhile comes over the socket; a lost connection is said, and nothing is shown twice", async () => {
  const { page } = await open(named("operation-running"), looks.light);
  const screen = page.getByRole("region", { name: "cp0 · commands" });
  await screen.getByText("kube-apiserver is healthy").waitFor();
  const before = await screen.textContent();
  suite.portal.dropSockets();
  await page.getByText("Connection lost").waitFor();
  await page.getByText("Connection lost").waitFor({ state: "detached" });
  expect(await screen.textContent()).toBe(before);
  await page.context().close();
});

test("who watches a preview is led to its plan; who comes back to it finds a link", async () => {
  const { page } = await open(named("operation-previewing"), looks.light);
  await page.getByRole("heading", { level: 1, name: "Plan 2 for demo" }).waitFor();
  await page.context().close();
  const later = await open(named("operation-preview"), looks.light);
  await later.page.getByRole("link", { name: "See plan 2" }).waitFor();
  expect(new URL(later.page.url()).pathname).toBe("/operations/op-preview");
  await later.page.context().close();
});

test("Ctrl+K finds by typing, goes there by Enter, and gives the focus back on Escape", async () => {
  const { page, complaints } = await open(named("images"), looks.light);
  await page.keyboard.press("Control+k");
  const field = page.getByRole("combobox", { name: "Where to?" });
  await field.waitFor();
  await page.getByRole("option", { name: /^demo/ }).waitFor();
  expect(await violationsOf(page)).toEqual([]);
  await page.keyboard.press("Escape");
  await field.waitFor({ state: "detached" });
  await page.getByRole("link", { name: "Search" }).click();
  await field.fill("lab-2 degraded");
  await page.getByRole("option", { name: /lab-2/, selected: true }).waitFor();
  await field.press("Enter");
  await page.getByRole("heading", { level: 1, name: "lab-2" }).waitFor();
  expect(complaints).toEqual([]);
  await page.context().close();
});

test("? shows the keys, g o goes to the operations, and single keys can be turned off for good", async () => {
  const { page } = await open(named("images"), looks.light);
  await page.keyboard.press("?");
  const help = page.getByRole("dialog", { name: "Keyboard shortcuts" });
  await help.waitFor();
  expect(await violationsOf(page)).toEqual([]);
  await page.keyboard.press("Escape");
  await page.keyboard.press("g");
  await page.keyboard.press("o");
  await page.getByRole("heading", { level: 1, name: "Operations" }).waitFor();
  await page.keyboard.press("?");
  await help.getByRole("checkbox").uncheck();
  await page.keyboard.press("Escape");
  await page.reload();
  await page.waitForFunction(() => document.documentElement.dataset["alive"] === "yes");
  await page.keyboard.press("?");
  await page.keyboard.press("Control+k");
  await page.getByRole("combobox", { name: "Where to?" }).waitFor();
  expect(await help.count()).toBe(0);
  await page.context().close();
});

test("which operations are shown, which part of a cluster and which view stand in the address", async () => {
  const { page } = await open(named("operations"), looks.light);
  await page.getByLabel("State").selectOption("failed");
  await page.waitForURL(/state=failed/);
  await page.locator('a[href="/operations/op-waiting"]').waitFor({ state: "detached" });
  await page.getByRole("link", { name: "Create lab-2" }).click();
  await page.getByRole("link", { name: "Graph", exact: true }).click();
  await page.getByRole("region", { name: "Graph: Steps" }).waitFor();
  await page.getByRole("link", { name: "cp0 · console" }).click();
  await page.waitForURL(/view=graph&output=cp0%2Fconsole/);
  await page.reload();
  await page.getByRole("region", { name: "cp0 · console" }).waitFor();
  await page.context().close();
});

test("of more tenants than a list holds, a name is typed, and it takes effect when it is sent", async () => {
  const { page } = await open(named("operations-of-many-tenants"), looks.light);
  await page.getByRole("textbox", { name: "Tenant" }).pressSequentially("harbour");
  expect(new URL(page.url()).search).toBe("");
  await page.getByRole("button", { name: "Show" }).click();
  await page.waitForURL(/tenant=harbour/);
  expect(await page.getByRole("textbox", { name: "Tenant" }).inputValue()).toBe("harbour");
  await page.context().close();
});

test("copying says that it is done", async () => {
  const { page } = await open(named("cluster-ready"), looks.light);
  await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
  await page.getByRole("button", { name: "Copy the context name" }).click();
  await page.getByText("Copied").waitFor({ state: "attached" });
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe("harbour.demo");
  await page.context().close();
});
