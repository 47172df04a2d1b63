import { globSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import {
  type Message,
  message,
  type MessageCode,
  messageCodes,
  paramKindsOf,
  reported,
  type StoredMessage,
} from "#app/domain/message/message.ts";
import { en } from "./en.ts";
import { createTranslations } from "./i18n.ts";
import { ko } from "./ko.ts";
import { messagesText, messageText } from "./message-text.ts";

const english = createTranslations("en", en).t;
const korean = createTranslations("ko", ko).t;

/** Of each kind one that a careless translation would change. */
const samples = {
  text: "$t(rule.x) {{odd}} $& <b>",
  number: 42,
  texts: ["demo-w1", "demo-w2"],
  time: "2026-11-21T09:00:00.000Z",
  thing: "disk",
} as const;

function sample(code: MessageCode): Message {
  const kinds = Object.entries(paramKindsOf(code) ?? {});
  return { code, params: Object.fromEntries(kinds.map(([name, kind]) => [name, samples[kind]])) };
}

const valuesOf = (text: string): readonly string[] =>
  [...new Set([...text.matchAll(/\{\{(\w+)\}\}/g)].map((match) => match[1] ?? ""))].sort();
const textsOf = (texts: Readonly<Record<string, string>>, code: string): readonly string[] =>
  Object.entries(texts).flatMap(([key, text]) => (key === code || key === `${code}_one` || key === `${code}_other` ? [text] : []));

describe.each([
  ["English", en.message],
  ["Korean", ko.message],
] as const)("in %s", (_, texts) => {
  test.each(messageCodes)("%s has a text with the code's parameters", (code) => {
    const found = textsOf(texts, code);
    expect(found.length).toBeGreaterThan(0);
    for (const text of found) expect(valuesOf(text)).toEqual(Object.keys(paramKindsOf(code) ?? {}).sort());
  });

  test("there is no text without a code", () => {
    expect(Object.keys(texts).filter((key) => !messageCodes.some((code) => code === key.replace(/_(one|other)$/, "")))).toEqual([]);
  });
});

test.each(messageCodes)("%s: every parameter is in the text as it is", (code) => {
  for (const t of [english, korean]) {
    const text = messageText(sample(code), t);
    for (const kind of Object.values(paramKindsOf(code) ?? {})) {
      if (kind !== "thing") expect(text).toContain(kind === "texts" ? "demo-w1, demo-w2" : String(samples[kind]));
    }
  }
  if (code !== "reported") expect(messageText(sample(code), korean)).toMatch(/[가-힣]/);
});

test("kinds of things are named in the reader's language", () => {
  const removed = message("leftover-removed", { what: "disk", name: "b5demo-w1.qcow2" });
  expect(messageText(removed, english)).toBe("Removed disk b5demo-w1.qcow2, which was started and not recorded.");
  expect(messageText(removed, korean)).toContain("디스크 b5demo-w1.qcow2");
});

test("the time of a copy may be unknown", () => {
  expect(messageText(message("copy-taken", { from: "" }), english)).toContain("of an unknown time");
  expect(messageText(message("copy-taken", { from: "" }), korean)).toContain("알 수 없는 시점");
});

test("several messages are sentences one after the other", () => {
  const reasons = [
    message("holder-gone"),
    message("recovery-on-resume"),
    reported("connecting to libvirt: refused"),
    message("gave-up", { times: 3 }),
  ];
  expect(messagesText(reasons, english)).toBe(
    "The process that ran it is gone. The stack could not be recovered now and will be when the operation resumes. connecting to libvirt: refused. It was resumed 3 times without progress, so it waits for a person.",
  );
  expect(messagesText([], english)).toBe("");
});

test("what was being done is followed by the reason", () => {
  const reasons = [message("asking-libvirt", { uri: "qemu:///system", command: "domstats" }), message("no-answer", { seconds: 60 })];
  expect(messagesText(reasons, english)).toBe("asking libvirt at qemu:///system (virsh domstats): no answer within 60 s");
  expect(messagesText(reasons, korean)).toBe("libvirt에 요청하는 중(qemu:///system, virsh domstats): 60초 안에 응답이 없습니다");
});

test.each([
  ["an unknown code", { code: "quota-exceeded", params: { limit: 3 } }],
  ["an unknown code with odd parameters", { code: "$t(message.thing)", params: { name: "{{code}}" } }],
  ["a code whose parameters have changed", { code: "gave-up", params: { attempts: 3 } }],
])("a message of another version with %s is shown by its code", (_, stored) => {
  for (const t of [english, korean]) expect(messageText(stored as StoredMessage, t)).toContain(stored.code);
  expect(messageText(stored as StoredMessage, korean)).toMatch(/[가-힣]/);
});

test("no code is left that nobody writes", () => {
  const files = globSync("{app,pulumi}/**/*.ts", {
    exclude: (path) => /domain\/message\/codes|app\/messages|migrations\/messages|\.test\.ts$|node_modules|sdks/.test(path),
  });
  const source = files.map((file) => readFileSync(file, "utf8")).join("\n");
  const isWritten = (code: MessageCode) =>
    source.includes(`"${code}"`) || (code.startsWith("machine-") && source.includes("message(`machine-${"));
  expect(messageCodes.filter((code) => !isWritten(code))).toEqual([]);
});
