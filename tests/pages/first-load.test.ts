/** What a first visit loads, in requests and bytes as they go over the wire, with nothing cached. Sizes, not times. */
import { expect, test } from "vitest";
import { pageAddresses } from "./addresses.ts";
import { looks, visit, type LookSettings } from "./browser.ts";
import { pageSuite } from "./page-suite.ts";

const suite = pageSuite("production");

interface Loaded {
  readonly url: string;
  readonly bytes: number;
  readonly encoding: string | null;
  readonly cached: string | null;
}

async function firstLoad(name: string, look: LookSettings): Promise<readonly Loaded[]> {
  const address = pageAddresses.find((one) => one.name === name);
  if (address === undefined) throw new Error(`there is no page ${name}`);
  const finished: Promise<Loaded>[] = [];
  const page = await visit(suite.browser, suite.portal.url, address, look, (fresh) =>
    fresh.on("requestfinished", (request) => {
      finished.push(
        Promise.all([request.sizes(), request.response()]).then(async ([{ responseBodySize, responseHeadersSize }, response]) => ({
          url: new URL(request.url()).pathname,
          bytes: responseBodySize + responseHeadersSize,
          encoding: (await response?.headerValue("content-encoding")) ?? null,
          cached: (await response?.headerValue("cache-control")) ?? null,
        })),
      );
    }),
  );
  await page.waitForLoadState("networkidle");
  const loaded = await Promise.all(finished);
  await page.context().close();
  return loaded;
}

const total = (loaded: readonly Loaded[]): number => loaded.reduce((sum, { bytes }) => sum + bytes, 0);

test.each(["dashboard", "sign-in", "create", "cluster-ready", "operation-running", "plan-scale"])(
  "%s loads at most 30 requests and 300 kB at first",
  async (name) => {
    const loaded = await firstLoad(name, looks.light);
    expect(loaded.length).toBeLessThanOrEqual(30);
    expect(total(loaded)).toBeLessThanOrEqual(300_000);
    expect(loaded.filter(({ url }) => url.includes("noto-sans-kr"))).toEqual([]);
  },
);

test("text is compressed, and only files named by their content are kept by the browser", async () => {
  const loaded = await firstLoad("dashboard", looks.light);
  const texts = loaded.filter(({ url, bytes }) => bytes > 2_000 && !url.endsWith(".woff2"));
  expect(texts.filter(({ encoding }) => encoding === null)).toEqual([]);
  for (const { url, cached } of loaded) if (url.startsWith("/assets/")) expect(cached).toBe("public, max-age=31536000, immutable");
});

test("a Korean page loads only the parts of the Korean font that it shows", async () => {
  const loaded = await firstLoad("dashboard", looks.korean);
  const fonts = loaded.filter(({ url }) => url.includes("noto-sans-kr"));
  expect(fonts.length).toBeGreaterThan(0);
  expect(fonts.length).toBeLessThan(40);
});
