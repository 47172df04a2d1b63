import { expect, test } from "vitest";
import { negotiateLanguage } from "./negotiate-language.server.ts";

test("a person's own choice wins over the browser's", () => {
  expect(negotiateLanguage("ko", "en-GB,en;q=0.9")).toBe("ko");
});

test("the browser's most wanted known language is taken, whatever its region and order", () => {
  expect(negotiateLanguage(null, "tlh;q=0.9, en;q=0.5, ko-KR;q=0.8")).toBe("ko");
});

test("an unknown cookie, an unknown language and a broken header fall back to English", () => {
  expect(negotiateLanguage("xx", null)).toBe("en");
  expect(negotiateLanguage(null, "tlh,xx")).toBe("en");
  expect(negotiateLanguage(null, ";;q=x,,")).toBe("en");
});

test("a language that the browser refuses is not taken, and a language without a region stands for its regions", () => {
  expect(negotiateLanguage(null, "en;q=0, *")).toBe("ko");
  expect(negotiateLanguage(null, "KO-kr;q=0.4,fr")).toBe("ko");
  expect(negotiateLanguage(null, "*")).toBe("en");
});

test("an endless header is not read to its end", () => {
  expect(negotiateLanguage(null, `${"x,".repeat(8_000)}ko`)).toBe("en");
});
