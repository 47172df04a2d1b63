import { expect, test } from "vitest";
import { negotiateLanguage } from "./languages.ts";

test("a person's own choice wins over the browser's", () => {
  expect(negotiateLanguage("ko", "en-GB,en;q=0.9")).toBe("ko");
});

test("the browser's most wanted known language is taken, whatever its region and order", () => {
  expect(negotiateLanguage(null, "de;q=0.9, en;q=0.5, ko-KR;q=0.8")).toBe("ko");
});

test("an unknown cookie, an unknown language and a broken header fall back to English", () => {
  expect(negotiateLanguage("xx", null)).toBe("en");
  expect(negotiateLanguage(null, "fr,de")).toBe("en");
  expect(negotiateLanguage(null, ";;q=x,,")).toBe("en");
});
