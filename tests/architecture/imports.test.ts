/** The import rules hold, and they would notice if they did not. */
import { cruise } from "dependency-cruiser";
import { expect, test } from "vitest";

const config = new URL("../../.config/dependency-cruiser.mjs", import.meta.url).pathname;
const { default: rules } = (await import(config)) as { default: { forbidden: unknown; options: object } };

type Violations = readonly { readonly rule: { readonly name: string }; readonly from: string; readonly to: string }[];

async function violations(folders: string[], forbidden: unknown = rules.forbidden): Promise<Violations> {
  const { output } = await cruise(folders, { ...rules.options, validate: true, ruleSet: { forbidden } } as never);
  if (typeof output === "string") throw new Error(output);
  return output.summary.violations;
}

const root = new URL("../..", import.meta.url).pathname;

test("every folder imports only what it may", { timeout: 120_000 }, async () => {
  process.chdir(root);
  const found = await violations(["app", "pulumi", "programs", "ansible", "tests"]);
  expect(found.map((v) => `${v.rule.name}: ${v.from} → ${v.to}`)).toEqual([]);
});

test("a folder that is allowed nothing has violations", { timeout: 60_000 }, async () => {
  process.chdir(root);
  const closed = [{ name: "closed", severity: "error", from: { path: "^app/services/" }, to: { path: "^app/domain/" } }];
  const found = await violations(["app/services"], closed);
  expect(found.map((v) => v.from)).toContain("app/services/plans/plans.ts");
});
