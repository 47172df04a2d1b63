/** What a test file of pages needs for all its tests: the built pages, a portal that serves the fixture world, and a browser. */
import { rmSync } from "node:fs";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll } from "vitest";
import { openBrowser } from "./browser.ts";
import { buildPages } from "./build-pages.ts";
import { type FixturePortal, startFixturePortal } from "./fixture-portal.ts";

/** Both are there once the tests of the file run. */
export interface PageSuite {
  readonly browser: Browser;
  readonly portal: FixturePortal;
}

/** Registers the start before the tests of the calling file, and the end after them. */
export function pageSuite(mode: Parameters<typeof buildPages>[0]): PageSuite {
  let browser: Browser | undefined;
  let portal: FixturePortal | undefined;
  let folder: string | undefined;
  beforeAll(async () => {
    folder = await buildPages(mode);
    portal = await startFixturePortal(folder);
    browser = await openBrowser();
  }, 240_000);
  afterAll(async () => {
    await browser?.close();
    await portal?.close();
    if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
  });
  return {
    get browser() {
      return started(browser);
    },
    get portal() {
      return started(portal);
    },
  };
}

function started<T>(part: T | undefined): T {
  if (part === undefined) throw new Error("the pages are used before the tests of the file run");
  return part;
}
