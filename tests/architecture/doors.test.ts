/** A page without a row in the rule table fails here; so does a row without a page. */
import { readdirSync } from "node:fs";
import { expect, test } from "vitest";
import { can, routeRuleOf, ofTenant, pageRules, socketRules, thePortal, verbs } from "#app/domain/access.ts";

const folder = new URL("../../app/routes/", import.meta.url);

/** Address pattern of a flat route file, with parameters by position only. */
function addressOf(file: string): string {
  const segments = file
    .replace(/\.tsx?$/, "")
    .split(".")
    .filter((s) => !s.startsWith("_"));
  return `/${segments.map((s) => (s.startsWith("$") ? ":" : s.replace(/_$/, ""))).join("/")}`;
}

const pattern = (path: string): string => path.replace(/:\w+/g, ":");
const files = readdirSync(folder).filter((f) => /\.tsx?$/.test(f) && !/\.test\./.test(f) && f !== "$.tsx");

test.each(files)("%s has a row in the rule table", (file) => {
  expect(pageRules.map((d) => pattern(d.path))).toContain(addressOf(file));
});

test.each(pageRules.map((d) => d.path))("%s has a page", (path) => {
  expect(files.map(addressOf)).toContain(pattern(path));
});

test("every row's verbs are judged for an operator by exactly one kind of object", () => {
  const operator = { personId: "o", name: "o", operator: true, memberships: {} };
  for (const verb of verbs) expect([can(operator, verb, thePortal), can(operator, verb, ofTenant("t"))].filter(Boolean)).toHaveLength(1);
});

test("a concrete address finds the most literal row", () => {
  expect(routeRuleOf(pageRules, "/tenants/a/clusters/new")?.path).toBe("/tenants/:tenant/clusters/new");
  expect(routeRuleOf(pageRules, "/tenants/a/clusters/demo")?.path).toBe("/tenants/:tenant/clusters/:cluster");
  expect(routeRuleOf(pageRules, "/tenants/a/clusters/demo/secrets")).toBeNull();
  expect(routeRuleOf(socketRules, "/ws/operations/1")?.read).toBe("operation.read");
  expect(routeRuleOf(socketRules, "/ws/anything")).toBeNull();
});

test("people see and change only what their role in that tenant allows", () => {
  const viewer = { personId: "v", name: "v", operator: false, memberships: { mine: "viewer" } } as const;
  const member = { personId: "m", name: "m", operator: false, memberships: { mine: "member" } } as const;
  for (const verb of verbs) {
    expect(can(null, verb, ofTenant("mine"))).toBe(false);
    expect(can(viewer, verb, ofTenant("other"))).toBe(false);
    expect(can(member, verb, ofTenant("constructor"))).toBe(false);
  }
  expect(can(viewer, "cluster.read", ofTenant("mine"))).toBe(true);
  expect(can(viewer, "cluster.kubeconfig", ofTenant("mine"))).toBe(false);
  expect(can(member, "plan.approve", ofTenant("mine"))).toBe(true);
});
