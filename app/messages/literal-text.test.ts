/** Texts live in the catalogue: a word written straight into a page would be seen in one language only. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import { expect, test } from "vitest";

const spokenAttributes = new Set(["title", "alt", "placeholder", "label", "aria-label", "aria-description", "help", "summary", "caption"]);
const hasWords = (text: string): boolean => /[A-Za-z]{2,}/.test(text);

function literalTexts(file: string): readonly string[] {
  const source = ts.createSourceFile(file, readFileSync(file, "utf8"), ts.ScriptTarget.Latest, true, ts.ScriptKind.TSX);
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isJsxText(node) && hasWords(node.text)) found.push(node.text.trim());
    if (
      ts.isJsxAttribute(node) &&
      spokenAttributes.has(node.name.getText()) &&
      node.initializer &&
      ts.isStringLiteral(node.initializer) &&
      hasWords(node.initializer.text)
    ) {
      found.push(node.initializer.text);
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

const files = ["app/routes", "app/components", "app/ui"].flatMap((folder) =>
  readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(".tsx") && !entry.name.includes(".test."))
    .map((entry) => join(entry.parentPath, entry.name)),
);

test("the pages exist", () => {
  expect(files.length).toBeGreaterThan(40);
});

test.each(files)("%s says nothing by itself", (file) => {
  expect(literalTexts(file)).toEqual([]);
});
