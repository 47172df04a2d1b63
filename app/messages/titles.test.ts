import { expect, test } from "vitest";
import { en } from "./en.ts";
import { ko } from "./ko.ts";
import { createTranslations } from "./i18n.ts";
import { titleIn } from "./titles.ts";

const catalogues = { en, ko };

/** Pages whose heading says the same as their tab. */
const headings = {
  clusters: "dashboard.title",
  tenants: "dashboard.tenants",
  signIn: "signIn.title",
  join: "join.title",
  people: "people.title",
  operations: "operation.listTitle",
  search: "search.title",
  images: "images.title",
  setup: "setup.title",
  preferences: "preferences.title",
  create: "form.createTitle",
  edit: "form.editTitle",
  destroy: "destroy.title",
  receipt: "receipt.title",
  missing: "missing.title",
} as const;

test.each(["en", "ko"] as const)("tab titles are the headings of their pages (%s)", (language) => {
  const { t } = createTranslations(language, catalogues[language]);
  for (const [title, heading] of Object.entries(headings) as [keyof typeof headings, (typeof headings)[keyof typeof headings]][]) {
    expect(titleIn(language, title, "demo")).toBe(`${t(heading, { cluster: "demo" })} · Berth`);
  }
});

test("tab titles name the object", () => {
  expect(titleIn("en", "plan", "demo")).toBe("Plan for demo · Berth");
  expect(titleIn("ko", "plan", "demo")).toBe("demo 계획 · Berth");
});
