import { expect, test } from "vitest";
import { strokeOf, type Press } from "./shortcuts.ts";

const press = (key: string, over: Partial<Press> = {}): Press => ({ key, ctrlOrMeta: false, alt: false, typing: false, ...over });

test("Ctrl or ⌘ with K searches, wherever the focus is and also when single keys are off", () => {
  expect(strokeOf(press("k", { ctrlOrMeta: true, typing: true }), null, false)).toEqual({ do: "search" });
});

test("a sequence leads somewhere; its first key alone only waits", () => {
  expect(strokeOf(press("g"), null, true)).toEqual({ do: "wait" });
  expect(strokeOf(press("o"), "g", true)).toEqual({ do: "go", to: "/operations" });
  expect(strokeOf(press("o"), null, true)).toEqual({ do: "nothing" });
});

test("single keys do nothing while one types, with Alt, or when they are turned off", () => {
  expect(strokeOf(press("?", { typing: true }), null, true)).toEqual({ do: "nothing" });
  expect(strokeOf(press("/", { alt: true }), null, true)).toEqual({ do: "nothing" });
  expect(strokeOf(press("?"), null, false)).toEqual({ do: "nothing" });
  expect(strokeOf(press("?"), null, true)).toEqual({ do: "help" });
});
