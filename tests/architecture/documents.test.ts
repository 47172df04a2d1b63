/** What the documentation points to is there: other pages, their headings, pictures, and the files that it names. */
import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";

const root = new URL("../..", import.meta.url).pathname;
const pages = globSync("{*.md,docs/**/*.md,.github/**/*.md}", { cwd: root }).sort();
const read = (file: string): string => readFileSync(join(root, file), "utf8");

const withoutCode = (text: string): string => text.replace(/^```[\s\S]*?^```/gm, "").replace(/`[^`\n]*`/g, "");

/** Targets of Markdown links and pictures that are not addresses of other sites. */
const linksOf = (text: string): readonly string[] =>
  [...withoutCode(text).matchAll(/\]\(([^()\s]+)\)/g)].map(([, target = ""]) => target).filter((target) => !/^[a-z]+:/.test(target));

/** As repository sites name a heading in an address. */
const anchorOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N} _-]/gu, "")
    .replaceAll(" ", "-");
const anchorsOf = (text: string): readonly string[] => [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading = ""]) => anchorOf(heading));

function isBroken(page: string, target: string): boolean {
  const [path = "", anchor] = target.split("#");
  const file = path === "" ? page : join(dirname(page), path);
  if (!existsSync(join(root, file))) return true;
  return anchor !== undefined && !anchorsOf(read(file)).includes(anchor);
}

test("there are pages to look at", () => expect(pages).toEqual(expect.arrayContaining(["README.md", "docs/operations/README.md"])));

test.each(pages)("every link of %s leads somewhere", (page) => {
  expect(linksOf(read(page)).filter((target) => isBroken(page, target))).toEqual([]);
});

test("a link to a page or a heading that is not there is noticed", () => {
  expect(linksOf("[a](b.md) ![c](d.png) `[e](f)` [g](https://example.org)")).toEqual(["b.md", "d.png"]);
  expect(isBroken("README.md", "docs/nowhere.md")).toBe(true);
  expect(isBroken("README.md", "docs/operations/README.md#nowhere")).toBe(true);
  expect(isBroken("README.md", "docs/operations/README.md")).toBe(false);
});

/** Dated pages: they tell what was true on their day. */
const isDated = (page: string): boolean => page.startsWith("docs/decisions/") || page === "CHANGELOG.md";

/** Code spans that begin with a folder of this repository. `<…>` and `…` stand for names that the reader fills in. */
const filesNamedIn = (text: string): readonly string[] =>
  [...text.matchAll(/`((?:app|pulumi|programs|ansible|tests|docs|\.config|\.ci)\/[^`\s:]+)`/g)]
    .map(([, file = ""]) => file)
    .filter((file) => !/[<…]/.test(file));

/** Taken literally first: route files have `$` in their names. */
const isNamedFileThere = (file: string): boolean => existsSync(join(root, file)) || globSync(file, { cwd: root }).length > 0;

test.each(pages.filter((page) => !isDated(page)))("every file that %s names is there", (page) => {
  expect(filesNamedIn(read(page)).filter((file) => !isNamedFileThere(file))).toEqual([]);
});

test("a file that is not there is noticed", () => {
  expect(filesNamedIn("`app/domain` `app/x.ts` `<home>/app` `app/<id>.ts` `npm run dev`")).toEqual(["app/domain", "app/x.ts"]);
  expect(isNamedFileThere("app/domain/nowhere.ts")).toBe(false);
  expect(isNamedFileThere("tests/pages/fixture*.ts")).toBe(true);
});
