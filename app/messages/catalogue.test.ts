import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { languages } from "#app/domain/text/language.ts";
import { catalogues } from "./catalogues.ts";
import { en } from "./en.ts";
import { ko } from "./ko.ts";

type Tree = { readonly [key: string]: string | Tree };

function texts(tree: Tree, path = ""): readonly (readonly [string, string])[] {
  return Object.entries(tree).flatMap(([key, value]) => {
    const at = path === "" ? key : `${path}.${key}`;
    return typeof value === "string" ? [[at, value] as const] : texts(value, at);
  });
}

const english = new Map(texts(en));
const korean = new Map(texts(ko));
/** Each value that a text holds, with its format. */
const valuesIn = (text: string): string =>
  [...new Set([...text.matchAll(/\{\{([^}]*)\}\}/g)].map((match) => (match[1] ?? "").replaceAll(" ", "")))].sort().join(" ");

const translations = languages
  .filter((language) => language !== "en")
  .map((language) => [language, new Map(texts(catalogues[language]))] as const);

/** Forms of a number that a language has and English has not, such as `_few`, stand beside the others. */
const isFurtherForm = (key: string): boolean => /_(zero|one|two|few|many)$/.test(key) && english.has(key.replace(/_\w+$/, "_other"));

test.each(translations)("%s has every text, and none that English does not know", (_language, translated) => {
  const wanted = [...english.keys()].filter((key) => !key.endsWith("_one"));
  expect([...translated.keys()].filter((key) => !isFurtherForm(key)).sort()).toEqual([...wanted].sort());
});

test.each(translations)("%s holds the same values in each text, in the same format", (_language, translated) => {
  const originalOf = (key: string): string => english.get(key) ?? english.get(key.replace(/_\w+$/, "_other")) ?? "";
  expect([...translated].filter(([key, text]) => valuesIn(text) !== valuesIn(originalOf(key)))).toEqual([]);
});

test("a value with a format counts as one", () => {
  expect(valuesIn("{{count, number}} of {{ total }}, {{count, number}}")).toBe("count,number total");
});

test("texts that lead to the button “Plan again” use its words", () => {
  expect([en.plan.again, en.cluster.preview, ko.plan.again, ko.cluster.preview]).toEqual([
    "Plan again",
    "Plan again",
    "다시 계획",
    "다시 계획",
  ]);
  expect([...english, ...korean].filter(([, text]) => /preview again|new preview|다시 미리/i.test(text))).toEqual([]);
});

test("every Korean sentence is Korean, apart from names and units", () => {
  const latin = [...korean].filter(([key, text]) => !/[가-힣]/.test(text) && text === english.get(key));
  const allowed = /^(Berth|, |GiB|vCPU|SSH|MAC|Kubernetes|kubeconfig|[{}\w·+→~±− ]*)$/;
  expect(latin.filter(([, text]) => !allowed.test(text))).toEqual([]);
});

test.each(translations)("%s has no sentence that is left in English", (_language, translated) => {
  const wordsIn = (text: string): number => text.replaceAll(/\{\{[^}]*\}\}/g, "").match(/\p{L}{2,}/gu)?.length ?? 0;
  expect([...translated].filter(([key, text]) => wordsIn(text) > 3 && text === english.get(key))).toEqual([]);
});

test("no text is left that no page says", () => {
  const source = sources("app").join("\n");
  const families = [...source.matchAll(/`((?:[\w-]+\.)+)\$\{/g)].map((match) => match[1] ?? "");
  const unused = [...english.keys()].filter((key) => {
    const name = key.replace(/_(one|other)$/, "");
    return !source.includes(`"${name}"`) && !families.some((family) => name.startsWith(family));
  });
  expect(unused).toEqual([]);
});

function sources(folder: string): readonly string[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter(
      (entry) =>
        entry.isFile() && /\.tsx?$/.test(entry.name) && !languages.some((language) => entry.parentPath.endsWith(`messages/${language}`)),
    )
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), "utf8"));
}
