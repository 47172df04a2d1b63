/** Kinds are definitions: nobody outside of their tables asks which one it is, and each definition has all its parts. */
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import { describe, expect, it, test } from "vitest";
import { blueprints } from "#app/domain/blueprints/all.ts";
import { nodeRoles } from "#app/domain/cluster/spec.ts";
import { en } from "#app/messages/en.ts";
import { ko } from "#app/messages/ko.ts";
import { repoFolder } from "#app/setup/all-steps.ts";

/** Definitions themselves, and the reader of documents that were written before there were any. */
const definitions = /^app\/domain\/(blueprints\/|cluster\/schema-1\.ts)|\.test\.tsx?$/;
const files = globSync(["{app,programs,pulumi}/**/*.{ts,tsx}"], { cwd: repoFolder, exclude: (name) => /node_modules|sdks/.test(name) }).filter((file) => !definitions.test(file));

const compared = new Set(["blueprint", "distribution", "role"]);
const kinds = new Set<string>([...blueprints.map((b) => b.id), ...nodeRoles]);

/** Comparisons of a blueprint, a distribution or a node's role: by what is compared, or by what with. */
function comparisonsIn(file: string, text: string): readonly string[] {
  // Most files say nothing of them, and need not be parsed.
  if (![...compared, ...kinds].some((word) => text.includes(word))) return [];
  const found: string[] = [];
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  const isKind = (node: ts.Node): boolean => (ts.isPropertyAccessExpression(node) && compared.has(node.name.text)) || (ts.isIdentifier(node) && compared.has(node.text));
  const isName = (node: ts.Node): boolean => ts.isStringLiteral(node) && kinds.has(node.text);
  // Certificates are of a kind that is called like a role.
  const isOther = (node: ts.Node): boolean => ts.isPropertyAccessExpression(node) && node.name.text === "kind";
  const visit = (node: ts.Node): void => {
    if (ts.isBinaryExpression(node) && /^[!=]==?$/.test(node.operatorToken.getText())) {
      const sides = [node.left, node.right];
      if ((sides.some(isName) && !sides.some(isOther)) || (sides.some(isKind) && sides.some((side) => ts.isStringLiteral(side)))) found.push(`${file}: ${node.getText()}`);
    }
    if (ts.isCaseClause(node) && isName(node.expression)) found.push(`${file}: ${node.getText().split("\n")[0]}`);
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

test("nobody asks which blueprint, distribution or role it is", () => {
  expect(files.length).toBeGreaterThan(300);
  expect(files.flatMap((file) => comparisonsIn(file, readFileSync(join(repoFolder, file), "utf8")))).toEqual([]);
});

test.each([`if (spec.blueprint === "single") go();`, `const x = m.role !== "worker";`, `switch (role) { case "control-plane": break; }`])("%s would be found", (text) => {
  expect(comparisonsIn("x.ts", text)).toHaveLength(1);
});

describe.each(blueprints)("the blueprint $id", ({ id }) => {
  it("has a text in every language", () => {
    for (const texts of [en, ko]) expect(Object.hasOwn(texts.blueprint, id)).toBe(true);
  });
});
