/** Idiom that a newcomer has to guess at: the glossary lists it, and no text that a person reads holds it. */
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import { expect, test } from "vitest";

const root = new URL("../..", import.meta.url).pathname;
const read = (file: string): string => readFileSync(join(root, file), "utf8");

/** First column of the glossary's table: phrases, separated by commas. */
function bannedPhrases(glossary: string): readonly string[] {
  const [, section = ""] = glossary.split("\n## Phrases that no text holds\n");
  const rows = section.split("\n## ")[0]?.matchAll(/^\| ([a-z ,]+) \|/gm) ?? [];
  return [...rows].flatMap(([, cell = ""]) => cell.split(", "));
}

const banned = bannedPhrases(read("docs/glossary.md"));
const foundIn = (text: string): readonly string[] =>
  banned.filter((phrase) => new RegExp(String.raw`(?<![\w-])${phrase.replaceAll(" ", String.raw`\s+`)}(?![\w-])`, "i").test(text));

test("the glossary bans phrases from texts", () => {
  expect(banned).toEqual(expect.arrayContaining(["goes on", "anew", "says so"]));
  expect(foundIn("The run Goes\non, made anew.")).toEqual(expect.arrayContaining(["goes on", "anew"]));
  expect(foundIn("a newcomer mentions rooms, and --look is an option")).toEqual([]);
});

/** What a program says to people: literal texts of these files with more than one word. */
const speaking = globSync(
  ["app/messages/en/*.ts", "app/cli/**/*.ts", "app/setup/**/*.{ts,mjs}", "app/contract/*.ts", "app/server/api/*.ts", "app/foundation/*.ts"],
  { cwd: root },
)
  .filter((file) => !file.includes(".test."))
  .sort();

function textsOf(file: string): readonly string[] {
  const texts: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node)) return;
    if (ts.isStringLiteralLike(node) || ts.isTemplateHead(node) || ts.isTemplateMiddle(node) || ts.isTemplateTail(node))
      texts.push(node.text);
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile(file, read(file), ts.ScriptTarget.Latest, true));
  return texts.filter((text) => text.trim().includes(" "));
}

test.each(speaking)("no text of %s holds one", (file) => {
  expect(textsOf(file).flatMap(foundIn)).toEqual([]);
});

/** The glossary names them. Decisions and the changelog are dated: they keep the words of their day. */
const isExempt = (page: string): boolean => page === "docs/glossary.md" || page.startsWith("docs/decisions/") || page === "CHANGELOG.md";
const pages = globSync("{*.md,docs/**/*.md,.github/**/*.md}", { cwd: root })
  .filter((page) => !isExempt(page))
  .sort();
const withoutCode = (text: string): string => text.replace(/^```[\s\S]*?^```/gm, "").replace(/`[^`\n]*`/g, "");

test.each(pages)("%s holds none", (page) => {
  expect(foundIn(withoutCode(read(page)))).toEqual([]);
});
