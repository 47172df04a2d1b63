import { generateKeyPairSync } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createScrubber, hidden, longestLine, pieceLength, stringsIn } from "./scrub.ts";

const pemOf = (): string =>
  generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey.export({ type: "pkcs8", format: "pem" }).toString();

/** True when any piece of the secret can be read in the text. */
const leaks = (secret: string, text: string): boolean => {
  const flat = secret.replace(/\n/g, "");
  for (let i = 0; i + pieceLength <= flat.length; i++) {
    const piece = flat.slice(i, i + pieceLength);
    if (new Set(piece).size > 3 && text.includes(piece)) return true;
  }
  return false;
};

const secretText = fc.string({
  unit: fc.constantFrom(..."ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"),
  minLength: 20,
  maxLength: 200,
});
const lineText = fc.string({ maxLength: 30 });

describe("scrubbing", () => {
  it("hides a known value wherever it stands in a line", () => {
    fc.assert(
      fc.property(secretText, lineText, lineText, (secret, before, after) => {
        fc.pre(new Set(secret).size > 8);
        const out = createScrubber([secret]).line("a", before + secret + after);
        return !leaks(secret, out);
      }),
    );
  });

  it("lets no piece of a known value through, however it is split into lines", () => {
    fc.assert(
      fc.property(secretText, fc.array(fc.nat(200), { maxLength: 8 }), (secret, cuts) => {
        fc.pre(new Set(secret).size > 8);
        const places = [0, ...cuts.map((c) => c % secret.length).sort((a, b) => a - b), secret.length];
        const scrubber = createScrubber([secret]);
        const lines = places.slice(1).map((end, i) => scrubber.line("a", secret.slice(places[i], end)));
        return lines.every((l) => !leaks(secret, l));
      }),
    );
  });

  it("hides base64 of a known value inside a longer coded text, at any offset, in both alphabets", () => {
    fc.assert(
      fc.property(secretText, fc.nat(8), fc.boolean(), (secret, offset, urlSafe) => {
        fc.pre(new Set(secret).size > 8);
        const whole = Buffer.from(`${"x".repeat(offset) + secret}tail`);
        const coded = whole.toString(urlSafe ? "base64url" : "base64");
        const out = createScrubber([secret]).line("a", `data: ${coded}`);
        const left = out.replaceAll(hidden, "").replace("data: ", "");
        return left.length <= 4 * Math.ceil(offset / 3) + 16;
      }),
    );
  });

  it("hides the lines of a key document, also re-wrapped", () => {
    const pem = pemOf();
    const body = pem.split("\n").slice(1, -2).join("");
    const scrubber = createScrubber([pem]);
    for (const width of [20, 48, 64, 76]) {
      const wrapped = body.match(new RegExp(`.{1,${width}}`, "g")) ?? [];
      for (const line of wrapped) expect(leaks(body, scrubber.line("a", line))).toBe(false);
    }
  });

  it("hides a key it was never told about, line by line and per source", () => {
    const scrubber = createScrubber([]);
    const [first = "", ...rest] = pemOf().trim().split("\n");
    expect(scrubber.line("a", first)).toBe(hidden);
    expect(scrubber.line("b", "ordinary output")).toBe("ordinary output");
    for (const line of rest) expect(scrubber.line("a", line)).toBe(hidden);
    expect(scrubber.line("a", "after the key")).toBe("after the key");
  });

  it("hides tokens by their shape and keeps the words around them", () => {
    const scrubber = createScrubber([]);
    expect(scrubber.line("a", "kubeadm join --token abcdef.0123456789abcdef now")).toBe(`kubeadm join --token ${hidden} now`);
    expect(scrubber.line("a", "Authorization: Bearer s3cr3t-t0ken-value")).toBe(`Authorization: Bearer ${hidden}`);
    expect(scrubber.line("a", `client-key-data: ${Buffer.from(pemOf()).toString("base64")}`)).toBe(`client-key-data: ${hidden}`);
  });

  it("leaves ordinary lines alone, without terminal sequences, and bounds them", () => {
    const scrubber = createScrubber([pemOf(), "correct horse battery"]);
    expect(scrubber.line("a", "\u001b[1;32m[  OK  ]\u001b[0m Reached target\r")).toBe("[  OK  ] Reached target");
    expect(scrubber.line("a", "pulling 10%\rpulling 100%\r")).toBe("pulling 100%");
    expect(scrubber.line("a", "\u009b31mred \u202etxet\u202c \u009d0;title\u009c!")).toBe("red txet !");
    expect(scrubber.line("a", "z".repeat(longestLine + 50))).toHaveLength(longestLine + 1);
    expect(scrubber.text("one\ntwo")).toBe("one\ntwo");
  });

  it("finds a secret that terminal sequences were put into", () => {
    const out = createScrubber(["0123456789abcdefghij"]).line("a", "0123456789\u001b[0mabcdefghij");
    expect(out).toBe(hidden);
    expect(createScrubber(["0123456789abcdefghij"]).line("a", "01234\u200b56789\u009b0m\u2066abcdefghij")).toBe(hidden);
  });

  it("learns values during a run", () => {
    const scrubber = createScrubber([]);
    scrubber.add(["late-learnt-password-1"]);
    expect(scrubber.line("a", "it is late-learnt-password-1.")).toBe(`it is ${hidden}.`);
  });

  it("collects every string of a document", () => {
    expect(stringsIn({ a: "x", b: [{ c: "y" }, 3], d: null })).toEqual(["x", "y"]);
  });
});
