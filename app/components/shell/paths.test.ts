import { expect, test } from "vitest";
import { safeReturn } from "./paths.ts";

test("only addresses of this portal are returned to after signing in", () => {
  expect(safeReturn("/operations/7?x=1")).toBe("/operations/7?x=1");
  for (const foreign of ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:alert(1)", "", null]) {
    expect(safeReturn(foreign)).toBe("/");
  }
});
