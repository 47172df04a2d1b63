import { expect, test } from "vitest";
import type { RowStatus } from "#app/domain/operation/progress.ts";
import type { Change } from "#app/domain/plan/plan.ts";
import { en } from "#app/messages/en.ts";
import { createTranslations } from "#app/messages/i18n.ts";
import { ko } from "#app/messages/ko.ts";
import { changesOf, stepLabel, stepWord } from "./step-label.ts";

const english = createTranslations("en", en).t;
const korean = createTranslations("ko", ko).t;

/** A row as it is read, label and word; `beside`: the rows that stand with it. */
function read(name: string, change: Change, status: RowStatus | null, beside: Readonly<Record<string, Change>> = {}): readonly string[] {
  const changes = changesOf([{ name, change }, ...Object.entries(beside).map(([n, c]) => ({ name: n, change: c }))]);
  return [english, korean].map((t) => `${stepLabel(name, t)} — ${stepWord({ name, change, status }, changes, t)}`);
}

test("what is only arranged says so, in the plan, on the way and afterwards", () => {
  expect(read("demo-cp0-off", "create", null)).toEqual(["Orderly shut-down of demo-cp0 — register hook", "정상 종료: demo-cp0 — 훅 등록"]);
  expect(read("demo-w1-seat", "create", "running")).toEqual(["Node removal hook: demo-w1 — register hook · running", "노드 제거 훅: demo-w1 — 훅 등록 · 실행 중"]);
  expect(read("demo-w1-rest", "create", "done")).toEqual(["Drain and restart hook: demo-w1 — hook registered", "drain·재시작 훅: demo-w1 — 훅 등록됨"]);
  expect(read("demo-w1-token", "create", "done")).toEqual(["Join token for demo-w1 — issued", "조인 토큰: demo-w1 — 발급됨"]);
});

test("a new size is told by what is really done", () => {
  const kept = { "demo-w1": "replace", "demo-w1-disk": "same" } as const;
  expect(read("demo-w1-off", "replace", "done", kept)[0]).toBe("Orderly shut-down of demo-w1 — shut down, hook registered again");
  expect(read("demo-w1-rest", "replace", null, kept)).toEqual(["Drain and restart hook: demo-w1 — drain, then restart", "drain·재시작 훅: demo-w1 — drain한 뒤 재시작"]);
  expect(read("demo-w1-rest", "replace", "done", kept)).toEqual(["Drain and restart hook: demo-w1 — drained and restarted", "drain·재시작 훅: demo-w1 — drain하고 재시작함"]);
});

test("draining a node is called so in both languages, in the short label, too", () => {
  for (const t of [english, korean]) {
    expect(t("standing.rest.carry.will")).toContain("drain");
    expect(t("standing.rest.carry.did")).toContain("drain");
    expect(t("stepShort.rest")).toMatch(/drain/i);
  }
});

test("a worker that leaves is taken out; where all goes, nothing is said to be shut down", () => {
  const leaving = { "demo-w1": "delete", "demo-w1-disk": "delete" } as const;
  expect(read("demo-w1-seat", "delete", "done", leaving)).toEqual(["Node removal hook: demo-w1 — node removed", "노드 제거 훅: demo-w1 — 노드 제거됨"]);
  expect(read("demo-w1-off", "delete", null, leaving)[0]).toBe("Orderly shut-down of demo-w1 — goes with its machine");
  expect(read("demo-w1-seat", "delete", "done", { ...leaving, "demo-cp0": "delete" })[0]).toBe("Node removal hook: demo-w1 — gone with its cluster");
});

test("every other step keeps its change", () => {
  expect(read("demo-w1-join", "create", "done")).toEqual(["Joining of demo-w1 — create · done", "합류: demo-w1 — 생성 · 완료"]);
});
