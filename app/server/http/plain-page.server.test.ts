import { expect, test } from "vitest";
import { plainPage } from "./plain-page.server.ts";
import { wordsIn } from "./words.server.ts";

test("says what is the matter in the reader's language, asks again by itself, and can hold no markup", () => {
  const page = plainPage({ language: "ko", words: wordsIn("ko"), sentence: "<b>디스크</b>가 가득 찼습니다", seconds: 5, nonce: "n" });
  expect(page).toContain('<html lang="ko">');
  expect(page).toContain('http-equiv="refresh" content="5"');
  expect(page).toContain("&lt;b&gt;디스크&lt;/b&gt;가 가득 찼습니다");
  expect(page).toContain('<style nonce="n">');
});
