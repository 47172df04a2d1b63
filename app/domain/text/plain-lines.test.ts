import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isolated, plainLines } from "./plain-lines.ts";

describe("lines that others wrote", () => {
  it.each([
    ["colours", "\u001b[1;32m[  OK  ]\u001b[0m done", "[  OK  ] done"],
    ["colours by C1", "\u009b31mred\u009b0m", "red"],
    ["a title of the window", "\u001b]0;you are root\u0007hello", "hello"],
    ["a title by C1", "\u009d0;you are root\u009chello", "hello"],
    ["a device control string", "\u001bP1;2qabc\u001b\\hello", "hello"],
    ["a link of the terminal", "\u001b]8;;https://evil.example\u001b\\here\u001b]8;;\u001b\\", "here"],
    ["a reset", "\u001bc\u001b(Bhello", "hello"],
    ["progress", "10%\r20%\r100%", "100%"],
    ["progress that erases the line", "\r\u001b[K 10%\r\u001b[K 100%\r", " 100%"],
    ["line ends of a serial console", "one\r\ntwo\r\r\nthree", "one\ntwo\nthree"],
    ["a spinner", "waiting |\b/\b-\bdone", "waiting done"],
    ["overstruck bold", "N\bNA\bAM\bME\bE", "NAME"],
    ["bidirectional overrides", "ok \u202egnp.exe\u202c \u2066x\u2069", "ok gnp.exe x"],
    ["zero-width characters", "pass\u200bword\ufeff", "password"],
    ["C0, C1 and DEL", "a\u0000b\u0007c\u007fd\u0085e\u009cf", "abcdef"],
    ["half of a pair", "a\ud83db", "a\ufffdb"],
    ["tabs, scripts and emoji", "a\tb 서울 کتاب\u200cها 👩\u200d💻", "a\tb 서울 کتاب\u200cها 👩\u200d💻"],
  ])("are shown without %s", (_, text, shown) => {
    expect(plainLines(text)).toBe(shown);
  });

  it("hold nothing that a terminal acts on, whatever came in", () => {
    const piece = fc.oneof(
      fc.string({ unit: "binary", maxLength: 4 }),
      fc.constantFrom("\u001b", "\u001b[", "\u009b", "\u001b]0;", "\u0007", "\r", "\b", "\n", "31m", "\u202e", "\ud800", "text"),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        const shown = plainLines(pieces.join(""));
        expect(shown).not.toMatch(/[^\P{Cc}\t\n]|[\u202a-\u202e\u2066-\u2069\u2028\u2029]|\p{Cs}/u);
        expect(plainLines(shown)).toBe(shown);
      }),
    );
  });

  it("do not reorder a sentence into which they are set", () => {
    expect(isolated("demo")).toBe("demo");
    expect(isolated("עבודה 1")).toBe("\u2068עבודה 1\u2069");
    expect(isolated("\u202edemo")).toBe("demo");
  });
});
