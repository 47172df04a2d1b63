/** What people do on pages, and what happens around them: clicks, sessions that end, sockets that are refused, clocks that are wrong. */
import type { BrowserContext, Page } from "playwright-core";
import { afterEach, expect, test } from "vitest";
import type { Scenario } from "./fixture.ts";
import { pageSuite } from "./page-suite.ts";
import { operations } from "./fixture-operations.ts";

const suite = pageSuite("production");
let context: BrowserContext | undefined;

afterEach(async () => {
  await context?.close();
  context = undefined;
});

interface Opening {
  readonly width?: number;
  readonly height?: number;
  readonly scenario?: Scenario;
  readonly javaScriptEnabled?: boolean;
  /** Runs in the page before anything else. */
  readonly before?: () => void;
}

const cookie = (name: string, value: string) => ({ name, value, url: suite.portal.url });

async function open(
  path: string,
  { width = 1440, height = 900, scenario = "usual", javaScriptEnabled = true, before }: Opening = {},
): Promise<Page> {
  context = await suite.browser.newContext({ viewport: { width, height }, reducedMotion: "reduce", locale: "en-GB", javaScriptEnabled });
  await context.addCookies([cookie("scenario", scenario), cookie("language", "en"), cookie("theme", "light")]);
  const page = await context.newPage();
  if (before !== undefined) await page.addInitScript(before);
  await page.goto(suite.portal.url + path, { waitUntil: "load" });
  if (javaScriptEnabled) await alive(page);
  return page;
}

const alive = (page: Page) => page.waitForFunction(() => document.documentElement.dataset["alive"] === "yes");
const create = "/tenants/harbour/clusters/new";
const demo = "/tenants/harbour/clusters/demo";

const foldOf = (page: Page, title: string) => page.locator(".b-fold-title", { hasText: title });

async function topOf(page: Page, text: string): Promise<number> {
  const box = await page.getByText(text, { exact: true }).first().boundingBox();
  if (box === null) throw new Error(`${text} is not shown`);
  return box.y;
}

test.each(["Access", "Network", "Image"])(
  "with the empty name focused, a click on %s opens it, and nobody is told of an error",
  async (fold) => {
    const page = await open(create);
    // A click scrolls to what is out of sight, which is no movement of the page itself.
    await foldOf(page, fold).scrollIntoViewIfNeeded();
    await page.getByLabel("Name", { exact: true }).evaluate((field) => field.focus({ preventScroll: true }));
    const before = await topOf(page, fold);
    await foldOf(page, fold).click();
    expect(await page.locator("details", { has: foldOf(page, fold) }).getAttribute("open")).not.toBeNull();
    expect(await topOf(page, fold)).toBe(before);
    expect(await page.locator("[aria-invalid=true], .b-errors").count()).toBe(0);
  },
);

test("a custom size shows its numbers, and there is no sum before they are given", async () => {
  const page = await open(create);
  expect(await page.getByLabel("vCPU per machine").isVisible()).toBe(false);
  await page.getByLabel("Machine size").selectOption("custom");
  await page.getByText("1 control plane + 1 worker").waitFor({ state: "detached" });
  expect(await page.getByLabel("Control plane vCPU").isVisible()).toBe(false);
  await page.getByLabel("vCPU per machine").fill("4");
  await page.getByLabel("Memory per machine in MiB").fill("4096");
  await page.getByText("1 control plane + 1 worker").waitFor();
});

test("a session that ended while a form was filled: signing in leads back to it, with what was typed", async () => {
  const page = await open(create);
  await page.getByLabel("Name", { exact: true }).fill("harbor");
  await page.getByLabel("Machines", { exact: true }).fill("3");
  await context?.addCookies([cookie("scenario", "signed-out")]);
  await page.getByRole("button", { name: "Preview" }).click();
  await page.getByLabel("Password").waitFor();
  await context?.addCookies([cookie("scenario", "usual")]);
  await page.getByLabel("Name", { exact: true }).fill("mina");
  await page.getByLabel("Password").fill("correct horse battery staple");
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByText("What you had typed is back.").waitFor();
  expect(await page.getByLabel("Name", { exact: true }).inputValue()).toBe("harbor");
  expect(await page.getByLabel("Machines", { exact: true }).inputValue()).toBe("3");
  await page.getByText("1 control plane + 3 workers").waitFor();
  await page.reload();
  await alive(page);
  expect(await page.getByLabel("Name", { exact: true }).inputValue()).toBe("");
});

test.each([
  ["refused", "busy", "No network is free for another cluster"],
  ["answered with a generated key", "wharf", "a private key stands here"],
])("a form that was %s is not restored when the page is loaded again", async (_what, name, answer) => {
  const page = await open(create);
  await page.getByLabel("Name", { exact: true }).fill(name);
  await foldOf(page, "Access").click();
  await page.getByRole("radio", { name: "Make a key pair for me" }).check();
  await page.getByRole("button", { name: "Preview" }).click();
  await page.getByText(answer).first().waitFor();
  await page.reload();
  await alive(page);
  expect(await page.getByLabel("Name", { exact: true }).inputValue()).toBe("");
  expect(await page.getByText("What you had typed is back.").count()).toBe(0);
});

test("node pools are added and removed without losing what was typed, and what each does is said beside it", async () => {
  const page = await open("/tenants/harbour/clusters/new");
  await page.getByLabel("Machines", { exact: true }).fill("2");
  await page.getByRole("button", { name: "Add node pool" }).click();
  const second = page.getByRole("group", { name: "Node pool 2" });
  await second.getByLabel("Pool name").fill("gpu");
  await second.getByLabel("Machines", { exact: true }).fill("3");
  await page.getByText("1 control plane + 5 workers").waitFor();
  await page.getByRole("button", { name: "Remove node pool 1" }).click();
  await second.waitFor({ state: "detached" });
  expect(await page.getByLabel("Pool name").inputValue()).toBe("gpu");
  await page.getByText("1 control plane + 3 workers").waitFor();
  expect(await page.getByRole("button", { name: /Remove node pool/ }).count()).toBe(0);
});

test("what fewer machines remove is said beside the pool while the number is typed", async () => {
  const page = await open(`${demo}/edit`);
  await page.getByText("No node is touched.").waitFor();
  await page.getByLabel("Machines", { exact: true }).fill("0");
  await page.getByText("Removes w1.").waitFor();
  await foldOf(page, "Nodes to remove").click();
  await page.getByRole("checkbox", { name: "w1" }).waitFor();
});

test("what was typed about one cluster does not stand in the form of another", async () => {
  const page = await open(`${demo}/edit`);
  const workers = page.getByLabel("Machines", { exact: true });
  await workers.fill("7");
  await page.keyboard.press("Control+k");
  await page.getByRole("combobox", { name: "Where to?" }).fill("Change lab-2");
  await page.getByRole("option", { name: /Change lab-2/, selected: true }).waitFor();
  await page.keyboard.press("Enter");
  await page.waitForFunction(() => document.documentElement.dataset["painted"] === "/tenants/harbour/clusters/lab-2/edit");
  expect(await workers.inputValue()).not.toBe("7");
  await page.getByText("1 control plane + 7 workers").waitFor({ state: "detached" });
});

test.each(["/", "/operations", demo, "/tenants/harbour"])("%s asks for newer data when the portal hints at a change", async (path) => {
  const listening = suite.portal.listening();
  const page = await open(path);
  await listening;
  // What changed before it listened is asked for without a hint.
  await askedForData(page, 1);
  suite.portal.hint();
  await askedForData(page, 2);
});

/** The page has asked for newer data at least so often. */
const askedForData = (page: Page, times: number) =>
  page.waitForFunction(
    (least) => performance.getEntriesByType("resource").filter(({ name }) => name.includes(".data")).length >= least,
    times,
    { timeout: 10_000 },
  );

test("what changed while the socket was lost is asked for when there is one again", async () => {
  const first = suite.portal.listening();
  const page = await open("/operations");
  await first;
  await askedForData(page, 1);
  const again = suite.portal.listening();
  suite.portal.dropSockets();
  await again;
  await askedForData(page, 2);
});

test("where sockets are refused, an operation is followed by long poll", async () => {
  const running = operations.find(({ id }) => id === "op-running");
  if (running === undefined) throw new Error("the fixture has no running operation");
  const page = await open("/operations/op-running", {
    before: () => {
      window.WebSocket = class extends EventTarget {
        constructor() {
          super();
          setTimeout(() => (this as unknown as WebSocket).onclose?.({ code: 1006 } as CloseEvent), 5);
        }
        close() {}
      } as unknown as typeof WebSocket;
    },
  });
  await page.route("**/api/v1/operations/op-running/entries?*", async (route) => {
    const after = Number(new URL(route.request().url()).searchParams.get("after"));
    const entries = running.entries.filter(({ seq }) => seq > after);
    // Nothing more comes: the answer waits, as the portal's does.
    if (entries.length > 0) await route.fulfill({ json: { entries, cursor: running.head, over: false } });
  });
  await page.getByRole("region", { name: "cp0 · commands" }).getByText("kube-apiserver is healthy").waitFor();
  expect(await page.getByText("Connection lost").count()).toBe(0);
});

/** Scripts of the page: each stands alone there. */
function anHourAhead(): void {
  const real = Date.now;
  Date.now = () => real() + 3_600_000;
}

function anHourBehind(): void {
  const real = Date.now;
  Date.now = () => real() - 3_600_000;
}

test.each([-1, 1])("a browser whose clock is %d hours off shows the portal's times", async (hours) => {
  const page = await open("/operations/op-running", { before: hours > 0 ? anHourAhead : anHourBehind });
  await page.getByText(/^\d:\d\d of about 7:00/).waitFor();
  expect(await page.getByText(/hour/).count()).toBe(0);
});

test("a machine that slept shows the portal's times when somebody looks again", async () => {
  const page = await open(demo);
  const asked = page.waitForRequest((request) => new URL(request.url()).pathname === "/healthz");
  await page.evaluate(() => {
    // The monotonic clock stood still while the wall clock moved on.
    const real = Date.now;
    Date.now = () => real() + 600_000;
    document.dispatchEvent(new Event("visibilitychange"));
  });
  await asked;
});

test("the account menu closes on Escape, on a press elsewhere, and on the way to another page", async () => {
  const page = await open("/images");
  const [menu, preferences] = [page.getByText("mina", { exact: true }), page.getByRole("link", { name: "Preferences" })];
  await menu.click();
  await preferences.waitFor();
  await page.keyboard.press("Escape");
  await preferences.waitFor({ state: "hidden" });
  expect(await page.evaluate(() => document.activeElement?.tagName)).toBe("SUMMARY");
  await menu.click();
  await page.getByRole("heading", { level: 1 }).click();
  await preferences.waitFor({ state: "hidden" });
  await menu.click();
  await preferences.click();
  await page.getByRole("heading", { level: 1, name: "Preferences" }).waitFor();
  await preferences.waitFor({ state: "hidden" });
});

test("going to another page puts the focus at its heading and says its title", async () => {
  const page = await open("/images");
  await page.getByRole("link", { name: "Operations" }).click();
  await page.getByRole("heading", { level: 1, name: "Operations" }).waitFor();
  await page.waitForFunction(() => document.activeElement?.tagName === "H1");
  expect(await page.locator("[data-page-title]").textContent()).toBe(await page.title());
});

test("what was discarded is said on the page that follows, and the focus is there", async () => {
  const page = await open("/tenants/harbour/clusters/next");
  await page.getByRole("button", { name: "Discard this draft" }).click();
  await page.getByText("The draft was discarded").waitFor();
  await page.waitForFunction(() => document.activeElement?.tagName === "H1");
  await page.reload();
  await alive(page);
  expect(await page.getByText("The draft was discarded").count()).toBe(0);
});

test("saved preferences are confirmed, also without scripts", async () => {
  const page = await open("/preferences", { javaScriptEnabled: false });
  await page.getByRole("button", { name: /Save|Keep/ }).click();
  await page.getByText("The preferences were saved.").waitFor();
});

test("a key that is pressed the moment the page comes alive counts", async () => {
  const page = await open(demo, {
    before: () => {
      const press = () => document.dispatchEvent(new KeyboardEvent("keydown", { key: "?", bubbles: true }));
      new MutationObserver((_changes, observer) => {
        if (document.documentElement.dataset["alive"] !== "yes") return;
        observer.disconnect();
        press();
      }).observe(document, { attributes: true, subtree: true, attributeFilter: ["data-alive"] });
    },
  });
  await page.getByRole("dialog", { name: "Keyboard shortcuts" }).waitFor();
});

const withoutClipboard = () => Object.defineProperty(navigator, "clipboard", { value: undefined });

test("over plain HTTP, where browsers offer no clipboard, copying works", async () => {
  const page = await open(demo, { before: withoutClipboard });
  await page.getByRole("button", { name: "Copy the context name" }).click();
  await page.getByText("Copied").waitFor({ state: "attached" });
});

test("where the browser allows no copying at all, the text is shown selected", async () => {
  const page = await open(demo, {
    before: () => {
      Object.defineProperty(navigator, "clipboard", { value: undefined });
      document.execCommand = () => false;
    },
  });
  await page.getByRole("button", { name: "Copy the context name" }).click();
  await page.getByRole("dialog").waitFor();
  const selected = await page.evaluate(() => {
    const { value, selectionStart, selectionEnd } = document.activeElement as HTMLTextAreaElement;
    return value.slice(selectionStart, selectionEnd);
  });
  expect(selected).toBe("harbour.demo");
  await page.keyboard.press("Escape");
  await page.getByRole("dialog").waitFor({ state: "detached" });
});

test.each([320, 768])("at %d px the approve button of a plan is in sight, and the header is low", async (width) => {
  const page = await open(`${demo}/plans/2`, { width, height: 640 });
  const button = await page.getByRole("button", { name: "Update: add 1 machine" }).boundingBox();
  expect((button?.y ?? 9_999) + (button?.height ?? 0)).toBeLessThanOrEqual(640);
  const header = await page.locator("header.b-masthead").boundingBox();
  expect(header?.height).toBeLessThanOrEqual(width === 320 ? 84 : 58);
});

test("at 768 px sizes and addresses stand on one line", async () => {
  const page = await open(demo, { width: 768 });
  const heights = await page
    .locator(".b-records .b-whole")
    .evaluateAll((cells) => cells.map((cell) => cell.getClientRects()[0]?.height ?? 0));
  expect(Math.max(...heights)).toBeLessThan(64);
  expect(
    await page.locator(".b-records .b-whole code").evaluateAll((texts) => texts.filter((text) => text.getClientRects().length > 1).length),
  ).toBe(0);
});

test("without scripts there is no button that does nothing", async () => {
  const page = await open("/operations/op-failed", { javaScriptEnabled: false });
  await page.getByRole("link", { name: "cp0 · console" }).click();
  await page.getByRole("region", { name: "cp0 · console" }).waitFor();
  await page.goto(suite.portal.url + demo);
  expect(await page.getByRole("button", { name: "Copy the context name" }).isVisible()).toBe(false);
});

test.each([true, false])(
  "arrangements of a machine unfold by keyboard below its row, which stays where it is (scripts: %s)",
  async (javaScriptEnabled) => {
    const page = await open("/tenants/harbour/clusters/next/plans/3", { javaScriptEnabled });
    const machine = page.locator(".b-step", { has: page.locator("code", { hasText: /^w1$/ }) });
    const hook = machine.getByText("Node removal hook: w1");
    const fold = machine.locator("summary", { hasText: "and 3 arrangements for later" });
    expect(await hook.isVisible()).toBe(false);
    await fold.focus();
    const before = await fold.boundingBox();
    await page.keyboard.press("Enter");
    await hook.waitFor();
    expect(await fold.boundingBox()).toEqual(before);
  },
);

test("output can be searched, unwrapped, timed and downloaded, and a step leads to it", async () => {
  const page = await open("/operations/op-running");
  await page.getByRole("link", { name: "Output of SSH reachable: cp0" }).press("Enter");
  await page.waitForURL(/output=cp0%2Fcommand#output/);
  await page.waitForFunction(() => document.activeElement?.id === "output");
  const screen = page.getByRole("region", { name: "cp0 · commands" });
  await screen.getByText("kube-apiserver is healthy").waitFor();
  await page.getByRole("searchbox", { name: "Search these lines" }).fill("CERTS");
  await page.getByText(/^1 of \d+ lines$/).waitFor();
  expect(await screen.textContent()).toMatch(/^\[certs\].*$/);
  await page.getByRole("link", { name: "Turn on: Times" }).click();
  await page.waitForFunction(() => /^\d\d:\d\d:\d\d \[certs\]/.test(document.querySelector(".b-console")?.textContent ?? ""));
  await page.getByRole("link", { name: "Turn off: Wrap lines" }).click();
  await page.waitForFunction(() => getComputedStyle(document.querySelector(".b-console") ?? document.body).whiteSpace === "pre");
  const [file] = await Promise.all([page.waitForEvent("download"), page.getByRole("link", { name: "Download all" }).click()]);
  expect(file.suggestedFilename()).toBe("operation-op-running-cp0-command.log");
});
