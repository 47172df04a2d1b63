/** What the sources say and how they are cut: words, file length, default exports, and nothing secret left lying. */
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import { expect, test } from "vitest";

const root = new URL("../..", import.meta.url).pathname;
const patterns = ["app/**/*.{ts,tsx,mjs}", "programs/**/*.ts", "pulumi/**/*.ts", "ansible/**/*.ts", "tests/**/*.{ts,tsx}"];
const files = globSync(patterns, { cwd: root, exclude: (name) => name.includes("node_modules") || name.includes("sdks") }).sort();
const read = (file: string): string => readFileSync(join(root, file), "utf8");

test("there are sources to look at", () => expect(files.length).toBeGreaterThan(150));

/**
 * Words that hide what a thing is; the glossary lists them with the word to use. `Job`, `Task` and the like belong to other
 * people's programs.
 */
const bannedWords = new Set(notInNames(read("docs/glossary.md")));

/** First column of the glossary's table. */
function notInNames(glossary: string): readonly string[] {
  const [, section = ""] = glossary.split("\n## Not in names of the code\n");
  const rows = section.split("\n## ")[0]?.matchAll(/^\| ([a-z]+) \|/gm) ?? [];
  return [...rows].map(([, word = ""]) => word);
}

test("the glossary bans words from names", () =>
  expect([...bannedWords]).toEqual(expect.arrayContaining(["deployment", "manager", "util", "wish"])));

/** Names that others gave: Node's blocking functions, X.509's fields, the kernel's files. */
const foreignNames = /Sync$|^commonName$|^publicInfo$|^cpuInfo$/;
/** X.509 calls it SubjectPublicKeyInfo. */
const speaksX509 = new Set(["app/adapters/keys/authorities.ts"]);

/** Names in documents that are stored, from before the word was given up. */
const storedNames: Readonly<Record<string, readonly string[]>> = {
  "app/domain/drift/drift-request.ts": ["wish"],
  "app/setup/state-file.ts": ["mend"],
};

const wordsOf = (name: string): readonly string[] =>
  name
    .replace(/([a-z0-9])([A-Z])/g, "$1 $2")
    .split(/[^A-Za-z0-9]+/)
    .flatMap((w) => w.split(" "))
    .map((w) => w.toLowerCase());

/** Names that a file gives: of functions, variables, types, parameters and members. */
function declaredNames(file: string): readonly string[] {
  const names: string[] = [];
  const visit = (node: ts.Node): void => {
    const named =
      ts.isFunctionDeclaration(node) ||
      ts.isVariableDeclaration(node) ||
      ts.isInterfaceDeclaration(node) ||
      ts.isTypeAliasDeclaration(node) ||
      ts.isClassDeclaration(node) ||
      ts.isParameter(node) ||
      ts.isPropertySignature(node) ||
      ts.isMethodSignature(node) ||
      ts.isMethodDeclaration(node);
    if (named && node.name !== undefined && ts.isIdentifier(node.name)) names.push(node.name.text);
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile(file, read(file), ts.ScriptTarget.Latest, true));
  return names;
}

test.each(files.filter((f) => !speaksX509.has(f)))("%s uses the house's words", (file) => {
  const path = wordsOf(file.replace(/\.(test|server|client|contract)?\.?(tsx?|mjs)$/, ""));
  const wrong = [
    ...path,
    ...declaredNames(file)
      .filter((n) => !foreignNames.test(n) && !storedNames[file]?.includes(n))
      .flatMap(wordsOf),
  ].filter((w) => bannedWords.has(w) || bannedWords.has(w.replace(/e?s$/, "")));
  expect([...new Set(wrong)]).toEqual([]);
});

/** Of the phrases that no text holds, those that no comment needs either. */
const idioms = /\b(anew|wish(es)?|deeds?|(goes|go|going|went) on|says? so|said so|puts? in order|(comes?|came) to nothing)\b/i;

test.each(files)("%s has comments in plain English", (file) => {
  const found = read(file)
    .split("\n")
    .flatMap((line, i) => (/^\s*(\/\/|\/?\*)/.test(line) && idioms.test(line) ? [`${i + 1}: ${line.trim()}`] : []));
  expect(found).toEqual([]);
});

/** These read messages of other programs, which do speak so. */
const readsForeignMessages = new Set(["app/domain/operation/classify-failure.ts", "app/domain/operation/judgement.test.ts"]);

test.each(files.filter((f) => !readsForeignMessages.has(f)))("%s has no message that only says that something failed", (file) => {
  // Spelt apart, so that this file does not find itself.
  expect(read(file).includes(["failed", "to "].join(" "))).toBe(false);
});

test.each(files.filter((f) => !f.startsWith("app/messages/")))("%s stays under 500 lines", (file) => {
  expect(read(file).split("\n").length).toBeLessThanOrEqual(500);
});

/** The formatter breaks code; it leaves comments. Sentences and scripts in quotes stay in one line, so that they can be searched for. */
test.each(files)("%s has comments of at most 140 characters a line", (file) => {
  const long = read(file)
    .split("\n")
    .flatMap((line, i) => (line.length > 140 && /^\s*(\/\/|\/\*|\* )/.test(line) ? [i + 1] : []));
  expect(long).toEqual([]);
});

const mayExportDefault = /^app\/(routes\/|root\.tsx|entry\.)|\.config\//;

test.each(files.filter((f) => !mayExportDefault.test(f)))("%s has no default export and is no barrel", (file) => {
  const source = read(file);
  expect(/^export default /m.test(source)).toBe(false);
  expect(/^export \* from/m.test(source)).toBe(false);
});

/** Private keys and tokens that check real. Tests make theirs when they run. */
const secrets = [
  /-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----\s*\n?[A-Za-z0-9+/=]{60}/,
  /\bAKIA[0-9A-Z]{16}\b/,
  /\bgh[pousr]_[A-Za-z0-9]{30}/,
  /\beyJ[A-Za-z0-9_-]{20,}\.[A-Za-z0-9_-]{20,}\.[A-Za-z0-9_-]{20,}/,
];

test("no file carries a secret", () => {
  const everything = globSync([...patterns, "**/*.{json,yml,yaml,md,pem,key,snap}"], {
    cwd: root,
    exclude: (name) => /node_modules|^build$|\.git$|sdks/.test(name),
  });
  const found = everything.filter((file) => secrets.some((s) => s.test(read(file))));
  expect(found).toEqual([]);
});
