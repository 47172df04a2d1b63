import { expect, test } from "vitest";
import { message, reported } from "#app/domain/message/message.ts";
import { wordsIn } from "#app/server/http/words.server.ts";
import { withTexts } from "./answer-texts.ts";

const answered = (value: unknown): unknown => withTexts(value, wordsIn("en"));

const gone = message("holder-gone");
const goneWithText = { ...gone, message: "The process that ran it is gone." };
const disk = message("leftover-removed", { what: "disk", name: "a.qcow2" });
const diskText = "Removed disk a.qcow2, which was started and not recorded.";

test.each<readonly [string, object, object]>([
  [
    "a change of state",
    { kind: "state", to: "interrupted", reasons: [gone, reported("no answer")], by: null },
    { reason: "The process that ran it is gone. no answer", reasons: [goneWithText, { ...reported("no answer"), message: "no answer" }] },
  ],
  ["a change of state without a reason", { kind: "state", to: "queued", reasons: [], by: "mina" }, { reason: null, reasons: [] }],
  [
    "a notice",
    { kind: "notice", level: "note", machine: null, message: gone },
    { message: goneWithText.message, code: "holder-gone", params: {} },
  ],
  ["a recovery", { kind: "recovery", automatic: true, did: [disk] }, { did: [diskText], didMessages: [{ ...disk, message: diskText }] }],
  [
    "a stage of a cancel",
    { kind: "cancel-rung", rung: "killed", stays: [message("machine-running", { name: "a" })] },
    { stays: ["machine a (running)"], staysMessages: [{ code: "machine-running", params: { name: "a" }, message: "machine a (running)" }] },
  ],
  [
    "a failure",
    { step: null, cause: "unknown", next: "resume", reasons: [gone] },
    { message: goneWithText.message, reasons: [goneWithText] },
  ],
  [
    "a row of a receipt",
    { what: "disk", name: "a", gone: true, proof: message("no-disk") },
    { proof: "no storage pool of libvirt contains it", proofMessage: { code: "no-disk" } },
  ],
  [
    "a drift check that failed",
    { at: 7, reasons: [message("libvirt-silent")] },
    { at: 7, message: "libvirt does not respond.", reasons: [{ code: "libvirt-silent" }] },
  ],
  [
    "a step of set-up",
    { state: "done", outcome: [message("pages-built")] },
    { outcome: "Pages are built", outcomeMessages: [{ code: "pages-built" }] },
  ],
  [
    "a shortage",
    { code: "memory", needed: 3, available: 1, unit: "MiB" },
    { code: "memory", needed: 3, message: "Memory: 3 MiB needed, 1 MiB available." },
  ],
  [
    "an obstacle",
    message("bridge-taken", { bridge: "br9" }),
    { code: "bridge-taken", params: { bridge: "br9" }, message: expect.stringContaining("br9") as string },
  ],
])("%s has its texts beside code and parameters, wherever it stands, and gets them once", (_, value, texts) => {
  const answer = answered({ list: [{ value }] });
  expect(answer).toMatchObject({ list: [{ value: texts }] });
  expect(answered(answer)).toEqual(answer);
});

test("everything else stays as it is", () => {
  const value = { code: "name.long", params: { max: 3 }, field: "name", lines: ["a"], at: 3, nothing: null, reasons: ["words"] };
  expect(answered(value)).toEqual(value);
});
