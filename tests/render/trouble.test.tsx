/** The page of a portal that cannot use its database: what is wrong, what is safe, and what to do, for whoever reads it. */
import type { AddressInfo } from "node:net";
import type { ServerBuild } from "@remix-run/server-runtime";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { StorageTrouble, type StorageTroubleKind, storageTroubles } from "#app/ports/storage-trouble.ts";
import { createHttpServer, type HttpServer } from "#app/server/http.server.ts";
import { createLogger } from "#app/server/logger.server.ts";
import { ask, type Rig, type Someone, startRig } from "#tests/api/rig.ts";
import { renderPage } from "./render-page.tsx";

let rig: Rig;
let ada: Someone;
let http: HttpServer;
let url: string;
let trouble: StorageTroubleKind;

beforeAll(async () => {
  rig = await startRig();
  ada = await rig.person("ada");
  for (const store of [rig.stores.people, rig.stores.clusters, rig.stores.operations]) {
    for (const name of Object.keys(store)) Object.assign(store, { [name]: refuse });
  }
  // Nobody gets as far as the built pages: who asks is not even known.
  const pages = { build: {} as ServerBuild, browserFolder: null };
  const { services, sessions, stores } = rig;
  http = createHttpServer({
    services,
    sessions,
    operations: stores.operations,
    journal: stores.journal,
    site: { publicUrl: "http://berth.test" },
    cookieKey: Buffer.alloc(32, 7),
    language: "en",
    records: createLogger({ write: () => undefined }),
    healthy: refuse,
    ...pages,
  });
  await new Promise<void>((resolve) => http.server.listen(0, "127.0.0.1", resolve));
  url = `http://127.0.0.1:${(http.server.address() as AddressInfo).port}`;
});
afterAll(async () => {
  await http.close(200);
  await rig.close();
});

const refuse = async (): Promise<never> => {
  throw new Error("reading", { cause: new StorageTrouble(trouble, "SQLITE_X: /var/lib/berth/berth.sqlite") });
};

// English says it to programs in its own words; the page without any shell uses those.
const wrong: Readonly<Record<StorageTroubleKind, readonly [RegExp, RegExp]>> = {
  full: [/disk (?:of the database )?is full/, /디스크가 가득 찼습니다/],
  locked: [/keeps the (?:portal's )?database locked/, /데이터베이스를 잠그고 있습니다/],
  unreachable: [/database does not answer/, /데이터베이스가 응답하지 않습니다/],
  corrupt: [/database is damaged/, /데이터베이스가 손상되었습니다/],
  newer: [/newer version of Berth/, /더 새로운 버전의 Berth/],
};
const toDo: Readonly<Record<StorageTroubleKind, readonly [RegExp, RegExp]>> = {
  full: [/Try again when (?:the operator has freed disk space|disk space is free)/, /공간을 확보한 뒤 다시 시도하세요/],
  locked: [/Try again (?:in a moment|shortly)/, /잠시 후 다시 시도하세요/],
  unreachable: [/Try again (?:in a moment|shortly)/, /잠시 후 다시 시도하세요/],
  corrupt: [/operator has to restore a backup/, /운영자가 백업을 복원해야 합니다/],
  newer: [/operator has to start that version/, /운영자가 그 버전을 시작해야 합니다/],
};
const safe = [
  /Clusters keep running\. This page checks again every \d+ seconds\./,
  /클러스터는 계속 실행됩니다\. 이 페이지는 \d+초마다 다시 확인합니다\./,
] as const;
const again = [/Try again<\/(?:a|span)>/, /다시 시도<\/(?:a|span)>/] as const;

/** Everything that a person needs, and nothing of the inside. */
function saysAll(html: string, kind: StorageTroubleKind, language: "en" | "ko"): void {
  const at = language === "en" ? 0 : 1;
  const text = html.replaceAll("<!-- -->", "").replaceAll("&#x27;", "'");
  for (const part of [wrong[kind][at], toDo[kind][at], safe[at], again[at], /<h1/]) expect(text).toMatch(part);
  expect(text).not.toMatch(/SQLITE|berth\.sqlite|undefined|\{\{/);
}

describe.each(["en", "ko"] as const)("in %s", (language) => {
  test.each(storageTroubles)("%s: a page that cannot read shows it", async (kind) => {
    trouble = kind;
    const page = await renderPage({ path: "/", language, services: rig.services });
    expect(page.status).toBe(503);
    saysAll(page.html, kind, language);
  });

  test.each(storageTroubles)(
    "%s: a browser gets a whole page also before anybody knows who asks, a program gets a problem",
    async (kind) => {
      trouble = kind;
      const get = (accept: string) =>
        ask({ url }, "GET", "/tenants/ada", { cookie: ada.cookie, headers: { Accept: accept, "Accept-Language": language } });
      const page = await get("text/html,application/xhtml+xml,*/*;q=0.8");
      expect([page.status, page.headers.get("content-type"), page.headers.get("cache-control")]).toEqual([
        503,
        "text/html; charset=utf-8",
        "no-store",
      ]);
      expect(Number(page.headers.get("retry-after"))).toBeGreaterThan(0);
      expect(page.text).toMatch(new RegExp(`^<!doctype html><html lang="${language}">[\\s\\S]*</html>\\n$`));
      expect(page.text).toContain(`http-equiv="refresh" content="${page.headers.get("retry-after")}"`);
      saysAll(page.text, kind, language);
      const problem = await get("application/json");
      expect([problem.status, problem.headers.get("content-type")]).toEqual([503, expect.stringContaining("application/problem+json")]);
      expect(problem.json).toMatchObject({
        type: `urn:berth:problem:storage-${kind}`,
        status: 503,
        detail: expect.stringMatching(wrong[kind][language === "en" ? 0 : 1]),
      });
      expect(problem.headers.get("retry-after")).toBe(page.headers.get("retry-after"));
    },
  );
});
