import { expect, test } from "vitest";
import { en } from "#app/messages/en.ts";
import { createTranslations } from "#app/messages/i18n.ts";
import type { Findable } from "#app/services/portal-lists.ts";
import { entriesOf, matching, resultOf } from "./entries.ts";

const t = createTranslations("en", en).t;
const findable: Findable = {
  operator: false,
  tenants: [
    { slug: "harbour", create: true },
    { slug: "lab", create: false },
  ],
  clusters: [
    { tenant: "harbour", name: "demo", state: "ready" },
    { tenant: "lab", name: "undemanding", state: "ready" },
  ],
  operations: [{ id: "op-1", tenant: "harbour", cluster: "demo", purpose: "update", state: "running", requestedAt: 1 }],
};
const labels = (text: string): readonly string[] => matching(entriesOf(findable, t), text).map((entry) => entry.label);

test("every word must match, in any order; what begins with the text comes first", () => {
  expect(labels("dem")).toEqual(["demo", "undemanding", "Change demo", "Destroy demo", "Update of demo"]);
  expect(labels("DEMO  running")).toEqual(["Update of demo"]);
  expect(labels("nothing like this")).toEqual([]);
});

test("actions are offered only where this person may act, and operators' pages only to operators", () => {
  expect(labels("create")).toEqual(["Create a cluster in harbour"]);
  expect(labels("undemanding")).toEqual(["undemanding"]);
  expect(labels("setup")).toEqual([]);
  expect(matching(entriesOf({ ...findable, operator: true }, t), "setup").map((entry) => entry.to)).toEqual(["/setup"]);
});

test("before the portal answered for what is typed, it may still find something", () => {
  const at = (answered: string | null, typed: string) => {
    const { found, pending } = resultOf(answered === null ? undefined : { text: answered, findable }, typed, t);
    return [found.length > 0, pending];
  };
  expect(at(null, "")).toEqual([false, true]);
  expect(at("", "quay")).toEqual([false, true]);
  expect(at("qua", "quay")).toEqual([false, true]);
  expect(at("", "demo")).toEqual([true, true]);
  expect(at("quay", "quay")).toEqual([false, false]);
  expect(at("quay", " quay ")).toEqual([false, false]);
});
