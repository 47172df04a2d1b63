/** A real Chromium over the fixture's pages, in the looks that people use. */
import { chromium, type Browser, type Page } from "playwright-core";
import type { PageAddress } from "./addresses.ts";

export interface LookSettings {
  readonly theme: "light" | "dark";
  readonly language: "en" | "ko";
  readonly width: number;
}

export const looks = {
  light: { theme: "light", language: "en", width: 1280 },
  dark: { theme: "dark", language: "en", width: 1280 },
  narrow: { theme: "light", language: "en", width: 320 },
  korean: { theme: "light", language: "ko", width: 1280 },
} as const satisfies Readonly<Record<string, LookSettings>>;

/**
 * The distribution's Chromium, quiet: it talks to nobody but the page. The shell of it, which opens no browser window around every
 * page.
 */
export const openBrowser = (): Promise<Browser> =>
  chromium.launch({
    executablePath: process.env["BERTH_CHROMIUM"] ?? "/usr/bin/chromium-headless-shell",
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });

/** Opens a page in a fresh context and waits until it is alive. */
export async function visit(
  browser: Browser,
  url: string,
  address: PageAddress,
  look: LookSettings,
  onPage: (page: Page) => void = () => undefined,
): Promise<Page> {
  const context = await browser.newContext({
    viewport: { width: look.width, height: 900 },
    reducedMotion: "reduce",
    locale: look.language === "ko" ? "ko-KR" : "en-GB",
  });
  await context.addCookies(
    Object.entries({ scenario: address.scenario, theme: look.theme, language: look.language }).map(([name, value]) => ({
      name,
      value,
      url,
    })),
  );
  const page = await context.newPage();
  onPage(page);
  await page.goto(url + address.path, { waitUntil: "load" });
  await page.waitForFunction(() => document.documentElement.dataset["alive"] === "yes");
  if (address.click !== undefined) await page.click(address.click);
  await page.evaluate(() => document.fonts.ready.then(() => undefined));
  return page;
}
