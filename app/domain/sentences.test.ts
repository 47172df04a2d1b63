import { spawn } from "node:child_process";
import { globSync, readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { exampleSpec } from "#app/domain/cluster/example-spec.ts";
import { ended } from "#pulumi/driver/exit-outcome.ts";
import { halfMadeNote, halfWrittenNote } from "#pulumi/recovery/partial-machines.ts";
import { goneNote, removalNote } from "#pulumi/recovery/orphans.ts";
import { type SentenceName, sentenceOf, sentences, recognise, type ValueName, sentenceNames } from "./sentences.ts";
import { planRecovery, type RecoveryStep, type StackSight } from "./operation/recovery.ts";

const anything = fc.string({ minLength: 1, unit: "binary" });
const name = fc.stringMatching(/^[a-z0-9][a-z0-9.:_-]{0,30}$/);
const number = fc.nat({ max: 100_000 }).map(String);
const thing = fc.tuple(fc.constantFrom("machine", "disk", "network", "storage pool"), name).map((parts) => parts.join(" "));
const written: Readonly<Record<ValueName, fc.Arbitrary<string>>> = {
  machine: name,
  name,
  from: fc.oneof(name, fc.constant(sentenceOf("time-unknown"))),
  signal: name,
  code: number,
  times: number,
  processes: number,
  seconds: number,
  files: number,
  packages: number,
  setting: fc.stringMatching(/^BERTH_[A-Z_]{1,30}$/),
  choice: name,
  flag: fc.constantFrom("vmx", "svm"),
  version: name,
  qemu: name,
  thing,
  names: anything,
  holder: anything,
  line: anything,
  said: anything,
};

const namesIn = (word: SentenceName): readonly string[] => [...sentences[word].matchAll(/\{\{(\w+)\}\}/g)].map((match) => match[1] ?? "");
/** Which values a word takes depends on it; a list of all words cannot say so. */
const write = sentenceOf as (word: SentenceName, values: Readonly<Record<string, string>>) => string;

test.each(sentenceNames)("%s is recognised with its values, whatever they are", (word) => {
  const given = fc.record(Object.fromEntries(namesIn(word).map((value) => [value, written[value as ValueName]])), { noNullPrototype: true });
  fc.assert(
    fc.property(given, (values) => {
      expect(recognise(write(word, values))).toEqual({ word, values });
    }),
  );
});

test("what others say is not taken for Berth's", () => {
  for (const text of ["", "machine", "the join was tried three times", "removed everything", `note: ${sentenceOf("settled")}`, `${sentenceOf("settled")}; and more`]) {
    expect(recognise(text)).toBeNull();
  }
});

test("a value is written as it is", () => {
  expect(sentenceOf("restarted", { machine: "$&", said: "{{machine}}" })).toBe("$& is restarted while it boots: {{machine}}");
});

describe("what Berth's own parts write is recognised", () => {
  const sight: StackSight = { teardown: "none", pool: "open", gone: [], processes: 0, locks: [], state: "whole", pending: 1, leftovers: [], engine: "ready" };
  const whyNot = (s: Partial<StackSight>): readonly string[] =>
    planRecovery({ ...sight, ...s }).flatMap((step: RecoveryStep) => (step.do === "give-up" ? [step.reason] : []));

  test.each([
    ["init-anew", () => exampleSpec({ workers: 1 }).machines.map(halfMadeNote).slice(0, 1)],
    ["join-anew", () => exampleSpec({ workers: 1 }).machines.map(halfMadeNote).slice(1)],
    ["disk-anew", () => [halfWrittenNote({ urn: "urn:pulumi:s::berth::t::demo-w1-seed", type: "t" })]],
    ["leftover-removed", () => (["machine", "network", "pool"] as const).map((kind) => removalNote({ kind, name: "b5demo-w1" }))],
    ["leftover-removed", () => [removalNote({ kind: "volume", pool: "p", name: "b5demo-w1.qcow2" })]],
    ["gone-already", () => (["machine", "volume", "network", "pool"] as const).map((kind) => goneNote({ kind, name: "b5demo-w1", urn: "urn:1" }))],
    ["bridge-removed", () => [removalNote({ kind: "bridge", name: "b5demo" })]],
    ["libvirt-silent", () => whyNot({ leftovers: null })],
    ["engine-missing", () => whyNot({ engine: "missing" })],
    ["state-locked", () => whyNot({ locks: [{ path: "/l", holder: "alive", says: "process 7 on host-a" }] })],
  ] as const)("%s", (word, texts) => {
    expect(texts().length).toBeGreaterThan(0);
    for (const text of texts()) expect(recognise(text)?.word).toBe(word);
  });

  const endingOf = async (program: string): Promise<string> => (await ended(spawn(process.execPath, ["-e", program], { stdio: ["ignore", "ignore", "pipe"] }))).words;

  test("how a run's process ended", async () => {
    const words = await Promise.all(["process.exit(3)", "throw new TypeError('odd; (very)')", "process.kill(process.pid, 'SIGKILL')"].map(endingOf));
    expect(words.map(recognise)).toMatchObject([
      { word: "run-ended", values: { code: "3" } },
      { word: "run-ended-saying", values: { line: "TypeError: odd; (very)" } },
      { word: "run-killed", values: { signal: "SIGKILL" } },
    ]);
  });
});

/** Pieces of sentences that their writers put together. */
const pieces: Partial<Readonly<Record<SentenceName, readonly string[]>>> = {
  "run-ended": ["the run's process ", "ended with code "],
  "run-ended-saying": ["the run's process ", "ended with code ", " (${line})"],
  "run-killed": ["the run's process ", "was ended by "],
  "run-killed-saying": ["the run's process ", "was ended by ", " (${line})"],
  "engine-killed": ["running the engine: ", "`ended by "],
};

test("no word is left that nobody writes", () => {
  const texts = globSync("{app,pulumi}/**/*.ts", { exclude: (path) => /domain\/sentences|app\/messages|\.test\.ts$|node_modules|sdks/.test(path) }).map((file) => readFileSync(file, "utf8"));
  const isCalled = (word: SentenceName) => texts.some((text) => text.includes("sentenceOf") && (text.includes(`"${word}"`) || (word.startsWith("machine-") && text.includes("sentenceOf(`machine-${"))));
  const isSpelled = (word: SentenceName) => {
    const all = pieces[word] ?? sentences[word].split(/\{\{\w+\}\}/);
    return texts.some((text) => all.every((piece) => text.includes(piece)));
  };
  expect(sentenceNames.filter((word) => !isCalled(word) && !isSpelled(word))).toEqual([]);
});
