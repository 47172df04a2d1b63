import { describe, expect, test } from "vitest";
import { type SentenceName, joint, sentenceOf, sentences, sentenceNames } from "#app/domain/sentences.ts";
import { en } from "./en.ts";
import { createTranslations } from "./i18n.ts";
import { sentenceText } from "./sentence-text.ts";
import { ko } from "./ko.ts";

const english = createTranslations("en", en).t;
const korean = createTranslations("ko", ko).t;
const inKorean = (text: string): string => sentenceText(text, korean);

/** Values of every kind that a careless translation would change. */
const values = { machine: "demo-w1", name: "b5demo-w1", from: "2026-11-21T09:00:00.000Z", signal: "SIGKILL", code: "1", times: "3", processes: "2", seconds: "90", files: "14", packages: "17", setting: "BERTH_ACCELERATOR", choice: "kvm", flag: "svm", version: "9.0.0", qemu: "10.0.2", thing: "disk a.qcow2", names: "a, b", holder: "{{name}}", line: "$t(rule.x) $& <b>", said: "connect: {{odd}}; refused" };
const write = sentenceOf as (word: SentenceName, given: typeof values) => string;

test.each(sentenceNames)("%s: English pages say what is stored, Korean pages the Korean of it", (word) => {
  const text = write(word, values);
  expect(sentenceText(text, english)).toBe(text);
  expect(inKorean(text)).toMatch(/[가-힣]/);
  for (const [name, value] of Object.entries(values)) {
    if (name !== "thing" && sentences[word].includes(`{{${name}}}`)) expect(inKorean(text)).toContain(value);
  }
});

describe("in Korean", () => {
  test("a sentence within a sentence is translated as well", () => {
    expect(inKorean("removed disk b5demo-w1.qcow2, which was begun and not recorded")).toBe("만들다 만, 기록에 없는 것을 제거했습니다: 디스크 b5demo-w1.qcow2");
    expect(inKorean("took over: the process that ran it is gone")).toBe("이어받았습니다: 실행하던 프로세스가 사라졌습니다");
    expect(inKorean("demo-w1 is restarted while it boots: it has not answered for 90 s")).toBe("부팅 중인 머신 demo-w1 다시 시작: 90초 동안 응답이 없습니다");
  });

  test("the time of a copy may be unknown", () => {
    expect(inKorean(sentenceOf("copy-too-old", { from: sentenceOf("time-unknown"), names: "demo-w1" }))).toContain("스택의 상태 기록은 알 수 없는 시점의 사본이라");
    expect(inKorean(sentenceOf("copy-too-old", { from: values.from, names: "demo-w1" }))).toContain(`스택의 상태 기록은 ${values.from}의 사본이라`);
  });

  test("a reason of several sentences is translated piece by piece, and words of others stay", () => {
    const trouble = sentenceOf("waits-for-resume", { said: "connecting to libvirt: refused" });
    const reason = [sentenceOf("holder-gone"), trouble, sentenceOf("gave-up", { times: 3 })].join(joint);
    expect(inKorean(reason)).toBe("실행하던 프로세스가 사라졌습니다. 스택 정리는 재개할 때 합니다: connecting to libvirt: refused. 3번 재개해도 더 나아가지 못해 사람을 기다립니다");
    expect(inKorean("the run's process ended with code 1 (Error: a; b); the process that ran it is gone")).toBe("실행 프로세스가 끝났습니다: 종료 코드 1 (Error: a; b). 실행하던 프로세스가 사라졌습니다");
    expect(inKorean("something odd; the process that ran it is gone")).toBe("something odd. 실행하던 프로세스가 사라졌습니다");
  });

  test.each(["", "the join was tried three times", "one; two; three", "a; b; c; d; e; f; g; h; i; j; settled the steps that were under way"])("words of others are left as they are: %s", (text) => {
    expect(inKorean(text)).toBe(text);
  });
});
