import { expect, test } from "vitest";
import { cookieOf, sessionCookie } from "./session-cookie.server.ts";

const cookie = sessionCookie(Buffer.alloc(32, 1), "https://berth.example");
const pair = cookie.issue("secret", 0).split(";")[0] ?? "";

test("the secret is read from among other cookies, blanks and broken pairs", () => {
  expect(cookie.read(pair)).toBe("secret");
  expect(cookie.read(`theme=dark;; lonely ; =x;\t${pair} ; language=ko`)).toBe("secret");
  expect(cookie.read(`theme=dark; x${pair}`)).toBeNull();
  expect(cookie.read(undefined)).toBeNull();
});

// Browsers keep neighbouring host names from setting a cookie with this prefix, and take a name behind such a blank for another one.
test.each(["\u00a0", "\ufeff", "\u000b", "\u3000"])("a name behind the character %j is not the cookie's", (blank) => {
  expect(cookie.read(`${blank}${pair}`)).toBeNull();
  expect(cookieOf(`${blank}theme=dark`, "theme")).toBeNull();
});

test("names of an object's own properties are no cookies", () => {
  expect(["__proto__", "constructor", "toString"].map((name) => cookieOf("theme=dark", name))).toEqual([null, null, null]);
});
