/**
 * Takes a picture of every page: `node tests/pages/shots.ts <folder of pictures> [looks] [pattern of names]`. The build is looked
 * for in `build` or in BERTH_PAGES_FOLDER.
 */
import { mkdirSync } from "node:fs";
import { resolve } from "node:path";
import { pageAddresses } from "./addresses.ts";
import { looks, openBrowser, visit } from "./browser.ts";
import { startFixturePortal } from "./fixture-portal.ts";

const [target = "shots", wanted = "light,dark,narrow,korean", part = ""] = process.argv.slice(2);
const portal = await startFixturePortal(resolve(process.env["BERTH_PAGES_FOLDER"] ?? "build"));
const browser = await openBrowser();
for (const [look, settings] of Object.entries(looks).filter(([name]) => wanted.split(",").includes(name))) {
  mkdirSync(resolve(target, look), { recursive: true });
  for (const address of pageAddresses.filter((one) => new RegExp(part).test(one.name))) {
    const page = await visit(browser, portal.url, address, settings);
    await page.screenshot({ path: resolve(target, look, `${address.name}.png`), fullPage: true });
    await page.context().close();
  }
}
await browser.close();
await portal.close();
