import { beforeEach, expect, test } from "vitest";
import { forgetAnsweredForm, forgetKeptForm, keepForm, takeKeptForm } from "./kept-form.ts";

const path = "/tenants/ada/clusters/new";

/** A browser tab's storage. */
function storage(): Storage {
  const values = new Map<string, string>();
  return {
    getItem: (key) => values.get(key) ?? null,
    setItem: (key, value) => void values.set(key, value),
    removeItem: (key) => void values.delete(key),
    clear: () => values.clear(),
    key: () => null,
    get length() {
      return values.size;
    },
  };
}

function form(values: Readonly<Record<string, string>>): FormData {
  const data = new FormData();
  for (const [name, value] of Object.entries(values)) data.set(name, value);
  return data;
}

beforeEach(() => {
  globalThis.sessionStorage = storage();
});

test("what was typed comes back once, to the same person at the same form, without the request's key", () => {
  keepForm("ada", path, form({ name: "harbor", workers: "3", key: "f3c1" }));
  expect(takeKeptForm("ada", path)).toEqual({ name: "harbor", workers: "3" });
  expect(takeKeptForm("ada", path)).toBeNull();
});

test.each([
  ["bob", path],
  ["ada", "/tenants/ada/clusters/harbor/edit"],
  ["", path],
])("%s at %s finds nothing, and nothing is left of it", (person, where) => {
  keepForm("ada", path, form({ name: "harbor" }));
  expect(takeKeptForm(person, where)).toBeNull();
  expect(takeKeptForm("ada", path)).toBeNull();
});

test("a form that was answered by another page is forgotten there", () => {
  keepForm("ada", path, form({ name: "harbor" }));
  forgetKeptForm("/operations/op-1");
  expect(takeKeptForm("ada", path)).toBeNull();
});

test.each([{ lastResult: {}, problem: null }, { lastResult: null, problem: null, made: {} }, null])(
  "a form that was answered at its own address is not offered again: %j",
  (answer) => {
    keepForm("ada", path, form({ name: "harbor" }));
    forgetAnsweredForm(answer);
    expect(takeKeptForm("ada", path)).toBeNull();
  },
);

test("a form without an answer yet stays kept", () => {
  keepForm("ada", path, form({ name: "harbor" }));
  forgetAnsweredForm(undefined);
  expect(takeKeptForm("ada", path)).toEqual({ name: "harbor" });
});

test.each(["{", "[]", '{"person":"ada","path":"/tenants/ada/clusters/new","values":{"name":{}}}'])(
  "strange text in the storage is no form: %s",
  (text) => {
    sessionStorage.setItem("berth.kept-form", text);
    expect(takeKeptForm("ada", path)).toBeNull();
  },
);
