import { expect, test } from "vitest";
import { DelayTable } from "./growing-delay.ts";

const rule = { free: 2, firstMs: 100, longestMs: 1_000, forgetMs: 10_000 };

test("keeps a bounded number of keys, the newest ones", () => {
  const table = new DelayTable(rule, 100);
  for (let n = 0; n < 10_000; n += 1) table.fail(`key-${n}`, n);
  expect(table.size).toBe(100);
});

test("forgets after a quiet while, and only then", () => {
  const table = new DelayTable(rule, 100);
  for (let n = 0; n < 4; n += 1) table.fail("a", 0);
  expect(table.waitMs("a", 0)).toBe(100 + 200 + 400);
  expect(table.delayMs("a", 9_000)).toBe(400);
  expect(table.delayMs("a", 11_000)).toBe(0);
});
