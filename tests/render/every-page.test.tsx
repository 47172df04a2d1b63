import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { pageAddresses } from "#tests/pages/addresses.ts";
import { renderPage } from "./render-page.tsx";

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
  const valid = { name: "wharf", kubernetesVersion: "1.35.4", workers: "2", controlPlaneSize: "small", workerSize: "small", diskGiB: "20", sshKeyMode: "none", podCidr: "10.244.0.0/16", serviceCidr: "10.96.0.0/12" };

  test("a valid form leads to its preview", async () => {
    const page = await renderPage({ path: create, form: valid });
    expect(page.location).toBe("/operations/op-running");
  });

  test("errors name field, value and rule, link to their fields, and keep what was typed", async () => {
    const page = await renderPage({ path: create, form: { ...valid, name: "Wharf!", podCidr: "10.91.0.0/16" } });
    expect(page.status).toBe(422);
    expect(page.html).toMatch(/href="#cluster-name"[^>]*>Name: “Wharf!” must be lower-case/);
    expect(page.html).toMatch(/href="#cluster-podCidr"[^>]*>Pod network: “10.91.0.0\/16” overlaps 10.91.0.0\/16/);
    expect(page.html).toMatch(/id="cluster-name"[^>]*value="Wharf!"|value="Wharf!"[^>]*id="cluster-name"/);
  });

  test("the side panel follows what was sent, and says what does not fit with its numbers", async () => {
    const page = await renderPage({ path: create, form: { ...valid, workers: "9", intent: "recount" } });
    expect(page.html).toContain("1 control plane + 9 workers");
    expect(page.html).toContain("Memory: 20 GiB needed, 12 GiB free");
    expect(page.html).not.toContain("to mend before the preview");
  });

  test("a generated private key is shown in the answer, with the way on", async () => {
    const page = await renderPage({ path: create, form: { ...valid, sshKeyMode: "generate" } });
    expect(page.html).toContain("(a private key stands here)");
    expect(page.html).toContain('href="/operations/op-running"');
  });

  test("a taken name is said at the field", async () => {
    const page = await renderPage({ path: create, form: { ...valid, name: "demo" } });
    expect(page.html).toContain("“demo” is in use in this tenant");
  });

  test("refusals of a use case stand above the form", async () => {
    const page = await renderPage({ path: create, form: { ...valid, name: "busy" } });
    expect(page.status).toBe(409);
    expect(page.html).toContain("No network is free for another cluster");
  });

  test("signing in sets the session and leads back; a wrong password says nothing about the name", async () => {
    const right = await renderPage({ path: "/sign-in", scenario: "signed-out", form: { name: "mina", password: "correct horse battery", next: "/images" } });
    expect(right).toMatchObject({ location: "/images", cookies: ["session=fixture; Path=/"] });
    const wrong = await renderPage({ path: "/sign-in", scenario: "signed-out", form: { name: "someone", password: "x" } });
    expect(wrong.status).toBe(401);
    expect(wrong.html).toContain("Name and password do not belong together");
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

  test("preferences are kept in cookies and nothing else is", async () => {
    const page = await renderPage({ path: "/preferences", form: { theme: "dark", language: "xx", returnTo: "//evil.example" } });
    expect(page.location).toBe("/");
    expect(page.cookies).toEqual(["theme=dark; Path=/; Max-Age=31536000; SameSite=Lax; HttpOnly"]);
  });
});

test("the kubeconfig is a file that no cache keeps", async () => {
  const page = await renderPage({ path: "/tenants/harbour/clusters/demo/kubeconfig", file: true });
  expect(page.html).toBe("# kubeconfig of demo\n");
  expect(page.cacheControl).toBe("no-store");
});
