import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { characterFault, codePoints, excerpt } from "./characters.ts";
import { fits, grammars } from "./machine-words.ts";
import { passwordCandidates, passwordFault, preparePassword } from "./password.ts";
import { lineFault, normalLine } from "./peoples-words.ts";

const anyText = fc.string({ unit: "binary", maxLength: 40 });
const withHalves = fc.array(fc.nat(0xffff), { maxLength: 20 }).map((units) => String.fromCharCode(...units));

describe("harmful characters", () => {
  it.each([
    ["NUL", "a\u0000b", "control", "U+0000"],
    ["escape", "a\u001b[31m", "control", "U+001B"],
    ["a line end", "a\nb", "control", "U+000A"],
    ["delete", "a\u007f", "control", "U+007F"],
    ["CSI of C1", "a\u009b31m", "control", "U+009B"],
    ["next line of C1", "a\u0085", "control", "U+0085"],
    ["a bidirectional override", "a\u202egpj.exe", "invisible", "U+202E"],
    ["a bidirectional isolate", "\u2066a", "invisible", "U+2066"],
    ["a direction mark alone", "\u200e", "invisible", "U+200E"],
    ["a zero-width space", "ad\u200bmin", "invisible", "U+200B"],
    ["a word joiner", "ad\u2060min", "invisible", "U+2060"],
    ["a soft hyphen", "ad\u00admin", "invisible", "U+00AD"],
    ["a Hangul filler", "\u3164", "invisible", "U+3164"],
    ["a tag character", "a\u{e0041}", "invisible", "U+E0041"],
    ["a line separator", "a\u2028b", "invisible", "U+2028"],
    ["a noncharacter", "a\uffff", "invisible", "U+FFFF"],
    ["a joiner in a Latin word's end", "admin\u200d", "invisible", "U+200D"],
    ["half of a pair", "a\ud83d", "broken", "U+D83D"],
    ["the other half", "\ude00a", "broken", "U+DE00"],
  ])("are found: %s", (_, text, fault, character) => {
    expect(characterFault(text)).toEqual({ fault, character });
  });

  it.each([
    "ada",
    "서울 노트북",
    "Łódź № 7",
    "کتاب\u200cها",
    "👩\u200d💻",
    "❤\ufe0f on fire",
    "ＡＢＣ",
    "a\u0301\u0323",
    "عربي",
    "½ × “quoted”",
  ])("are not seen in %s", (text) => {
    expect(characterFault(text)).toBeNull();
  });
});

describe("a line of people's words", () => {
  it("is composed and has no blanks around it", () => {
    expect(normalLine(" \u00a0Zoe\u0308\u3000\ufeff", 80)).toBe("Zoë");
    expect(normalLine("한", 80)).toBe("한");
  });

  it("is measured in code points after composing", () => {
    expect(lineFault(normalLine("🦀".repeat(80), 80), 80)).toBeNull();
    expect(lineFault(normalLine("e\u0301".repeat(80), 80), 80)).toBeNull();
    expect(lineFault(normalLine("é".repeat(81), 80), 80)).toEqual({ fault: "long" });
  });

  it("is judged quickly, however long it is", () => {
    const zigzag = `a${"\u0300\u0316".repeat(500_000)}`;
    const began = performance.now();
    expect(lineFault(normalLine(zigzag, 80), 80)).toEqual({ fault: "long" });
    expect(performance.now() - began).toBeLessThan(500);
  });

  it("stays as it is once it has passed, and says a fault for all else", () => {
    fc.assert(
      fc.property(fc.oneof(anyText, withHalves), (text) => {
        const line = normalLine(text, 80);
        if (lineFault(line, 80) !== null) return;
        expect(normalLine(line, 80)).toBe(line);
        expect(Buffer.from(line, "utf8").toString("utf8")).toBe(line);
        expect(line).not.toMatch(/[\p{Cc}\p{Cs}\u202a-\u202e\u2066-\u2069\u200b\ufeff]/u);
      }),
    );
  });
});

describe("passwords", () => {
  it("are the same however they are composed, and whatever the space", () => {
    expect(preparePassword("Ko\u0308nig\u00a0der Wa\u0308lder")).toBe("König der Wälder");
    expect(preparePassword(" two blanks at the end  ")).toBe(" two blanks at the end  ");
    expect(preparePassword("ﬁ ＡＢＣ")).toBe("ﬁ ＡＢＣ");
  });

  it("of older accounts are tried as they were typed and in pieces", () => {
    expect(passwordCandidates("plain ascii")).toEqual(["plain ascii"]);
    expect(passwordCandidates("schön")).toEqual(["schön", "scho\u0308n"]);
    expect(passwordCandidates("tab\tis old")).toEqual(["tab\tis old"]);
  });

  it("have no characters that another keyboard cannot repeat", () => {
    expect(passwordFault("correct\u0000horse", 200)).toBe("control");
    expect(passwordFault("correct\u200bhorse", 200)).toBe("invisible");
    expect(passwordFault("\ud800 horse battery", 200)).toBe("broken");
    expect(passwordFault("🐎".repeat(200), 200)).toBeNull();
    expect(passwordFault("🐎".repeat(201), 200)).toBe("long");
  });
});

describe("machine words", () => {
  it("never contain what a database, a path or a header refuses", () => {
    const names = Object.keys(grammars) as (keyof typeof grammars)[];
    fc.assert(
      fc.property(fc.constantFrom(...names), fc.oneof(anyText, withHalves), (grammar, text) => {
        if (fits(grammar, text)) expect(text).not.toMatch(/[\p{Cc}\p{Cs}]/u);
      }),
    );
  });

  it.each([
    ["label", "demo-1", "Demo"],
    ["id", "0190e0c4-7b1c-7a3e-8c55-6f1c2f6f2a11", "../x"],
    ["hash", "sha256:0123", "sha256:0123 "],
    ["rowId", "machine-off:demo-w1", "a\u0085b"],
    ["requestKey", "key-1", "ké"],
  ] as const)("%s: yes to %s, no to %s and to nothing", (grammar, good, bad) => {
    expect([fits(grammar, good), fits(grammar, bad), fits(grammar, "")]).toEqual([true, false, false]);
  });
});

describe("an excerpt", () => {
  it("never ends in half a character", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), fc.nat(10), (text, limit) => {
        const short = excerpt(text, limit);
        expect(text.startsWith(short)).toBe(true);
        expect(codePoints(short)).toBe(Math.min(limit, codePoints(text)));
        expect(short.isWellFormed()).toBe(text.isWellFormed());
      }),
    );
  });
});
