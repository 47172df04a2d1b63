import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { en } from "./en.ts";
import { ko } from "./ko.ts";
import { titleIn } from "./titles.ts";

type Tree = { readonly [key: string]: string | Tree };

function texts(tree: Tree, path = ""): readonly (readonly [string, string])[] {
  return Object.entries(tree).flatMap(([key, value]) => {
    const at = path === "" ? key : `${path}.${key}`;
    return typeof value === "string" ? [[at, value] as const] : texts(value, at);
  });
}

const english = new Map(texts(en));
const korean = new Map(texts(ko));
const wordsIn = (text: string): string => [...new Set([...text.matchAll(/\{\{(\w+)\}\}/g)].map((match) => match[1] ?? ""))].sort().join();

test("Korean has every text, and none that English does not know", () => {
  const wanted = [...english.keys()].filter((key) => !key.endsWith("_one"));
  expect([...korean.keys()].sort()).toEqual([...wanted].sort());
});

test("a translation speaks about the same values", () => {
  expect([...korean].filter(([key, text]) => wordsIn(text) !== wordsIn(english.get(key) ?? ""))).toEqual([]);
});

test("every Korean sentence is Korean, apart from names and units", () => {
  const latin = [...korean].filter(([key, text]) => !/[가-힣]/.test(text) && text === english.get(key));
  const allowed = /^(Berth|, |GiB|vCPU|SSH|MAC|Kubernetes|kubeconfig|[{}\w·+→~±− ]*)$/;
  expect(latin.filter(([, text]) => !allowed.test(text))).toEqual([]);
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

test("tab titles name the object", () => {
  expect(titleIn("en", "plan", "demo")).toBe("Plan for demo · Berth");
  expect(titleIn("ko", "plan", "demo")).toBe("demo 계획 · Berth");
});

function sources(folder: string): readonly string[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && /\.tsx?$/.test(entry.name) && !/messages\/(en|ko)$/.test(entry.parentPath))
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), "utf8"));
}
