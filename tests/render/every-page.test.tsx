import { renderToString } from "react-dom/server";
import { I18nextProvider } from "react-i18next";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { ClusterBadge } from "#app/components/shell/states.tsx";
import { en } from "#app/messages/en.ts";
import { createTranslations } from "#app/messages/i18n.ts";
import { ko } from "#app/messages/ko.ts";
import { action as actOnOperation } from "#app/routes/operations.$operation.tsx";
import { pageAddresses } from "#tests/pages/addresses.ts";
import { renderPage } from "./render-page.tsx";
import { validForm } from "./valid-form.ts";

const catalogues = { en, ko };

let complaints: unknown[][] = [];
beforeEach(() => {
  complaints = [];
  vi.spyOn(console, "error").mockImplementation((...words: unknown[]) => void complaints.push(words));
});
afterEach(() => vi.restoreAllMocks());

describe.each(["en", "ko"] as const)("in %s", (language) => {
  test.each(pageAddresses)("$name renders on the server, in full and without a complaint", async ({ path, scenario, status }) => {
    const page = await renderPage({ path, scenario, language });
    expect(page.status).toBe(status);
    expect(page.html).toMatch(/<h1/);
    // A key of the catalogue on the page, or a value that found no words.
    expect(page.html).not.toMatch(/\{\{|\b(?:dashboard|operation|plan|cluster|form|problem|rule)\.[a-z]+[A-Za-z.]*\b(?=[<"])/);
    expect(page.html).not.toMatch(/undefined|NaN|\[object Object\]/);
    if (status !== 500) expect(complaints).toEqual([]);
  });
});

test("what is absent and what is another's give the same bytes", async () => {
  const [absent, foreign] = await Promise.all(["/tenants/harbour/clusters/absent", "/tenants/nobody"].map((path) => renderPage({ path })));
  expect(absent?.status).toBe(404);
  expect(foreign).toEqual(absent);
});

describe("without JavaScript", () => {
  const create = "/tenants/harbour/clusters/new";

  test("a valid form leads to its preview", async () => {
    const page = await renderPage({ path: create, form: validForm });
    expect(page.location).toBe("/operations/op-running");
  });

  test("errors name field, value and rule, link to their fields, and keep what was typed", async () => {
    const page = await renderPage({ path: create, form: { ...validForm, name: "Wharf!", podCidr: "10.91.0.0/16" } });
    expect(page.status).toBe(422);
    expect(page.html).toMatch(/href="#cluster-name"[^>]*>Name: “Wharf!” must be lower-case/);
    expect(page.html).toMatch(/href="#cluster-podCidr"[^>]*>Pod network: “10.91.0.0\/16” overlaps 10.91.0.0\/16/);
    expect(page.html).toMatch(/id="cluster-name"[^>]*value="Wharf!"|value="Wharf!"[^>]*id="cluster-name"/);
  });

  test("the side panel follows what was sent, and says what does not fit with its numbers", async () => {
    const page = await renderPage({ path: create, form: { ...validForm, "pools[0].count": "9", intent: "recount" } });
    expect(page.html).toContain("1 control plane + 9 workers");
    expect(page.html).toContain("Memory: 20 GiB needed, 12 GiB free");
    expect(page.html).not.toContain("to fix before the preview");
  });

  test("a generated private key is shown in the answer, with the way on", async () => {
    const page = await renderPage({ path: create, form: { ...validForm, sshKeyMode: "generate" } });
    expect(page.html).toContain("(a private key stands here)");
    expect(page.html).toContain('href="/operations/op-running"');
  });

  test("a taken name is said at the field", async () => {
    const page = await renderPage({ path: create, form: { ...validForm, name: "demo" } });
    expect(page.html).toContain("“demo” is in use in this tenant");
  });

  test("refusals of a use case stand above the form", async () => {
    const page = await renderPage({ path: create, form: { ...validForm, name: "busy" } });
    expect(page.status).toBe(409);
    expect(page.html).toContain("No network is free for another cluster");
  });

  test("signing in sets the session and leads back; a wrong password says nothing about the name", async () => {
    const right = await renderPage({
      path: "/sign-in",
      scenario: "signed-out",
      form: { name: "mina", password: "correct horse battery", next: "/images" },
    });
    expect(right).toMatchObject({ location: "/images", cookies: ["session=fixture; Path=/"] });
    const wrong = await renderPage({ path: "/sign-in", scenario: "signed-out", form: { name: "someone", password: "x" } });
    expect(wrong.status).toBe(401);
    expect(wrong.html).toContain("Incorrect name or password");
  });

  test("whoever is signed out is led to the sign-in page and back", async () => {
    const page = await renderPage({ path: "/operations/op-running", scenario: "signed-out" });
    expect(page.location).toBe("/sign-in?next=%2Foperations%2Fop-running");
  });

  test("a short password is refused before any account is made", async () => {
    const page = await renderPage({ path: "/join/fixture", scenario: "signed-out", form: { name: "noor", password: "short" } });
    expect(page.status).toBe(422);
    expect(page.html).toContain("Password: at least 12 characters");
  });

  test("a teardown needs the name; another name changes nothing", async () => {
    const path = "/tenants/harbour/clusters/demo/plans/6";
    expect((await renderPage({ path, form: { hash: "h", typedName: "demo" } })).location).toBe("/operations/op-running");
    const wrong = await renderPage({ path, form: { hash: "h", typedName: "demi" } });
    expect(wrong.status).toBe(422);
    expect(wrong.html).toContain("The typed name is not demo");
  });

  test("tokens and links are shown once, in the answer", async () => {
    const page = await renderPage({ path: "/people", form: { intent: "token", label: "nightly", days: "90" } });
    expect(page.html).toContain("berth-fixture-shown-once");
    expect((await renderPage({ path: "/people" })).html).not.toContain("berth-fixture-shown-once");
  });

  test("the forms that make invitations, tenants and tokens carry a key, and it reaches the portal", async () => {
    const { html } = await renderPage({ path: "/people" });
    const keys = [...html.matchAll(/name="key" value="([^"]+)"/g)].map((match) => match[1]);
    expect([keys.length, new Set(keys).size]).toEqual([3, 1]);
    expect((await renderPage({ path: "/people" })).html).not.toContain(String(keys[0]));
    const answer = await renderPage({ path: "/people", form: { intent: "invite", key: "pressed-twice" } });
    expect(answer.html).toContain("/join/fixture-pressed-twice");
  });

  test("operators see who has an account and let people in or not; everybody else sees only their tokens", async () => {
    const page = (await renderPage({ path: "/people" })).html.replaceAll("<!-- -->", "");
    expect(page).toMatch(/jun[\s\S]*Disabled[\s\S]*Enable jun/);
    expect(page).toContain('href="/tenants/lab"');
    expect(page).toMatch(/mina[\s\S]*This is you/);
    expect((await renderPage({ path: "/people", scenario: "viewer" })).html).not.toContain("noor");
    expect((await renderPage({ path: "/people", form: { intent: "disable", id: "person-noor" } })).status).toBe(200);
    expect((await renderPage({ path: "/people", form: { intent: "disable", id: "nobody" } })).status).toBe(404);
  });

  test("searching finds by any part of a name, and says when nothing matches", async () => {
    const found = (await renderPage({ path: "/search?q=lab-2" })).html.replaceAll("<!-- -->", "");
    expect(found).toContain('href="/tenants/harbour/clusters/lab-2/destroy"');
    expect(found).toContain('href="/operations/op-failed"');
    expect(found).not.toContain("Change demo");
    expect((await renderPage({ path: "/search?q=zzz" })).html).toContain("Nothing matches “zzz”.");
  });

  test("operations are narrowed by their address", async () => {
    const page = (await renderPage({ path: "/operations?state=failed" })).html;
    expect(page).toContain("/operations/op-failed");
    expect(page).not.toContain("/operations/op-done");
  });

  test("a page of a long list says where it stands and leads to the first and the next one, keeping what is chosen", async () => {
    const en = (await renderPage({ path: "/tenants/harbour?after=a&removedAfter=b", scenario: "many" })).html.replaceAll("<!-- -->", "");
    expect(en).toContain("10,000 clusters");
    expect(en).toMatch(/51–5\d of 10,000/);
    expect(en).toContain('aria-label="Pages: Clusters"');
    expect(en).toMatch(/href="\/tenants\/harbour\?removedAfter=b"[^>]*>.*?First page/);
    expect(en).toMatch(/href="\/tenants\/harbour\?after=cursor-\d&amp;removedAfter=b"[^>]*>.*?Next page/);
    expect(en).toMatch(/href="\/tenants\/harbour\?after=a&amp;removedAfter=cursor-1"/);
    const ko = (await renderPage({ path: "/?after=a", scenario: "many", language: "ko" })).html.replaceAll("<!-- -->", "");
    expect(ko).toMatch(/10,000개 중 51–5\d/);
    expect(ko).toContain("다음 페이지");
    expect(ko).toContain('href="/tenants"');
    expect((await renderPage({ path: "/" })).html).not.toContain("Next page");
  });

  test("preferences are kept in cookies and nothing else is", async () => {
    const page = await renderPage({ path: "/preferences", form: { theme: "dark", language: "xx", returnTo: "//evil.example" } });
    expect(page.location).toBe("/");
    expect(page.cookies).toEqual([
      "theme=dark; Path=/; Max-Age=31536000; SameSite=Lax; HttpOnly",
      "done=preferences-saved; Path=/; Max-Age=30; SameSite=Lax; HttpOnly",
    ]);
  });
});

describe("what a page shows, its address gives to programs", () => {
  test.each([
    "/",
    "/tenants",
    "/tenants/harbour",
    "/tenants/harbour/clusters/demo",
    "/tenants/harbour/clusters/demo/plans/2",
    "/tenants/harbour/clusters/demo/revisions/2",
    "/tenants/harbour/clusters/old/receipt",
    "/operations",
    "/operations/op-done",
    "/images",
    "/setup",
    "/people",
  ])("%s", async (path) => {
    expect((await renderPage({ path })).html).toContain(`href="${path}?format=json"`);
  });
});

test("a plan says in words and units what changed, before and after", async () => {
  const html = (await renderPage({ path: "/tenants/harbour/clusters/demo/plans/2" })).html.replaceAll("<!-- -->", "");
  expect(html).toMatch(/w2<\/dt><dd><strong>New<\/strong>: Worker · 2 vCPU · 2 GiB · 20 GiB disk/);
  expect(html).toContain("1 change");
});

test("a teardown is listed in the order in which things go", async () => {
  const html = (await renderPage({ path: "/tenants/harbour/clusters/demo/plans/6" })).html;
  expect(html.indexOf("main-smoke")).toBeLessThan(html.indexOf("cp0-disk"));
  expect(html.indexOf("cp0-disk")).toBeLessThan(html.indexOf("main-network"));
});

describe("an operation is called what it does", () => {
  const [made, changed] = [
    { en: "Create lab-2", ko: "lab-2 생성" },
    { en: "Update of demo", ko: "업데이트: demo" },
  ];

  test.each(["en", "ko"] as const)("the first update of a cluster is its creation wherever it is named (%s)", async (language) => {
    const at = async (path: string) => (await renderPage({ path, language })).html.replaceAll("<!-- -->", "");
    for (const path of [
      "/operations/op-failed",
      "/operations",
      "/",
      "/tenants/harbour",
      "/tenants/harbour/clusters/lab-2?tab=operations",
      "/search?q=lab-2",
    ]) {
      expect(await at(path)).toContain(made[language]);
      expect(await at(path)).not.toContain(changed[language].replace("demo", "lab-2"));
    }
    expect(await at("/operations/op-later")).toContain(changed[language]);
  });

  test("so is the plan for it, in the list of plans", async () => {
    const html = (await renderPage({ path: "/tenants/harbour/clusters/next?tab=operations" })).html.replaceAll("<!-- -->", "");
    expect(html).toMatch(/plans\/3"[\s\S]{0,200}Creation · /);
  });
});

test("a plan and a finished run say what is only arranged for later, in both languages", async () => {
  const at = async (path: string, language: "en" | "ko") =>
    (await renderPage({ path, language })).html.replaceAll("<!-- -->", "").replaceAll(/<[^>]+>/g, " ");
  expect(await at("/tenants/harbour/clusters/next/plans/3", "en")).toMatch(/Orderly shut-down of cp0\s+cp0-off\s+register hook/);
  expect(await at("/operations/op-done", "en")).toMatch(/Node removal hook: w1\s+w1-seat\s+hook registered/);
  expect(await at("/operations/op-done", "ko")).toMatch(/정상 종료: w1\s+w1-off\s+훅 등록됨/);
  expect(await at("/operations/op-destroy", "en")).toMatch(/Orderly shut-down of w1\s+w1-off\s+gone with its machine/);
});

describe("an operation that does not simply run shows it", () => {
  const at = async (id: string): Promise<string> => (await renderPage({ path: `/operations/${id}` })).html.replaceAll("<!-- -->", "");

  test("a finished preview shows its plan and no phases that never were", async () => {
    const html = await at("op-preview");
    expect(html).toContain('href="/tenants/harbour/clusters/demo/plans/2"');
    expect(html).not.toContain("not reached");
  });

  test("in the queue: its place and what it waits for", async () => {
    const html = await at("op-queued");
    expect(html).toContain("Place 2 in the queue");
    expect(html).toContain("This tenant runs as many operations at once as it may");
  });

  test("being cancelled: which rung, and what stays", async () => {
    const html = await at("op-cancelling");
    expect(html).toMatch(/aria-current="step"[\s\S]*?Told to stop at once/);
    expect(html).toContain("network rising");
  });

  test("cancelled: what stays", async () => {
    expect(await at("op-stays")).toMatch(/What stays[\s\S]*machine cp0 \(running\)/);
  });

  test("standing still: why, and with which numbers", async () => {
    const html = await at("op-waiting");
    expect(html).toContain("the disk of this Berth is full");
    expect(html).toContain("120 MiB free, 512 MiB needed");
  });

  test("continuing after an interruption: what was repaired, and who resumed it", async () => {
    const html = await at("op-recovered");
    expect(html).toContain("Removed the lock of a process that is gone.");
    expect(html).toContain("Berth was stopped while it ran.");
  });
});

describe("drift", () => {
  const path = "/tenants/harbour/clusters/lab-2/drift";

  test("says what differs, since when, and what a repair does, and offers no plan where none helps", async () => {
    const { html } = await renderPage({ path });
    expect(html).toContain("w1 should be running and is off.");
    expect(html).toContain("Starts it. The node restarts.");
    expect(html).toContain("Plan the repair of all 3");
    expect(html).toContain('aria-label="Adopt into the specification: cp0"');
    expect(html).not.toContain('aria-label="Plan the repair: b5rlab2-w7"');
    expect((await renderPage({ path, scenario: "viewer" })).html).not.toContain('<form method="post" action="/tenants');
  });

  test("every decision works as a plain form", async () => {
    const post = (form: Record<string, string>) => renderPage({ path, form });
    expect((await post({ intent: "repair", id: "machine-stopped:w1" })).location).toBe("/operations/op-running");
    expect((await post({ intent: "adopt", id: "machine-memory:cp0" })).location).toBe("/operations/op-running");
    expect((await post({ intent: "ignore", id: "machine-stopped:w1", days: "30" })).location).toBe(path);
    expect((await post({ intent: "look" })).location).toBe(path);
    expect((await post({ intent: "adopt", id: "orphan-machine:x" })).status).toBe(409);
    expect((await post({ intent: "ignore", id: "x", days: "4000" })).status).toBe(422);
  });
});

test("the kubeconfig is a file that no cache keeps", async () => {
  const page = await renderPage({ path: "/tenants/harbour/clusters/demo/kubeconfig", file: true });
  expect(page.html).toBe("# kubeconfig of demo\n");
  expect(page.cacheControl).toBe("no-store");
});

/** What stands on the page, tag by tag. */
const wordsOf = (html: string): string =>
  html
    .replace(/<svg.*?<\/svg>/gs, "")
    .replace(/<!-- -->/g, "")
    .replace(/<[^>]+>/g, "|")
    .replace(/\|+/g, "|");

test("a phase that was begun and left with nothing finished says that it stopped, and no time that would run on", async () => {
  const { html } = await renderPage({ path: "/operations/op-interrupted" });
  expect(wordsOf(html)).toContain("|SSH|stopped|0 of 2|");
  expect(wordsOf(html)).toContain("|Join|not reached|");
});

test("an interrupted operation says whose turn it is, there and where it stands in a list, and can be cancelled", async () => {
  const page = wordsOf((await renderPage({ path: "/operations/op-interrupted" })).html);
  expect(page).toContain("|Nothing is lost. It continues automatically within half a minute.|");
  expect(page).toMatch(/\|Resume\|Cancel\|/);
  expect(wordsOf((await renderPage({ path: "/" })).html)).toContain("|continues automatically|");
});

test("cancelling and resuming carry a key each, and a request that is sent twice with it does one thing", async () => {
  const { html } = await renderPage({ path: "/operations/op-interrupted" });
  const keys = [...html.matchAll(/name="key" value="([^"]+)"/g)].map((match) => match[1]);
  expect(new Set(keys.map((key) => String(key).replace(/^[0-9a-f-]{36}-/, "")))).toEqual(new Set(["cancel", "resume"]));
  expect(new Set(keys).size).toBe(2);
  const asked: (string | null)[] = [];
  const form = new URLSearchParams({ intent: "resume", key: "pressed-twice" });
  const context = {
    actor: {},
    services: {
      once: async (_: unknown, { key }: { key: string | null }, work: () => Promise<unknown>) => {
        asked.push(key);
        return await work();
      },
      operations: { resume: () => Promise.resolve({}) },
    },
  };
  const request = new Request("http://127.0.0.1/operations/op-1", { method: "POST", body: form });
  const answer = (await actOnOperation({ request, params: { operation: "op-1" }, context } as unknown as Parameters<
    typeof actOnOperation
  >[0])) as Response;
  expect([asked, answer.headers.get("location")]).toEqual([["pressed-twice"], "/operations/op-1"]);
});

test("a preview that failed is asked for again, not resumed", async () => {
  const { html } = await renderPage({ path: "/operations/op-no-libvirt" });
  expect(html).toContain("Ask the operator to check libvirt, then plan again.");
});

test("a plan that cannot be approved because something else runs says what", async () => {
  const { html } = await renderPage({ path: "/tenants/harbour/clusters/rising/plans/10" });
  expect(html).toContain("It can be approved when this operation is over");
  expect(html).toContain('href="/operations/op-running"');
  expect(html).not.toContain("You may read this plan but not approve it");
});

test.each([
  ["that does not fit", "next/plans/4", "discard"],
  ["that is stale", "demo/plans/5", "preview"],
  ["that could be approved", "demo/plans/2", "discard"],
])("a plan %s has buttons only for who may use them", async (_what, plan, intent) => {
  const at = async (scenario: "usual" | "viewer") => (await renderPage({ path: `/tenants/harbour/clusters/${plan}`, scenario })).html;
  expect(await at("usual")).toContain(`name="intent" value="${intent}"`);
  expect(await at("usual")).not.toContain("You may read this plan but not approve it");
  expect(await at("viewer")).not.toMatch(/<button[^>]*type="submit"[^>]*>[^<]*<span[^>]*>(?:Discard|Plan again|Update)/);
  expect(await at("viewer")).not.toContain(`name="intent" value="${intent}"`);
  expect(await at("viewer")).toContain("You may read this plan but not approve it");
});

test("a plan that changes no revision names one revision", async () => {
  const words = await Promise.all(
    [2, 9].map(async (n) => wordsOf((await renderPage({ path: `/tenants/harbour/clusters/demo/plans/${n}` })).html)),
  );
  expect(words[0]).toContain("Revision 1 → 2 ·");
  expect(words[1]).toContain("Revision 1 ·");
});

test("a first check at what differs is under way, and nothing says that nobody looked", async () => {
  const looking = wordsOf((await renderPage({ path: "/tenants/harbour/clusters/lab-2-looking/drift" })).html);
  expect(looking).toContain("Checking now.");
  expect(looking).not.toContain("Not checked yet");
  expect(wordsOf((await renderPage({ path: "/tenants/harbour/clusters/lab-2-never/drift" })).html)).toContain("Not checked yet");
});

test("a degraded cluster leads to what differs, before anything else", async () => {
  const { html } = await renderPage({ path: "/tenants/harbour/clusters/lab-2" });
  const primary = [...html.matchAll(/<a [^>]*pf-m-primary[^>]*>/g)].map(([tag]) => /href="([^"]*)"/.exec(tag)?.[1]);
  expect(primary).toEqual(["/tenants/harbour/clusters/lab-2/drift"]);
  const ready = (await renderPage({ path: "/tenants/harbour/clusters/demo" })).html;
  expect(ready).not.toContain("See what differs");
});

test("a cluster whose creation did not finish is incomplete, and one that lost something later is degraded", async () => {
  const words = { en: ["Incomplete", "Degraded"], ko: ["미완료", "불완전"] } as const;
  for (const language of ["en", "ko"] as const) {
    const translations = createTranslations(language, catalogues[language]);
    const shown = [0, 1].map((liveRevision) =>
      renderToString(
        <I18nextProvider i18n={translations}>
          <ClusterBadge cluster={{ state: "degraded", power: "on", liveRevision }} />
        </I18nextProvider>,
      ),
    );
    expect(shown.map((html) => words[language].filter((word) => html.includes(`>${word}<`)))).toEqual([
      [words[language][0]],
      [words[language][1]],
    ]);
  }
});

test("a receipt's proofs are in the reader's language", async () => {
  const korean = wordsOf((await renderPage({ path: "/tenants/harbour/clusters/old/receipt", language: "ko" })).html);
  expect(korean).toContain("|클러스터의 키|");
  expect(korean).not.toMatch(/libvirt lists|secret store|does not exist|free for/);
});
