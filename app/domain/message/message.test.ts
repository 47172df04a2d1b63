import { describe, expect, expectTypeOf, test } from "vitest";
import { forLogs, isComplete, message, MessageError, type ParamsOf, reasonsOf, reported, storedMessage } from "./message.ts";

describe("a message", () => {
  test("is its code and parameters", () => {
    expect(message("gave-up", { times: 3 })).toEqual({ code: "gave-up", params: { times: 3 } });
    expect(message("holder-gone")).toEqual({ code: "holder-gone", params: {} });
  });

  test("takes exactly the parameters of its code", () => {
    expectTypeOf<ParamsOf<"state-outdated">>().toEqualTypeOf<{ readonly from: string; readonly names: readonly string[] }>();
    // @ts-expect-error: a number is wanted
    message("gave-up", { times: "3" });
    // @ts-expect-error: `name` is missing
    message("leftover-removed", { what: "disk" });
    // @ts-expect-error: it takes no parameters
    message("holder-gone", { name: "x" });
    // @ts-expect-error: no such code
    message("no-such-code");
  });

  test("survives being stored", () => {
    const stored = storedMessage.parse(JSON.parse(JSON.stringify(message("state-outdated", { from: "", names: ["a", "b"] }))));
    expect(isComplete(stored)).toBe(true);
  });
});

test.each([
  ["an unknown code", { code: "of-a-newer-version", params: {} }],
  ["the name of a property that every object has", { code: "toString", params: {} }],
  ["a missing parameter", { code: "gave-up", params: {} }],
  ["a parameter of another type", { code: "gave-up", params: { times: "3" } }],
  ["an unknown kind of thing", { code: "thing", params: { what: "moon", name: "x" } }],
])("a stored message with %s is not complete", (_, stored) => {
  expect(isComplete(stored)).toBe(false);
});

test("reasons of an error are its own, or its words", () => {
  expect(reasonsOf(new MessageError([message("libvirt-silent")]))).toEqual([message("libvirt-silent")]);
  expect(reasonsOf(new Error("connect: refused"))).toEqual([reported("connect: refused")]);
  expect(reasonsOf("odd")).toEqual([reported("odd")]);
});

test("for logs what others reported stays as it is", () => {
  expect([message("gave-up", { times: 3 }), reported("connect: refused")].map(forLogs)).toEqual(["gave-up times=3", "connect: refused"]);
});
