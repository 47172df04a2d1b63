/** A person at a real Chromium: what they click and read, in the words of the pages. */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { violationsOf } from "./violations.ts";

const minute = 60_000;

export interface Person {
  readonly page: Page;
  /** Messages of the console and of the page that nobody expected. */
  readonly complaints: readonly string[];
  /** Forgets the complaints so far: a connection was cut on purpose. */
  pardon(): void;
  /** Every text frame that came over a WebSocket. */
  readonly frames: readonly string[];
  join(link: string, name: string, password: string): Promise<void>;
  open(path: string): Promise<void>;
  /** Fills the fields of the form by their names and sends it. */
  send(fields: Readonly<Record<string, string>>, button: RegExp): Promise<void>;
  press(button: RegExp): Promise<void>;
  /** Clicks a link and waits until its page has taken the place of this one. */
  follow(link: RegExp): Promise<void>;
  /** After asking for a preview: waits until its page has led to the plan. */
  planMade(minutes: number): Promise<void>;
  /**
   * Waits on an operation's page until it is over, and answers the word of its state. Interrupted is one of them unless other words
   * are asked for.
   */
  operationEnds(minutes: number, states?: RegExp): Promise<string>;
  /** Checks the page for accessibility and keeps a picture of it when BERTH_SHOTS names a folder. */
  inspect(name: string): Promise<readonly string[]>;
}

export async function personAt(browser: Browser, url: string): Promise<Person> {
  const context = await browser.newContext({
    baseURL: url,
    viewport: { width: 1280, height: 900 },
    locale: "en-GB",
    acceptDownloads: true,
  });
  const page = await context.newPage();
  page.setDefaultTimeout(minute);
  const complaints: string[] = [];
  const frames: string[] = [];
  page.on("console", (message) => message.type() === "error" && complaints.push(message.text()));
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("websocket", (socket) => socket.on("framereceived", ({ payload }) => frames.push(payload.toString())));
  return {
    page,
    complaints,
    pardon: () => void complaints.splice(0),
    frames,
    join: async (link, name, password) => {
      await page.goto(link);
      await fill(page, { name, password });
      await page.getByRole("main").getByRole("button").first().click();
      await page.waitForURL(`${url}/`);
    },
    open: async (path) => {
      await page.goto(path);
      await alive(page);
    },
    send: async (fields, button) => {
      await fill(page, fields);
      await page.getByRole("button", { name: button }).click();
    },
    press: (button) => page.getByRole("button", { name: button }).click(),
    follow: async (link) => {
      const before = page.url();
      await page.getByRole("link", { name: link }).first().click();
      await arrived(page, (url) => url.href !== before);
    },
    planMade: (minutes) => arrived(page, /\/plans\/\d+$/, minutes),
    operationEnds: (minutes, states = anyEnd) => operationEnds(page, minutes, states),
    inspect: async (name) => {
      await keepPicture(page, name);
      return await violationsOf(page);
    },
  };
}

/** The page's own script has taken over from the server's first paint. */
const alive = async (page: Page): Promise<void> => {
  await page.waitForFunction(() => document.documentElement.dataset["alive"] === "yes");
};

/** The address is there before its page is painted; only then is what one reads that page's. */
async function arrived(page: Page, where: RegExp | ((url: URL) => boolean), minutes = 1): Promise<void> {
  await page.waitForURL(where, { timeout: minutes * minute });
  await page.waitForFunction(() => document.documentElement.dataset["painted"] === location.pathname);
}

async function fill(page: Page, fields: Readonly<Record<string, string>>): Promise<void> {
  await alive(page);
  for (const [name, value] of Object.entries(fields)) {
    const field = page.locator(`[name="${name}"]`).first();
    if ((await field.evaluate((e) => e.tagName)) === "SELECT") await field.selectOption(value);
    else await field.fill(value);
  }
}

const anyEnd = /^(Succeeded|Failed|Cancelled|Interrupted)$/;
/** Berth continues with an interrupted operation automatically. */
export const finalEnd = /^(Succeeded|Failed|Cancelled)$/;

async function operationEnds(page: Page, minutes: number, states: RegExp): Promise<string> {
  await arrived(page, /\/operations\/[^/]+$/);
  const badge = page.locator(".b-heading-title").getByText(states).first();
  await badge.waitFor({ timeout: minutes * minute });
  return ((await badge.textContent()) ?? "").trim();
}

async function keepPicture(page: Page, name: string): Promise<void> {
  const folder = process.env["BERTH_SHOTS"];
  if (folder === undefined) return;
  await mkdir(folder, { recursive: true });
  await page.screenshot({ path: join(folder, `${name}.png`), fullPage: true });
}
